import { displayText, textPath } from '../byte-path.ts'
import type { Finding } from './finding.ts'
import type { Inspection } from './inspection.ts'
import type { PushedRef } from './pushed-refs.ts'

/** A ref that names a blob: it has no path, so no attributes say whether it is to be encrypted. Ciphertext may pass. */
export async function looseObject(inspection: Inspection, ref: PushedRef, oid: string): Promise<Finding[]> {
  const shape = await inspection.blobs.look(oid)
  if (shape.kind === 'age' || shape.kind === 'empty') return []
  const name = displayText(ref.localRef)
  return [
    {
      rule: 'loose-object',
      severity: 'error',
      commit: null,
      path: textPath(ref.remoteRef),
      line: null,
      column: null,
      message: `${name} names a file that is plaintext and belongs to no commit, so nothing tells whether it is a secret`,
      hint: '# leave the ref out of the push; if the file is no secret: git push --no-verify',
    },
  ]
}
