import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const EVERY = 16 << 20
let since = 0
let collect: ((options: { type: 'minor' }) => void) | null = null

/**
 * To be told of every piece of a content that flows through. V8 lets hundreds of MiB of dead buffers gather before
 * it looks at what lies outside of its heap, so for large contents it is asked to every now and then.
 */
export function flowed(bytes: number): void {
  since += bytes
  if (since < EVERY) return
  since = 0
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as typeof collect
  }
  collect?.({ type: 'minor' })
}
