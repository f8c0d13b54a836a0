import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { AskKind, AskPassphrase } from '../../src/age/ask-passphrase.ts'
import { PromptAnswerer } from '../../src/age/plugin/answer-prompt.ts'
import { converse, type PluginPipe } from '../../src/age/plugin/converse.ts'
import { StanzaReader } from '../../src/age/plugin/stanza-reader.ts'
import { UnwrapConversation } from '../../src/age/plugin/unwrap-conversation.ts'
import { type PluginWrapped, WrapConversation } from '../../src/age/plugin/wrap-conversation.ts'
import type { Stanza } from '../../src/age/stanza.ts'
import { encodeStanza } from '../../src/age/stanza-text.ts'

const FILE_KEY = Buffer.alloc(16, 5)
const RECIPIENT = { canonical: 'age1nstest1qqq' }
const KEY = { identity: 'AGE-PLUGIN-NSTEST-1QQQ' }

const stanza = (line: string, body: string | Uint8Array = ''): Stanza => ({
  args: line.split(' '),
  body: Buffer.from(body as string),
})
const option = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '')

/** What we sent, as stanzas. */
function heardBy(sent: readonly Buffer[]): Stanza[] {
  const reader = new StanzaReader()
  assert.is(reader.push(Buffer.concat(sent)), null)
  const all: Stanza[] = []
  for (let next = reader.next(); next !== null; next = reader.next()) {
    if (typeof next === 'string') throw new Error(next)
    all.push(next)
  }
  return all
}

/** A plugin that says what it is told to, in pieces of so many bytes, whatever it hears. */
function saying(bytes: Buffer, size: number): PluginPipe & { sent: Buffer[] } {
  const sent: Buffer[] = []
  let at = 0
  return {
    sent,
    send: (piece) => sent.push(piece),
    receive: async () => {
      const piece = bytes.subarray(at, at + size)
      at += size
      return piece.length === 0 ? null : piece
    },
  }
}

const text = (...stanzas: Stanza[]) => Buffer.from(stanzas.map(encodeStanza).join(''), 'latin1')

/** Asks, by a list of answers; notes what was asked. */
function asker(...answers: (string | null)[]): AskPassphrase & { asked: [string, AskKind | undefined][] } {
  const asked: [string, AskKind | undefined][] = []
  const ask: AskPassphrase = async (prompt, kind) => {
    asked.push([prompt, kind])
    return kind === 'message' ? '' : (answers.shift() ?? null)
  }
  return Object.assign(ask, { asked })
}

async function wrap(said: Buffer, { size = 4096, ask = null as AskPassphrase | null } = {}) {
  const pipe = saying(said, size)
  const prompts = new PromptAnswerer('age-plugin-nstest', ask)
  const result = await converse(pipe, new WrapConversation(RECIPIENT, FILE_KEY, prompts)).catch(
    (fault: Error) => fault.message,
  )
  return { result, said: pipe.sent, prompts }
}

async function unwrap(said: Buffer, { size = 4096, ask = null as AskPassphrase | null } = {}) {
  const pipe = saying(said, size)
  const prompts = new PromptAnswerer('age-plugin-nstest', ask)
  const stanzas = [stanza('X25519 abc', 'x'), stanza('nstest def', randomBytes(100))]
  const result = await converse(pipe, new UnwrapConversation(KEY, stanzas, prompts)).catch(
    (fault: Error) => fault.message,
  )
  return { result, said: pipe.sent, prompts, stanzas }
}

const commands = (sent: readonly Stanza[]) => sent.map(({ args }) => args.join(' '))

