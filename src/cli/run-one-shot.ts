import { type BytePath, bytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Converting } from '../filter/convert.ts'
import { FilterContext, filterRepository } from '../filter/filter-context.ts'
import { readPieces } from '../filter/read-pieces.ts'
import { writeAll } from '../filter/write-all.ts'
import { rawArguments } from '../host/argv.ts'
import { askOnTerminal } from './ask-on-terminal.ts'

/**
 * Converts one file from stdin to stdout, for tools that ignore `filter.*.process`.
 * @param args options, then PATH, behind `--` if it begins with a dash
 * @returns what was converted, when it has been written
 */
export async function runOneShot<Result extends { readonly content: Uint8Array | AsyncIterable<Uint8Array> }>(
  args: string[],
  begin: (context: FilterContext, path: BytePath) => Converting<Result>,
): Promise<Result & { readonly path: BytePath }> {
  const path = pathArgument(args)
  const context = new FilterContext(await filterRepository(), askOnTerminal)
  const converting = begin(context, path)
  try {
    for (const piece of readPieces(0)) await converting.write(piece)
    const result = await converting.finish()
    if (result.content instanceof Uint8Array) writeAll(1, result.content)
    else for await (const piece of result.content) writeAll(1, piece)
    return { ...result, path }
  } finally {
    converting.discard()
    context.close()
  }
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
