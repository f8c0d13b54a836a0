import type { SopsFormat } from './document.ts'
import { dotenvFormat } from './flat/dotenv-format.ts'
import { iniFormat } from './flat/ini-format.ts'
import { jsonFormat } from './json/json-format.ts'
import type { SopsKind } from './sops-kind.ts'
import { yamlFormat } from './yaml/yaml-format.ts'

const FORMATS: Readonly<Record<SopsKind, SopsFormat>> = {
  yaml: yamlFormat as unknown as SopsFormat,
  json: jsonFormat,
  dotenv: dotenvFormat,
  ini: iniFormat as unknown as SopsFormat,
  // A document of one value, `data`.
  binary: jsonFormat,
}

/** How documents of a kind are read and written. */
export function formatOf(kind: SopsKind): SopsFormat {
  return FORMATS[kind]
}