test('wrapping: what is said first, and what comes of it, however it is cut into pieces', async () => {
  const body = randomBytes(96)
  const said = text(
    stanza('grease-1 x', 'y'),
    stanza('labels one two'),
    stanza('recipient-stanza 0 nstest arg', body),
    stanza('recipient-stanza 0 other', ''),
    stanza('done'),
  )
  for (const size of [1, 2, 7, 63, 64, 65, 4096]) {
    const { result, said: out } = await wrap(said, { size })
    const sent = heardBy(out)
    assert.equal(result, {
      stanzas: [
        { args: ['nstest', 'arg'], body },
        { args: ['other'], body: Buffer.alloc(0) },
      ],
      labels: ['one', 'two'],
    })
    const [recipient, grease, fileKey, labels, done, ...answers] = sent
    assert.equal(recipient?.args, ['add-recipient', RECIPIENT.canonical])
    assert.match(grease?.args[0] ?? '', /^grease-/)
    assert.equal(fileKey, { args: ['wrap-file-key'], body: FILE_KEY })
    assert.equal([labels?.args, done?.args], [['extension-labels'], ['done']])
    assert.equal(commands(answers), ['unsupported', 'ok', 'ok', 'ok'])
  }
})

test('unwrapping: all stanzas are shown, and the file key comes back', async () => {
  const said = text(stanza('file-key 0', FILE_KEY), stanza('grease-2'), stanza('done'))
  for (const size of [1, 64, 4096]) {
    const { result, said: out, stanzas } = await unwrap(said, { size })
    const sent = heardBy(out)
    assert.equal(result, FILE_KEY)
    assert.equal(sent[0]?.args, ['add-identity', KEY.identity])
    assert.equal(
      sent.filter(({ args }) => args[0] === 'recipient-stanza'),
      stanzas.map(({ args, body }) => ({ args: ['recipient-stanza', '0', ...args], body })),
    )
    assert.equal(commands(sent.slice(-3)), ['done', 'ok', 'unsupported'])
  }
  assert.is((await unwrap(text(stanza('done')))).result, null)
})

