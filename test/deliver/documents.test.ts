import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { deliveryTargets, targetPath } from '../../src/policy/host-targets.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'

/** The hosts that the examples of a page make, as `HOST PATH`. */
function places(page: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}`, import.meta.url)), 'utf8')
  const examples = [...text.matchAll(/^```toml\n(.*?)^```$/gms)].map(([, example]) => example as string)
  return examples
    .filter((example) => example.includes('[host.'))
    .flatMap((example) => [...parsePolicy(`version = 1\n${example}`, page).hosts.values()])
    .flatMap((host) =>
      deliveryTargets(host, host.layout).map((target) => `${host.name} ${targetPath(target)}`),
    )
}

test('what the documents write about hosts is accepted, and means what they say', () => {
  assert.equal(places('policy.md'), ['web1 /run/keys/db'])
  assert.equal(places('deliver.md'), ['web1 /run/keys/db'])
  assert.equal(places('schemes/krops.md'), [
    'web1 /var/src/secrets/web1/db',
    'web1 /var/src/secrets/wifi.psk',
  ])
})

test.run()
