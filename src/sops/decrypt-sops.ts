import type { SopsKind } from './sops-kind.ts'

/**
 * The plaintext of a SOPS document. Everything is verified before anything is returned: each value, and the MAC over
 * all of them.
 * @param dataKey 32 bytes
 * @throws NixsecretError `format` where it is no SOPS document, or damaged, or altered; never with a value
 */
export function decryptSops(_document: Uint8Array, _kind: SopsKind, _dataKey: Uint8Array): Uint8Array {
  throw new Error('being written')
}
