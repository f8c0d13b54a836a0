import { NixsecretError } from '../errors.ts'
import { filePathArgument } from '../secret/path-argument.ts'
import { readSecret } from '../secret/read-secret.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { parseOptions } from './parse-options.ts'
import { writeStdout } from './secret/write-stdout.ts'

export const help = `usage: git nixsecret show [--rev REV] PATH

Prints a secret, byte for byte: the file in the work tree, decrypted if it is locked; where there is none, the one
in the index. Nothing is written to disk.

  --rev REV   as it was in that commit, branch, tag or stash

  git nixsecret show secrets/db.env
  git nixsecret show --rev HEAD~3 secrets/db.env | diff - secrets/db.env
`

/** Runs `show`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('show', args, { rev: { type: 'string' } })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw new NixsecretError('usage', 'show prints one PATH', { hints: ['git nixsecret show PATH'] })
  }
  const space = await Workspace.open(askOnTerminal)
  try {
    await writeStdout(await readSecret(space, filePathArgument(space, name), values.rev ?? null))
    return 0
  } finally {
    space.close()
  }
}
