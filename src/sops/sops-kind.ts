/** The formats of SOPS; `binary` is any other file as one value. */
export type SopsKind = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary'

/**
 * Which format SOPS takes a file for, by its name alone
 * (https://github.com/getsops/sops/blob/main/cmd/sops/formats/formats.go).
 */
export function sopsKind(path: string): SopsKind {
  if (path.endsWith('.yaml') || path.endsWith('.yml')) return 'yaml'
  if (path.endsWith('.json')) return 'json'
  if (path.endsWith('.env')) return 'dotenv'
  return path.endsWith('.ini') ? 'ini' : 'binary'
}
