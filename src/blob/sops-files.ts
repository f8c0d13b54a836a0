// All that reads and writes SOPS documents, in one: loaded when there is one, since it brings a YAML parser along.
export { openDataKey } from './sops/data-key.ts'
export {
  judgeSopsReaders,
  type SopsReaders,
  sopsDigest,
  sopsFits,
  sopsNames,
} from './sops/judge-sops-readers.ts'
export { openSops } from './sops/open-sops.ts'
export { plainValues, sopsMetadata } from './sops/plain-values.ts'
export { sealSops, sopsHolding, tooLarge } from './sops/seal-sops.ts'
export { sopsForms } from './sops/sops-forms.ts'
export { sopsMarks } from './sops/sops-marks.ts'
export { type SopsShape, sopsShape } from './sops/sops-shape.ts'