test('what breaks the rules is named', async () => {
  const ok = stanza('recipient-stanza 0 nstest', 'x')
  const cases: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /^ended before it was done$/],
    [text(ok), /^ended before it was done$/],
    [text(stanza('done')), /^sent no recipient stanza$/],
    [text(stanza('recipient-stanza 0 x-grease'), stanza('done')), /^sent no recipient stanza$/],
    [text(stanza('recipient-stanza 1 nstest'), stanza('done')), /^sent a malformed recipient stanza$/],
    [text(stanza('recipient-stanza 0'), stanza('done')), /^sent a malformed recipient stanza$/],
    [text(stanza('recipient-stanza')), /^sent a malformed recipient stanza$/],
    [text(stanza('recipient-stanza 0 X25519 abc')), /not a plugin's: X25519/],
    [text(stanza('recipient-stanza 0 scrypt a 18')), /not a plugin's: scrypt/],
    [text(stanza('recipient-stanza 0 git-nixsecret/v1 abc')), /not a plugin's: git-nixsecret\/v1/],
    [text(stanza('labels a a'), ok, stanza('done')), /^sent its labels twice$/],
    [text(stanza('labels a'), stanza('labels b'), ok, stanza('done')), /^sent its labels twice$/],
    [text(stanza('confirm')), /^sent a malformed question$/],
    [text(stanza('confirm a= b')), /^sent a malformed question$/],
    [text(stanza('confirm YQ YQ YQ')), /^sent a malformed question$/],
    [
      Buffer.from('Traceback (most recent):\n\n'),
      /^sent something else than a message: malformed first line/,
    ],
    [Buffer.from('-> ok\n=\n'), /malformed body/],
    [Buffer.from(`-> ok\n${'A'.repeat(65)}\n`), /malformed body/],
    [Buffer.from('-> \n\n'), /malformed first line/],
    [Buffer.from('-> a\x1bb\n\n'), /malformed first line/],
    [Buffer.from('-> a\xffb\n\n', 'latin1'), /malformed first line/],
    [text(stanza('error internal', 'it\x1b[2J\nbroke'), stanza('done')), /^failed: "it\\033\[2J broke"$/],
    [text(stanza('error internal', ''), stanza('done')), /^failed: it does not say why$/],
    [text(ok, stanza('error recipient 0', 'no'), stanza('done')), /^failed: no$/],
    [text(stanza('error internal', 'first'), stanza('error internal', 'second')), /^failed: first$/],
  ]
  for (const [said, expected] of cases) {
    const { result } = await wrap(said)
    assert.match(String(result), expected)
  }
  const unwrapping: [Buffer, RegExp][] = [
    [text(stanza('file-key 1', FILE_KEY)), /^sent a malformed file key$/],
    [text(stanza('file-key 0 0', FILE_KEY)), /^sent a malformed file key$/],
    [text(stanza('file-key 0', 'short')), /^sent a malformed file key$/],
    [text(stanza('file-key 0', FILE_KEY), stanza('file-key 0', FILE_KEY)), /^sent two file keys$/],
    [text(stanza('error identity 0', 'gone'), stanza('done')), /^failed: gone$/],
  ]
  for (const [said, expected] of unwrapping) assert.match(String((await unwrap(said)).result), expected)
  // One stanza that can't be read does not take away the key of another.
  const mixed = text(stanza('error stanza 0 0', 'odd'), stanza('file-key 0', FILE_KEY), stanza('done'))
  assert.equal((await unwrap(mixed)).result, FILE_KEY)
})

test('a flood is cut off, in bytes and in messages, and costs no time', async () => {
  const before = Date.now()
  const line = `-> msg ${'A'.repeat(200)}\n\n`
  const kinds: [Buffer, RegExp][] = [
    [Buffer.from(line.repeat(20_000)), /^sent more than 4096 messages$/],
    [Buffer.alloc(2 << 20, 'A'), /^sent more than 1 MiB$/],
    [Buffer.from(`-> x\n${`${'A'.repeat(64)}\n`.repeat(40_000)}`), /^sent more than 1 MiB$/],
    [Buffer.alloc(2 << 20, '\n'), /^sent (more than|something else)/],
  ]
  for (const [said, expected] of kinds)
    for (const size of [17, 65_536]) assert.match(String((await wrap(said, { size })).result), expected)
  assert.ok(Date.now() - before < 20_000, `${Date.now() - before} ms`)
})

test('questions: asked by their kind, in one line that steers no terminal', async () => {
  const ask = asker('1234', 'Ada', 'maybe', ' 2 ', '', null)
  const said = text(
    stanza('msg', 'Touch\x1b[31m it\nnow.'),
    stanza('request-secret', 'PIN:'),
    stanza('request-public', 'Name'),
    stanza(`confirm ${option('go on')} ${option('st\x07op')}`, 'Sure?'),
    stanza(`confirm ${option('fine')}`, 'Insert the key'),
    stanza('request-secret', 'PIN again'),
    stanza('file-key 0', FILE_KEY),
    stanza('done'),
  )
  const { said: out, prompts } = await unwrap(said, { ask })
  assert.equal(ask.asked, [
    ['age-plugin-nstest: Touch?[31m it now', 'message'],
    ['age-plugin-nstest: PIN', 'secret'],
    ['age-plugin-nstest: Name', 'public'],
    ['age-plugin-nstest: Sure? (1: go on, 2: st?op)', 'public'],
    ['age-plugin-nstest: Sure? (1: go on, 2: st?op)', 'public'],
    ['age-plugin-nstest: Insert the key (Enter: fine)', 'public'],
    ['age-plugin-nstest: PIN again', 'secret'],
  ])
  const answers = heardBy(out).slice(-7)
  assert.equal(commands(answers), ['ok', 'ok', 'ok', 'ok no', 'ok yes', 'fail', 'ok'])
  assert.equal(
    answers.map(({ body }) => Buffer.from(body).toString()),
    ['', '1234', 'Ada', '', '', '', ''],
  )
  assert.is(prompts.missed, true)
})

test('where nobody may be asked, every question fails, and the plugin goes on', async () => {
  const questions = ['msg', 'request-secret', 'request-public', `confirm ${option('a')}`]
  const said = text(
    ...questions.map((one) => stanza(one, 'x')),
    stanza('recipient-stanza 0 nstest'),
    stanza('done'),
  )
  const { result, said: out, prompts } = await wrap(said)
  assert.is((result as PluginWrapped).stanzas.length, 1)
  assert.equal(commands(heardBy(out).slice(-5)), ['fail', 'fail', 'fail', 'fail', 'ok'])
  assert.is(prompts.missed, true)
  // What is only to be told is no question.
  assert.is((await wrap(text(stanza('msg', 'x')))).prompts.missed, false)
})

test.run()
