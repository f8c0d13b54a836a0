import type { ContentHit } from './hit.ts'

/** 32 bytes in base64, as `wg genkey` prints them, behind the names that WireGuard, NixOS and others give them. */
const KEY =
  /(?:([pP]rivate_?[kK]ey|PRIVATE_?KEY)|[pP]re_?[sS]hared_?[kK]ey|PRE_?SHARED_?KEY|\b(?:psk|PSK))\\?["']?\s{0,20}[=:]\s{0,20}\\?["']?([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)(?![A-Za-z0-9+/=])/g
/** Examples of wg(8) and of the options in nixpkgs. */
const EXAMPLES = [
  'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
  'rVXs/Ni9tu3oDBLS4hOyAUAa1qTWVA3loR8eL20os3I=',
]
/** Of 43 random letters of base64, fewer different ones do not occur by chance (under 1e-9). */
const DIFFERENT = 16

/** Private and preshared keys of WireGuard, in its own configuration files, in Nix, JSON or YAML. */
export function wireguardKeys(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  for (const match of text.matchAll(KEY)) {
    const key = match[2] as string
    if (EXAMPLES.includes(key) || new Set(key).size < DIFFERENT) continue
    const what = match[1] === undefined ? 'WireGuard preshared key' : 'WireGuard private key'
    hits.push({ offset: match.index + match[0].length - key.length, what })
  }
  return hits
}
