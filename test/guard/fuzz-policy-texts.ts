import fc from 'fast-check'
import { RULE_IDS } from '../../src/policy/rule-ids.ts'
import { mutated } from './fuzz-cases.ts'
import { ALICE, WEB } from './guard-repo.ts'

const text = (value: string) => JSON.stringify(value)
const list = (values: readonly string[]) => `[${values.map(text).join(', ')}]`

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('alice', 'web', '@all', '@some') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '@', 'bob', '@none', '__proto__', 'constructor', 'ä', '-x', 'a.b'),
  },
)
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map(list)
const pattern = fc.oneof(
  fc.constantFrom('/secrets/**', '*.key', '/secrets/plain', '**', '/x/[a-c]?', '**/a/**', '/**', 'secrets'),
  fc.constantFrom(
    '!x',
    '{a,b}',
    'a//b',
    '',
    '/',
    '+(a)',
    '[',
    ' x',
    '**a',
    '[[:x:]]',
    '\\',
    'x'.repeat(1100),
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
)
const patterns = fc.array(pattern, { minLength: 1, maxLength: 2 }).map(list)
const good = fc.constantFrom('/secrets/**', '*.key', '/secrets/plain', '/**').map((one) => list([one]))
const paths = fc.oneof({ weight: 4, arbitrary: good }, patterns)
const ruleId = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...RULE_IDS).map(text) },
  { weight: 1, arbitrary: fc.constantFrom('"x"', '1', '[]', '["policy", "policy"]', 'true', '"*"') },
)

const rule = fc
  .tuple(paths, fc.option(names), fc.constantFrom('', '', '', 'store = "plaintext"\n', 'store = 1\n'))
  .map(([where, to, store]) => `[[rule]]\npaths = ${where}\n${to === null ? '' : `to = ${to}\n`}${store}`)
const allowance = fc
  .tuple(ruleId, paths, fc.constantFrom('"why"', '"why"', '"why"', '""', '1', '"""\nlong\n"""'))
  .map(([id, where, why]) => `[[check.allow]]\nrule = ${id}\npaths = ${where}\nreason = ${why}\n`)
const strange = fc.constantFrom(
  ...[
    'x = 1\n',
    '[rule]\npaths = 1\n',
    '[check]\nallow = 1\n',
    'check.allow = []\n',
    'rule = []\n',
    '[[rule]]\n',
  ],
  ...[
    '[default]\nto = ["web"]\n',
    '[recipients]\n',
    'when = 1979-05-27T07:32:00-08:00\n',
    'version = 07:32:00\n',
  ],
  ...['[__proto__]\nto = ["web"]\n', '[constructor.prototype]\nto = []\n', '"" = ""\n', '[groups.all]\n'],
  ...[
    '[recipients.alice]\nkey = 1\n',
    'default.to = ["alice"]\n',
    'n = nan\n',
    'i = -inf\n',
    'h = 0xdeadbeef\n',
  ],
  ...[
    'b = 99999999999999999999\n',
    's = "\\ud800"\n',
    's = "\\U00110000"\n',
    "l = '''\n",
    'c = "\x7f\x1b[2J"\n',
  ],
  ...[
    '\ufeff',
    '\0',
    '<<<<<<< ours\n',
    '=======\n',
    '>>>>>>> theirs\n',
    '# \x1b]0;x\x07\n',
    '\x1b[31m = 1\n',
  ],
  `d = ${'['.repeat(40)}1${']'.repeat(40)}\n`,
  `d = ${'['.repeat(20_000)}\n`,
  `e = ${'{ a = '.repeat(5_000)}\n`,
  `${'k.'.repeat(5_000)}k = 1\n`,
  `s = "${'x'.repeat(200_000)}"\n`,
  `[groups]\n${Array.from({ length: 300 }, (_, i) => `g${i} = ["@g${i + 1}", "@g${(i + 2) % 300}"]\n`).join('')}`,
  `[groups]\n${Array.from({ length: 60 }, (_, i) => `g${i} = ["@g${i + 1}", "alice"]\n`).join('')}g60 = ["web"]\n`,
  `[[rule]]\npaths = [${'"/a*b*c*d*e*f*g*h*/**/**/**/x", '.repeat(300)}]\nto = ["alice"]\n`,
  '[[rule]]\npaths = ["/x"]\nto = ["alice"]\n'.repeat(2_000),
)

