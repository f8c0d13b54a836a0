import { displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type Generated, generateSecret } from '../secret/generate/generate-secret.ts'
import { KIND_NAMES, type Kind, lengthFor } from '../secret/generate/kinds.ts'
import { publicPath } from '../secret/generate/public-half.ts'
import { pastePath } from '../secret/paste-path.ts'
import { filePathArgument } from '../secret/path-argument.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { closest } from './closest.ts'
import { parseOptions } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'
import { warnLeftOut } from './secret/warn-left-out.ts'

export const help = `usage: git nixsecret generate --kind KIND [--length N] [--force] PATH

Makes a secret of the system's randomness, encrypts it for the readers that nixsecret.toml names, and stages it. Needs
no private key; the plaintext is in no argument, and on the disk only where the file is open in your work tree.

  --kind KIND   password     letters and digits (24 characters: 142 bits)
                passphrase   words of the EFF's long list, with - between them (7 words: 90 bits)
                hex          bytes in hexadecimal (32 bytes: 256 bits)
                base64       bytes in base64 (32 bytes: 256 bits)
                ssh-ed25519  an OpenSSH key
                wireguard    as wg genkey
                age          as age-keygen
  --length N    characters, words or bytes instead
  --force       replace what is at PATH

The first four end without a line feed. Of a key, the public half is staged as PATH.pub, not encrypted, and printed.

  git nixsecret generate --kind password secrets/db
  git nixsecret generate --kind ssh-ed25519 secrets/deploy-key
`

/** Runs `generate`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('generate', args, {
    kind: { type: 'string' },
    length: { type: 'string' },
    force: { type: 'boolean' },
  })
  const kind = kindNamed(values.kind)
  const length = lengthFor(kind, values.length)
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw new NixsecretError('usage', 'generate makes one secret, at one PATH', {
      hints: [`git nixsecret generate --kind ${kind} PATH`],
    })
  }
  // No key is needed, but a plugin of age may ask for something to encrypt.
  const space = await Workspace.open(askOnTerminal)
  try {
    const path = filePathArgument(space, name)
    report(space, await generateSecret(space, path, { kind, length, force: values.force === true }))
    return 0
  } finally {
    space.close()
  }
}

function kindNamed(name: string | undefined): Kind {
  const found = KIND_NAMES.find((kind) => kind === name)
  if (found !== undefined) return found
  const all = `--kind is one of ${KIND_NAMES.join(', ')}`
  if (name === undefined) throw new NixsecretError('usage', `generate what? ${all}`)
  const near = closest(name, KIND_NAMES)
  const guess = near === null ? '' : `; did you mean ${near}?`
  throw new NixsecretError('usage', `there is no kind ${displayText(name)}${guess}`, {
    hints: near === null ? [`git-nixsecret generate --help    # ${all}`] : [],
  })
}

function report(space: Workspace, { target, what, bits, publicHalf, replaced, orphan }: Generated): void {
  const { path, readers } = target
  const names = readers.names.map(displayText).join(', ')
  printNote(
    `${displayPath(path)} is staged: ${what} (${Math.floor(bits)} bits), encrypted for ${names}${replaced ? '; it replaces what was there' : ''}`,
  )
  warnLeftOut(target)
  const paths = [path]
  if (publicHalf !== null) {
    paths.push(publicPath(path))
    printNote(`${displayPath(publicPath(path))} is staged, not encrypted:`)
    print(publicHalf.trimEnd())
  }
  if (orphan !== null) {
    printWarning(`${displayPath(orphan)} is the public half of what was there before`)
    printHint(`git rm -f ${pastePath(space, orphan)}`)
  }
  printHint(`git commit ${paths.map((one) => pastePath(space, one)).join(' ')}`)
}
