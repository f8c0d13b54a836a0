import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { locateKey } from '../../src/policy/locate-key.ts'

const TEXT = `# [fake]
a.b = 1 # "
'q.r' = '''
x = 2
'''
[t.u] # ]
long = """
[t.v] \\""" x = """
list = [ # [
  "one", { k = "v",
  m = [
    3 ] },
  'it''s'
]
"\\u00e4" = 1
[[r]]
x = 1
[[r]]
x = 2
[r.sub]
y = 1
[[r.deep]]
[[r.deep]]
z = 1
`.replace("'it''s'", '"it\'s"')

for (const [path, line] of [
  [['a', 'b'], 2],
  [['a'], 2],
  [['q.r'], 3],
  [['t'], 6],
  [['t', 'u', 'long'], 7],
  [['t', 'u', 'list'], 9],
  [['t', 'u', 'list', 0], 10],
  [['t', 'u', 'list', 1, 'k'], 10],
  [['t', 'u', 'list', 1, 'm', 0], 12],
  [['t', 'u', 'list', 2], 13],
  [['t', 'u', 'ä'], 15],
  [['r'], 16],
  [['r', 0, 'x'], 17],
  [['r', 1], 18],
  [['r', 1, 'x'], 19],
  [['r', 1, 'sub', 'y'], 21],
  [['r', 1, 'deep', 1, 'z'], 24],
  [['r', 1, 'none'], 18],
  [['none'], 1],
] as const) {
  test(`finds ${path.join(' → ')} on line ${line}`, () => {
    assert.is(locateKey(TEXT, path), line)
  })
}

test('ends on texts that are no TOML', () => {
  for (const text of [
    '[',
    '[[',
    'a',
    'a =',
    'a = [',
    'a = {',
    'a = "',
    '"',
    "'''",
    '= = =',
    ']',
    '\\',
    'a = [1 2 ] ]',
  ]) {
    assert.type(locateKey(text, ['a', 0]), 'number')
  }
})

test.run()
