import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BytePath, textPath } from '../../src/byte-path.ts'
import type { FilterAnswer, FilterHandler, FilterRequest } from '../../src/git/filter-session.ts'
import { runFilterSession } from '../../src/git/filter-session.ts'
import { FLUSH, PktReader, pktContent, pktLine } from '../../src/git/pkt-line.ts'

const GREETING = [
  pktLine('git-filter-client\n'),
  pktLine('version=2\n'),
  FLUSH,
  pktLine('capability=clean\n'),
  pktLine('capability=smudge\n'),
  pktLine('capability=delay\n'),
  FLUSH,
]

function request(command: string, path: string | Buffer, content: Buffer, more: string[] = []): Buffer[] {
  const pathname = Buffer.concat([Buffer.from('pathname='), Buffer.from(path), Buffer.from('\n')])
  return [
    pktLine(`command=${command}\n`),
    pktLine(pathname),
    ...more.map((line) => pktLine(`${line}\n`)),
    FLUSH,
    ...pktContent(content),
    FLUSH,
  ]
}

class Recorder implements FilterHandler {
  readonly requests: FilterRequest[] = []
  readonly contents: Buffer[] = []
  answer: (content: Buffer) => FilterAnswer = (content) => ({ status: 'success', content })
  ready: BytePath[][] = []

  available() {
    return this.ready.shift() ?? []
  }

  begin(asked: FilterRequest) {
    this.requests.push(asked)
    const pieces: Buffer[] = []
    return {
      write: (piece: Buffer) => void pieces.push(Buffer.from(piece)),
      fail: () => ({ status: 'error' as const }),
      finish: () => {
        this.contents.push(Buffer.concat(pieces))
        return this.answer(this.contents.at(-1) as Buffer)
      },
    }
  }
}

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** @returns the packets that came back; null is a flush */
async function talk(handler: FilterHandler, packets: Buffer[], size = 65536) {
  const written: Buffer[] = []
  await runFilterSession(
    inPieces(Buffer.concat([...GREETING, ...packets]), size),
    (b) => void written.push(Buffer.from(b)),
    handler,
  )
  const answers: (Buffer | null)[] = []
  for (const content of new PktReader().take(Buffer.concat(written)))
    answers.push(content === null ? null : Buffer.from(content))
  return answers.map((content) => (content === null ? null : content.toString('latin1')))
}

const HELLO = [
  'git-filter-server\n',
  'version=2\n',
  null,
  'capability=clean\n',
  'capability=smudge\n',
  'capability=delay\n',
  null,
]

test('a file comes back between its status lists, in whatever pieces it came', async () => {
  for (const size of [1, 3, 7, 65536]) {
    const handler = new Recorder()
    const answers = await talk(handler, request('clean', 'a/b c', Buffer.from('hello')), size)
    assert.equal(answers, [...HELLO, 'status=success\n', null, 'hello', null, null])
    assert.equal(handler.requests, [
      { command: 'clean', path: textPath('a/b c'), blob: null, canDelay: false },
    ])
  }
})

test('a content larger than a packet arrives whole', async () => {
  const handler = new Recorder()
  const content = Buffer.alloc(300_000, 'x')
  const answers = await talk(handler, request('smudge', 'p', content), 50_000)
  assert.equal(answers.slice(9, -2).join('').length, content.length)
  assert.ok(handler.contents[0]?.equals(content))
})

test('paths are bytes: line breaks, equals signs and what is not UTF-8 stay', async () => {
  const handler = new Recorder()
  const raw = Buffer.from([0x61, 0x0a, 0xff, 0x3d, 0x62])
  await talk(handler, request('clean', raw, Buffer.alloc(0)))
  assert.equal(handler.requests[0]?.path, raw.toString('latin1'))
})

test('the blob is handed on, other keys ignored', async () => {
  const handler = new Recorder()
  await talk(
    handler,
    request('smudge', 'p', Buffer.from('x'), ['ref=refs/heads/x', 'blob=abc', 'can-delay=1']),
  )
  assert.equal(handler.requests[0], { command: 'smudge', path: textPath('p'), blob: 'abc', canDelay: true })
})

test('an error of one file does not end the session', async () => {
  const handler = new Recorder()
  handler.answer = (content) => (content.length === 1 ? { status: 'error' } : { status: 'success', content })
  const answers = await talk(handler, [
    ...request('clean', 'a', Buffer.from('1')),
    ...request('clean', 'b', Buffer.from('22')),
  ])
  assert.equal(answers.slice(7), ['status=error\n', null, 'status=success\n', null, '22', null, null])
})

test('delayed files are listed when git asks', async () => {
  const handler = new Recorder()
  handler.answer = () => ({ status: 'delayed' })
  handler.ready = [[textPath('p')], []]
  const ask = [pktLine('command=list_available_blobs\n'), FLUSH]
  const asked = request('smudge', 'p', Buffer.from('x'), ['can-delay=1'])
  const answers = await talk(handler, [...asked, ...ask, ...ask])
  const expected = [
    'status=delayed\n',
    null,
    'pathname=p',
    null,
    'status=success\n',
    null,
    null,
    'status=success\n',
    null,
  ]
  assert.equal(answers.slice(7), expected)
})

test('content that is made piece by piece', async () => {
  const handler = new Recorder()
  handler.answer = () => ({ status: 'success', content: inPieces(Buffer.from('abcdef'), 2) })
  const answers = await talk(handler, request('clean', 'p', Buffer.alloc(0)))
  assert.equal(answers.slice(7), ['status=success\n', null, 'ab', 'cd', 'ef', null, null])
})

async function fails(packets: Buffer[]): Promise<string> {
  try {
    await runFilterSession(inPieces(Buffer.concat(packets), 9), () => {}, new Recorder())
    return ''
  } catch (fault) {
    return (fault as Error).message
  }
}

test('what is not the protocol is a fault', async () => {
  assert.match(await fails([Buffer.from('zzzz')]), 'malformed')
  assert.match(await fails([Buffer.from('0002')]), 'malformed')
  assert.match(
    await fails([pktLine('git-filter-client\n'), pktLine('version=3\n'), FLUSH]),
    'no filter protocol',
  )
  assert.match(await fails([...GREETING, pktLine('command=frob\n'), FLUSH]), 'unknown request')
  assert.match(await fails([...GREETING, ...request('clean', 'p', Buffer.from('x')).slice(0, -1)]), 'hung up')
})

test.run()
