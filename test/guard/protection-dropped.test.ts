import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { checkRange } from '../../src/guard/check.ts'
import { similarName } from '../../src/guard/rules/protection-dropped.ts'
import { begin, EDITED, ELSEWHERE, found, SECRET, staged } from './drop-repo.ts'
import { ATTRIBUTES, policyText, sealed } from './guard-repo.ts'

test('the attribute is removed, then the file is added as plaintext: at once, later, long after', async () => {
  for (const attributes of [null, ELSEWHERE]) {
    for (const between of [0, 1, 2]) {
      const { repo, base } = await begin()
      if (between > 0) repo.commit({ '.gitattributes': attributes })
      if (between > 1) repo.commit({ readme: 'x' })
      repo.stage({ '.gitattributes': attributes, 'secrets/db': EDITED })
      assert.equal(await staged(repo), ['error protection-dropped secrets/db index'])
      const drop = repo.commit()
      repo.commit({ readme: 'y' })
      const expected = ['error protection-dropped secrets/db drop']
      assert.equal(await found(repo, [base, `${drop}^`], { drop }), expected)
      const after = await checkRange(await repo.open(), `${drop}..HEAD`, repo.options)
      assert.equal(after.findings, [])
    }
  }
})

test('moved out as ciphertext, then added as plaintext: in the range, and before it', async () => {
  for (const between of [false, true]) {
    const { repo, base, ciphertext } = await begin()
    const moved = repo.commit({ 'secrets/db': null, plain: ciphertext })
    assert.equal(await found(repo, base), [])
    if (between) repo.commit({ readme: 'x' })
    repo.stage({ plain: EDITED })
    assert.equal(await staged(repo), ['error protection-dropped plain index'])
    const drop = repo.commit()
    // Mended at the tip: what the remote would get has it all the same.
    repo.commit({ plain: ciphertext })
    const expected = ['error protection-dropped plain drop']
    assert.equal(await found(repo, [base, moved, `${drop}^`], { drop }), expected)
  }
})

test('copied as ciphertext, and the copy is plaintext later', async () => {
  const { repo, base, ciphertext } = await begin()
  repo.commit({ copy: ciphertext })
  const drop = repo.commit({ copy: EDITED })
  assert.equal(await found(repo, `${drop}^`, { drop }), ['error protection-dropped copy drop'])
  assert.ok(base)
})

test('an age file of another tool at a path that no attribute ever named', async () => {
  const { repo, base } = await begin({ 'old.age': await sealed(SECRET, policyText(), true) })
  const drop = repo.commit({ 'old.age': EDITED })
  assert.equal(await found(repo, base, { drop }), ['error protection-dropped old.age drop'])
})

test('moved out as plaintext in one commit: known by its size, or by its name', async () => {
  for (const [path, content] of [
    ['hidden', SECRET],
    ['other/db', EDITED],
    ['db.txt', EDITED],
  ] as const) {
    const { repo, base } = await begin()
    repo.stage({ 'secrets/db': null, [path]: content })
    assert.equal(await staged(repo), [`error protection-dropped ${path} index`])
    const drop = repo.commit()
    repo.commit({ [path]: null })
    assert.equal(await found(repo, [base, `${drop}^`], { drop }), [`error protection-dropped ${path} drop`])
  }
})

test('moved again from where it was ciphertext outside the pattern', async () => {
  const { repo, ciphertext } = await begin()
  repo.commit({ 'secrets/db': null, plain: ciphertext })
  repo.commit({ readme: 'x' })
  const drop = repo.commit({ plain: null, hidden: SECRET })
  assert.equal(await found(repo, `${drop}^`, { drop }), ['error protection-dropped hidden drop'])
})

test('its place is taken by a symlink', async () => {
  const { repo, base } = await begin()
  const link = { mode: '120000', oid: repo.blob('../hidden') }
  const drop = repo.commit({ '.gitattributes': ELSEWHERE, 'secrets/db': link, hidden: SECRET })
  assert.equal(await found(repo, base, { drop }), ['error protection-dropped hidden drop'])
})

test('what is no drop: unrelated files, empty ones, ciphertext, moves of what was plain', async () => {
  const { repo, base, ciphertext } = await begin({ notes: SECRET, shared: 'x' })
  const other = await sealed(EDITED)
  for (const files of [
    { 'secrets/db': null, 'README.md': 'unrelated' },
    { 'secrets/db': null, 'modules/db.nix': '{ }', 'keys/db.pub': 'ssh-ed25519 AAAA' },
    { 'secrets/db': null, 'other/db': '' },
    { 'secrets/db': null, 'other/db': ciphertext },
    { 'secrets/db': null, 'other/db': other },
    { 'secrets/db': null, notes: null, 'docs/notes': SECRET },
    { 'secrets/db': null, 'secrets/db2': ciphertext, 'hosts/db': 'unrelated' },
    { '.gitattributes': ELSEWHERE, 'secrets/db': '' },
    { 'secrets/db': null, shared: SECRET },
    { readme: SECRET },
  ]) {
    repo.git(['read-tree', base])
    repo.stage(files)
    assert.equal(await staged(repo), [], JSON.stringify(Object.keys(files)))
    repo.commit({}, [base])
    assert.equal(await found(repo, base), [], JSON.stringify(Object.keys(files)))
  }
})

test('a protected path is left to plaintext-blob, also where a tip protects it', async () => {
  const { repo, base } = await begin()
  const open = repo.commit({ '.gitattributes': null, 'secrets/db': SECRET })
  repo.commit({ '.gitattributes': ATTRIBUTES, 'secrets/db': await sealed(SECRET) })
  assert.equal(await found(repo, base, { open }), ['error plaintext-blob secrets/db open'])
})

test('which names are alike', () => {
  for (const [before, after, alike] of [
    ['secrets/db', 'db', true],
    ['secrets/db.age', 'x/db', true],
    ['secrets/db', 'db.txt', true],
    ['secrets/db.env', 'db.txt', false],
    ['secrets/.env', 'x/.env', true],
    ['secrets/.env', 'x/', false],
    ['secrets/db', 'db.nix', false],
    ['secrets/db', 'db.pub', false],
    ['secrets/db.nix', 'x/db.nix', true],
  ] as const)
    assert.is(similarName(textPath(before), textPath(after)), alike, `${before} ${after}`)
})

test.run()
