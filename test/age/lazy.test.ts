import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const dir = fileURLToPath(new URL('../../src/age', import.meta.url))

test('nothing of src/age loads a package before it is needed', () => {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  assert.ok(files.length > 25)
  for (const file of files) {
    for (const [line] of readFileSync(join(dir, file), 'utf8').matchAll(
      /^(import|export) [^';]* from '[^']+'/gm,
    )) {
      if (!line.startsWith('import type')) assert.match(line, /from '(\.|node:crypto')/, `${file}: ${line}`)
    }
  }
})

test.run()
