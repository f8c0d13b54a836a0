import { createServer, type RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { fetchText } from '../../src/host/fetch-text.ts'
import { githubKeys } from '../../src/secret/found/github-keys.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'

const ED = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4'

/** A real server on the loopback interface for one test. */
async function serving(answer: RequestListener, fn: (base: string) => Promise<void>): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    await fn(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

async function fault(promise: Promise<unknown>): Promise<NixsecretError> {
  const found = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  assert.ok(found instanceof NixsecretError, String(found))
  return found
}

test('what a server may send instead of keys is a fault with a reason', async () => {
  let asked: string[] = []
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    if (path === '/good.keys') response.end(`${ED}\n`)
    else if (path === '/renamed.keys') response.writeHead(302, { location: '/good.keys' }).end()
    else if (path === '/away.keys') response.writeHead(301, { location: 'http://127.0.0.2:1/x' }).end()
    else if (path === '/circle.keys') response.writeHead(307, { location: '/circle.keys' }).end()
    else if (path === '/nowhere.keys') response.writeHead(302).end()
    else if (path === '/broken.keys') response.writeHead(503).end('<html>unicorn')
    else if (path === '/html.keys') response.end('<!DOCTYPE html><html>\n<p>Log in\n')
    else if (path === '/garbage.keys') response.end(Buffer.alloc(4096, 0xfe))
    else if (path === '/empty.keys') response.end('\n')
    else if (path === '/slow.keys') response.write('ssh-')
    else if (path === '/cut.keys') {
      response.writeHead(200, { 'content-length': '1000' }).write(ED)
      setTimeout(() => response.destroy(), 50)
    } else if (path === '/huge.keys') {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 16, 'x')));
      }
      response.on('drain', more)
      more()
    } else response.writeHead(404).end('Not Found')
  }
  await serving(answer, async (base) => {
    const ask = (user: string) => githubKeys(user, base, { timeout: 5000 })
    for (const user of ['good', 'renamed']) {
      const { keys, from } = await ask(user)
      assert.is(keys[0]?.line, `${ED} ${user}@github`)
      assert.is(from, `GitHub user ${user}`)
    }
    const cases: [string, string, RegExp][] = [
      ['away', 'io', /sends elsewhere/],
      ['circle', 'io', /in circles/],
      ['nowhere', 'io', /circles|elsewhere|cannot be reached/],
      ['broken', 'io', /HTTP 503/],
      ['html', 'recipient', /no list of keys/],
      ['garbage', 'recipient', /no list of keys/],
      ['empty', 'missing', /no SSH key at GitHub/],
      ['cut', 'io', /cannot be reached/],
      ['huge', 'io', /more than 256 KiB/],
      ['nobody', 'missing', /there is no nobody/],
    ]
    for (const [user, code, message] of cases) {
      const found = await fault(ask(user))
      assert.is(found.code, code, `${user}: ${found.message}`)
      assert.match(found.message, message)
      assert.not.match(found.message, /unicorn|Log in/)
    }
    assert.match(
      (await fault(githubKeys('slow', base, { timeout: 300 }))).message,
      /no answer within 0.3 seconds/,
    )
    assert.match((await fault(ask('html'))).message, /no list of keys/)
    asked = []
    for (const user of ['', '-oX', 'a/b', '..', 'a%2fb', 'a b', 'a'.repeat(40), 'a?b', 'a#b', 'ä'])
      assert.is((await fault(ask(user))).code, 'usage', user)
    assert.equal(asked, [])
  })
})

test('nobody there', async () => {
  let gone = ''
  await serving(
    () => {},
    async (base) => {
      gone = base
    },
  )
  const found = await fault(githubKeys('bob', gone))
  assert.match(found.message, /cannot be reached: ECONNREFUSED/)
  assert.match(found.hints[0] ?? '', /curl .*bob\.keys \| git nixsecret recipient add NAME --file -/)
})

if (needs('HTTPS', 'openssl')) {
  test('over HTTPS, a certificate that nobody vouches for ends it, and one that somebody does is fine', async () => {
    const box = new Sandbox('nixsecret-https')
    const args =
      'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost'
    await box.ok('openssl', [...args.split(' '), '-keyout', box.path('key'), '-out', box.path('cert')])
    const module = (path: string) =>
      JSON.stringify(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)))
    const script = box.write(
      'ask.mts',
      `import { createServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { fetchText } from ${module('host/fetch-text.ts')}
const server = createServer({ key: readFileSync(process.argv[2]), cert: readFileSync(process.argv[3]) }, (request, response) => {
  if (request.url === '/down') response.writeHead(302, { location: 'http://localhost:1/x' }).end()
  else response.end('sound')
})
server.listen(0, 'localhost', async () => {
  const say = (path) => fetchText(new URL(path, 'https://localhost:' + server.address().port)).catch((error) => error.message)
  console.log(JSON.stringify([await say('/x'), await say('/down')]))
  process.exit(0)
})
`,
    )
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const ask = async (env: Record<string, string>) => {
      const command = ['--import', 'tsx', script, box.path('key'), box.path('cert')]
      return JSON.parse(await box.ok(process.execPath, command, { cwd, env })) as string[]
    }
    const [bad] = await ask({})
    assert.match(bad ?? '', /cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT/)
    const [good, down] = await ask({ NODE_EXTRA_CA_CERTS: box.path('cert') })
    assert.is(good, 'sound')
    assert.match(down ?? '', /sends elsewhere/)
  })
}

test('a text at its limit is whole', async () => {
  await serving(
    (_, response) => response.end('x'.repeat(64)),
    async (base) => {
      assert.is((await fetchText(new URL(base), { maxBytes: 64 }))?.length, 64)
      assert.match((await fault(fetchText(new URL(base), { maxBytes: 63 }))).message, /more than/)
    },
  )
})

test.run()
