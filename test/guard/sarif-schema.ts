import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import * as assert from 'uvu/assert'

const SCHEMA = new URL('fixtures/sarif-schema-2.1.0.json', import.meta.url)

/**
 * Validates against the published schema, which is of draft 4. All that it has from there and later drafts write
 * otherwise is `id` (anything else would make ajv, being strict, refuse it).
 */
function validator() {
  const { id, $schema, ...rest } = JSON.parse(readFileSync(SCHEMA, 'utf8'))
  assert.is($schema, 'http://json-schema.org/draft-04/schema#')
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true })
  formats.default(ajv)
  return ajv.compile({ ...rest, $id: id })
}

const validate = validator()

/** What the schema has against a SARIF log; empty where it is valid. */
export function sarifProblems(log: unknown): string[] {
  validate(log)
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}
