import { NixsecretError } from '../errors.ts'
import type { SopsFormat } from './document.ts'
import { jsonFormat } from './json/json-format.ts'
import type { SopsKind } from './sops-kind.ts'
import { yamlFormat } from './yaml/yaml-format.ts'

const FORMATS: Readonly<Partial<Record<SopsKind, SopsFormat>>> = {
  yaml: yamlFormat as unknown as SopsFormat,
  json: jsonFormat,
  // A document of one value, `data`.
  binary: jsonFormat,
}

/** How documents of a kind are read and written. */
export function formatOf(kind: SopsKind): SopsFormat {
  const format = FORMATS[kind]
  if (format === undefined) throw new NixsecretError('refused', `${kind} files are not read yet`)
  return format
}
