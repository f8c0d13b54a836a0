import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import { ALICE, ATTRIBUTES, brief, type Content, GuardRepo, policyText, sealed, WEB } from './guard-repo.ts'

const RULE = '[[rule]]\npaths = ["/secrets/**", "*.key"]\nto = ["alice"]\n'
const POLICY = `${policyText()}${RULE}`

async function at(files: Record<string, Content>, attributes = ATTRIBUTES, policy = POLICY) {
  const repo = new GuardRepo()
  const tip = repo.commit({ '.gitattributes': attributes, 'nixsecret.toml': policy, ...files })
  const found = await checkRevision(await repo.open(), 'HEAD', repo.options)
  return { repo, tip, found, lines: brief(found, { tip }) }
}

test('a path that a rule names and no attribute filters', async () => {
  const { found, lines } = await at({ 'hosts/a.key': 'hunter2', 'secrets/a': await sealed('a'), readme: 'x' })
  assert.equal(lines, ['error unfiltered-path hosts/a.key tip'])
  const [finding] = found.findings
  assert.match(finding?.message ?? '', /no attribute encrypts it, so it is stored as plaintext$/)
  assert.match(finding?.hint ?? '', 'git add .gitattributes')
})

test('switched off below: -filter, !filter, another filter, a macro, an attribute file of its own', async () => {
  for (const [off, path] of [
    ['* -filter\n', 'secrets/web/.gitattributes'],
    ['* !filter\n', 'secrets/web/.gitattributes'],
    ['* filter\n', 'secrets/web/.gitattributes'],
    ['* filter=lfs\n', 'secrets/web/.gitattributes'],
    ['* filter=nixsecret-other\n', 'secrets/web/.gitattributes'],
  ] as const) {
    const { lines } = await at({ [path]: off, 'secrets/web/db': 'hunter2', 'secrets/a': await sealed('a') })
    assert.equal(lines, ['error unfiltered-path secrets/web/db tip'], off)
  }
  const macro = `[attr]open -filter -diff\n${ATTRIBUTES}secrets/web/** open\n`
  assert.equal((await at({ 'secrets/web/db': 'x' }, macro)).lines, [
    'error unfiltered-path secrets/web/db tip',
  ])
  // A later line of the same file wins.
  assert.equal((await at({ 'secrets/db': 'x' }, `${ATTRIBUTES}secrets/db -filter\n`)).lines, [
    'error unfiltered-path secrets/db tip',
  ])
})

test('switched on below', async () => {
  const { lines } = await at({
    'hosts/.gitattributes': '*.key filter=nixsecret\n',
    'hosts/a.key': await sealed('a', POLICY),
    'other/.gitattributes': '*.key filter=nixsecret-sealed\n',
    'other/a.key': await sealed('a', POLICY),
  })
  assert.equal(lines, [])
})

test('public halves: by what is in them, not by their name', async () => {
  const attributes = `${ATTRIBUTES}*.pub !filter\n`
  const good: Record<string, string> = {
    'secrets/ssh.pub': `${WEB} web\n`,
    'secrets/age.pub': `# alice\n${ALICE}\n`,
    'secrets/wg.pub': `${Buffer.alloc(32, 7).toString('base64')}\n`,
    'secrets/rsa.pub':
      '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n',
  }
  assert.equal((await at(good, attributes)).lines, [])
  const bad: Record<string, string> = {
    'secrets/1.pub': 'hunter2\n',
    'secrets/2.pub': `${WEB} web\nhunter2\n`,
    'secrets/3.pub': '-----BEGIN PUBLIC KEY-----\npassword: hunter2 and more\n-----END PUBLIC KEY-----\n',
    'secrets/4.pub': '',
    'secrets/5.pub': `${WEB} web\n`.repeat(2000),
  }
  const lines = (await at(bad, attributes)).lines
  assert.equal(
    lines.filter((line) => !/4\.pub/.test(line)),
    [
      'error unfiltered-path secrets/1.pub tip',
      'error unfiltered-path secrets/2.pub tip',
      'error unfiltered-path secrets/3.pub tip',
      'error unfiltered-path secrets/5.pub tip',
    ],
  )
  // Public-key content under another name is no public half.
  assert.equal((await at({ 'a.key': `${WEB} web\n` })).lines, ['error unfiltered-path a.key tip'])
})

test('ciphertext there is found all the same: the next version would be plaintext', async () => {
  const { found, lines } = await at({ 'hosts/a.key': await sealed('a', POLICY) })
  assert.equal(lines, ['error unfiltered-path hosts/a.key tip'])
  assert.match(found.findings[0]?.message ?? '', /what is added next is stored as plaintext$/)
})

test('who is not named: [default], a rule without to, attributes and policy, symlinks', async () => {
  const policy = `${policyText()}[[rule]]\npaths = ["/eval/**"]\nstore = "plaintext"\n[[rule]]\npaths = ["*"]\nto = ["alice"]\n`
  const only = `${policyText()}[[rule]]\npaths = ["/eval/**"]\nstore = "plaintext"\n`
  assert.equal((await at({ 'eval/x': 'x', other: 'x' }, ATTRIBUTES, only)).lines, [])
  const repo = new GuardRepo()
  const link = { mode: '120000', oid: repo.blob('/run/x') }
  repo.commit({ '.gitattributes': '', 'nixsecret.toml': policy, 'sub/.gitattributes': '', link })
  assert.equal(brief(await checkRevision(await repo.open(), 'HEAD', repo.options)), [])
})

test('in the commits of a range: who brings it, who takes the attribute away, who adds the rule', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const range = async (names: Record<string, string>) =>
    brief(await checkRange(await repo.open(), `${base}..HEAD`, repo.options), names)
  const rule = repo.commit({ 'nixsecret.toml': POLICY })
  assert.equal(await range({ rule }), [])
  const key = repo.commit({ 'a.key': 'hunter2' })
  assert.equal(await range({ key }), ['error unfiltered-path a.key key'])
  repo.commit({ 'a.key': null })
  assert.equal(await range({ key }), ['error unfiltered-path a.key key'])
  const off = repo.commit({ 'secrets/.gitattributes': '* -filter\n' })
  const found = await range({ key, off })
  assert.ok(found.includes('error unfiltered-path secrets/a off'), String(found))
})

test('in the index: what a commit does not touch is a warning', async () => {
  const repo = new GuardRepo()
  repo.commit({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': POLICY, 'a.key': 'hunter2' })
  repo.stage({ readme: 'x' })
  const staged = async () => brief(await checkStaged(await repo.open(), repo.options))
  assert.equal(await staged(), ['warning unfiltered-path a.key index'])
  repo.stage({ 'b.key': 'hunter3' })
  assert.equal(await staged(), ['error unfiltered-path b.key index', 'warning unfiltered-path a.key index'])
  // The rule itself is new: then every file that it names is this commit's matter.
  repo.stage({ 'nixsecret.toml': `${POLICY}# more\n`, 'b.key': null })
  assert.equal(await staged(), ['error unfiltered-path a.key index'])
})

test('local attributes cannot hide it', async () => {
  const { repo, tip } = await at({ 'a.key': 'hunter2' })
  repo.box.write(`${repo.dir}/.git/info/attributes`, '*.key filter=nixsecret\n')
  assert.equal(brief(await checkRevision(await repo.open(), tip, repo.options), { tip }), [
    'error unfiltered-path a.key tip',
  ])
})

test.run()