const head = fc.constantFrom(
  ...['version = 1\n', 'version = 1\n', 'version = 1\n', 'version = 1\r\n', '\ufeffversion = 1\n', ''],
  ...['version = 2\n', 'version = "1"\n', 'version = 1.0\n'],
)
const recipients = fc.constantFrom(
  ...Array<string>(6).fill(`[recipients]\nalice = "${ALICE}"\nweb = "${WEB} root@web"\n`),
  `[recipients]\nalice = "${ALICE}"\nalice = "${ALICE}"\n`,
  `[recipients]\nalice = "${ALICE.slice(0, -1)}q"\n`,
  '[recipients]\nalice = "age1"\nweb = ""\n',
  `recipients = { alice = "${ALICE}", web = "${WEB}" }\n`,
)
const groups = fc.constantFrom(
  ...Array<string>(6).fill('[groups]\nall = ["alice", "web"]\nsome = ["@all"]\n'),
  '[groups]\nall = ["@some"]\nsome = ["@all"]\n',
  '[groups]\nall = []\n',
  '',
)
const fallback = fc.oneof(
  names.map((to) => `[default]\nto = ${to}\n`),
  fc.constantFrom('', '[default]\n', '[default]\nto = []\n'),
)

/** From a grammar of what policies are made of, right and wrong. */
const written = fc
  .tuple(
    head,
    recipients,
    groups,
    fallback,
    fc.array(rule, { maxLength: 3 }),
    fc.array(allowance, { maxLength: 3 }),
    fc.option(strange, { freq: 4 }),
  )
  .map(([a, b, c, d, rules, allowances, odd]) => [a, b, c, d, ...rules, ...allowances, odd ?? ''].join(''))
  .map((policy) => Buffer.from(policy, 'utf8').toString('latin1'))

const goodNames = fc.subarray(['alice', 'web', '@all', '@some'], { minLength: 1 }).map(list)
const goodRule = fc.tuple(good, goodNames).map(([where, to]) => `[[rule]]\npaths = ${where}\nto = ${to}\n`)
const goodAllowance = fc
  .tuple(fc.constantFrom(...RULE_IDS), good)
  .map(([id, where]) => `[[check.allow]]\nrule = "${id}"\npaths = ${where}\nreason = "why"\n`)
const goodHead = `version = 1\n[recipients]\nalice = "${ALICE}"\nweb = "${WEB}"\n[groups]\nall = ["alice", "web"]\n`
/** Right to the last byte. */
const right = fc
  .tuple(
    fc.option(goodNames),
    fc.array(goodRule, { maxLength: 3 }),
    fc.array(goodAllowance, { maxLength: 3 }),
    fc.constantFrom('\n', '\r\n', '\n# n\xc3\xb6te\n'),
  )
  .map(([to, rules, allowances, end]) => {
    const fallback = to === null ? '' : `[default]\nto = ${to}\n`
    const policy = `${goodHead}some = ["@all"]\n${fallback}${rules.join('')}${allowances.join('')}`
    return policy.replaceAll('\n', end)
  })

const pieces = [
  '\n',
  '"',
  "'",
  '[',
  ']',
  '[[',
  '=',
  ',',
  '#',
  '\0',
  '\xff',
  '\r',
  '{',
  '.',
  '\\',
  '"""',
  '\x1b[2J',
]

/** Bytes of a `nixsecret.toml`, as latin1. */
export const somePolicyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: right },
  { weight: 3, arbitrary: mutated(right, pieces) },
  { weight: 2, arbitrary: written },
  { weight: 1, arbitrary: mutated(written, pieces) },
)
