import { NixsecretError } from '../../errors.ts'
import { MAX_HOOK_INPUT } from '../../guard/received-refs.ts'

/**
 * What git writes to a hook, whole.
 * @throws NixsecretError `refused` where it is more than git would write
 */
export async function readInput(name: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length
    if (size > MAX_HOOK_INPUT)
      throw new NixsecretError('refused', `${name}: more than ${MAX_HOOK_INPUT} bytes of refs`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
