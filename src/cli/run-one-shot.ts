import { type BytePath, bytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { FilterContext, filterRepository } from '../filter/filter-context.ts'
import { Incoming } from '../filter/incoming.ts'
import { readPieces } from '../filter/read-pieces.ts'
import { writeAll } from '../filter/write-all.ts'
import { rawArguments } from '../host/argv.ts'
import { askOnTerminal } from './ask-on-terminal.ts'

type Convert = (
  context: FilterContext,
  path: BytePath,
  incoming: Incoming,
) => Promise<Uint8Array | AsyncIterable<Uint8Array>>

/**
 * Converts one file from stdin to stdout, for tools that ignore `filter.*.process`. Nothing is written before the
 * whole input was read and found good, so a fault leaves nothing behind.
 * @param args options, then PATH, behind `--` if it begins with a dash
 */
export async function runOneShot(args: string[], convert: Convert): Promise<number> {
  const path = pathArgument(args)
  const context = new FilterContext(await filterRepository(), askOnTerminal)
  const incoming = new Incoming(context.spoolDir)
  try {
    for (const piece of readPieces(0)) incoming.write(piece)
    const content = await convert(context, path, incoming)
    if (content instanceof Uint8Array) writeAll(1, content)
    else for await (const piece of content) writeAll(1, piece)
  } finally {
    incoming.discard()
    context.close()
  }
  return 0
}

function pathArgument(args: string[]): BytePath {
  const raw = rawArguments().slice(1)
  const end = args.indexOf('--')
  const at = end === -1 ? args.findIndex((arg) => !arg.startsWith('-')) : end + 1
  const path = raw[at]
  if (at < 0 || path === undefined || at !== args.length - 1) {
    throw new NixsecretError('usage', 'this needs the path of one file, as git gives it (%f)', {
      hints: ['git-nixsecret clean -- PATH < FILE'],
    })
  }
  return bytePath(path)
}
