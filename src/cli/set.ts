import { beginsAsAge } from '../age/inspect.ts'
import { displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { pastePath } from '../secret/paste-path.ts'
import { filePathArgument } from '../secret/path-argument.ts'
import { peek } from '../secret/secret-stream.ts'
import { storeSealed } from '../secret/store-sealed.ts'
import { storeSecret } from '../secret/store-secret.ts'
import type { Stored } from '../secret/stored.ts'
import { type Target, targetAt } from '../secret/target.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { parseOptions } from './parse-options.ts'
import { printNote, printWarning } from './print.ts'
import { warnLeftOut } from './secret/warn-left-out.ts'

export const help = `usage: git nixsecret set [--sealed] PATH

What comes in on standard input becomes the secret at PATH, old or new: encrypted for the readers that
nixsecret.toml names, and staged. Needs no private key; nothing is decrypted and no plaintext touches the disk,
unless the file is open in the work tree. What was there before is replaced, as with \`> PATH\` in a shell.

  --sealed   standard input is an age file made elsewhere, binary or armored, or, where nixsecret.toml says
             format = "sops", a SOPS document; it is staged as it is

  openssl rand -base64 32 | git nixsecret set secrets/token
  age -R readers.txt -o - notes.txt | git nixsecret set --sealed secrets/notes.age
`

/** Runs `set`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('set', args, { sealed: { type: 'boolean' } })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw new NixsecretError('usage', 'set stores standard input at one PATH', {
      hints: ['git nixsecret set PATH < FILE'],
    })
  }
  // No key is needed, but a plugin of age may ask for something to encrypt.
  const space = await Workspace.open(askOnTerminal)
  try {
    const madeElsewhere = values.sealed ?? false
    const target = await targetAt(space, filePathArgument(space, name), { madeElsewhere })
    if (process.stdin.isTTY)
      printNote(`type the content of ${displayPath(target.path)}, then Ctrl-D on a line of its own`)
    if (values.sealed) await setSealed(space, target)
    else await setPlain(space, target)
    return 0
  } finally {
    space.close()
  }
}

async function setPlain(space: Workspace, target: Target): Promise<void> {
  const input = await peek(process.stdin, (head) => head.length >= 256)
  if (beginsAsAge(input.head)) {
    throw new NixsecretError(
      'refused',
      'standard input is an age file; encrypting it twice would help nobody',
      {
        hints: [`git nixsecret set --sealed ${pastePath(space, target.path)}`],
      },
    )
  }
  reportStored(target, await storeSecret(space, target, input.all()))
}

async function setSealed(space: Workspace, target: Target): Promise<void> {
  const verdict = await storeSealed(space, target, process.stdin)
  printNote(`${displayPath(target.path)} is staged as it came`)
  if (verdict === 'no-digest') {
    const names = target.readers.names.map(displayText).join(', ')
    printWarning(`the file does not say whom it is for; that it is for ${names} only a key could tell`)
  }
}

/** Says what became of a secret that was stored. */
export function reportStored(target: Pick<Target, 'path' | 'readers' | 'leftOut'>, stored: Stored): void {
  const shown = displayPath(target.path)
  if (stored.empty)
    printWarning(`standard input was empty: ${shown} is an empty file now, which is not encrypted`)
  else if (stored.unchanged) printNote(`${shown} holds just this already`)
  else {
    printNote(`${shown} is staged, encrypted for ${target.readers.names.map(displayText).join(', ')}`)
    warnLeftOut(target)
  }
}
