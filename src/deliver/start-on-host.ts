import { readFileSync } from 'node:fs'

/**
 * What a host runs for us: it reads as many bytes as its argument says, which are `on-host.sh`, and evaluates them. `dd`
 * with blocks of one byte takes no byte more, so that what follows is there for the script. In this form it means the
 * same to every login shell.
 * @param length of {@link onHost} in bytes
 */
export function startOnHost(length: number): string {
  return `exec /bin/sh -c 'eval "$(dd bs=1 count="$1" 2>/dev/null)"' sh ${length}`
}

let text: Buffer | undefined

/** The script, the same for every host, without its comments. */
export function onHost(): Buffer {
  text ??= Buffer.from(
    readFileSync(new URL('./on-host.sh', import.meta.url), 'utf8').replace(/^ *#.*\n/gm, ''),
    'utf8',
  )
  return text
}
