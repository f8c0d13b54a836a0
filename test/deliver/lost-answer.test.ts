import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { deliverHost } from '../../src/deliver/deliver-host.ts'
import { parseHostAddress } from '../../src/policy/host-address.ts'
import { deliveryTargets } from '../../src/policy/host-targets.ts'
import type { PolicyHost } from '../../src/policy/policy.ts'

const key = { path: textPath('db'), name: null, dir: null, user: null, group: null, mode: null }
const host = {
  name: 'web1',
  address: parseHostAddress('web1'),
  layout: 'keys',
  keys: [key],
} as PolicyHost

/** A connection that is lost at a word of ours, whatever the host made of it: no real one can be cut so exactly. */
async function lostAt(word: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'lost-'))
  const { PATH } = process.env
  const say = (text: string) => `echo 'nixsecret-deliver ${text}'`
  const script = `#!/bin/sh
${say('root')}
while read -r word rest; do
  case $word in
    ${word}) exit 255 ;;
    salt | begin | take) ${say('ok')} ;;
    recall) ${say('end')} ;;
    look) ${say('absent')} ;;
  esac
done
`
  writeFileSync(join(dir, 'ssh'), script, { mode: 0o755 })
  process.env.PATH = `${dir}:${PATH}`
  try {
    const [target] = deliveryTargets(host, 'keys')
    const options = { batch: true, dryRun: false, salt: '00', signal: new AbortController().signal }
    await deliverHost(
      host,
      [{ target: target as NonNullable<typeof target>, content: Buffer.from('x\n') }],
      options,
    )
    return 'done'
  } catch (fault) {
    return (fault as Error).message
  } finally {
    process.env.PATH = PATH
    rmSync(dir, { recursive: true })
  }
}

test('nothing was changed while nothing was told to be', async () => {
  assert.match(await lostAt('take'), /connection was lost.* \(nothing was changed\)$/)
})

test('a host that was told to change something may have done so, though its answer is lost', async () => {
  assert.match(await lostAt('place'), /connection was lost.* \(part of it may have been done\)$/)
})

test.run()
