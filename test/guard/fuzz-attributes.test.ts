import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import { PATHS, type SomeTree, someTree } from './fuzz-attribute-files.ts'
import { cases, seeded } from './fuzz-cases.ts'
import { GuardRepo } from './guard-repo.ts'

const test = suite('fuzz attributes')
const TREES = 300

/** What git reads otherwise from an index than from a work tree, or from a symlink. */
const KNOWN = (
  [
    ['100644', '\xef\xbb\xbfsecrets/** filter=nixsecret\n'],
    ['100644', '# \0\nsecrets/** filter=nixsecret\n'],
    ['100755', '\0\nsecrets/** filter=nixsecret-sealed\0 -filter\n'],
    ['120000', 'secrets/** filter=nixsecret'],
  ] as const
).map(([mode, text]): SomeTree => new Map([['', { mode, text }]]))

/** A commit a tree, all of them on one branch, and at its end one that protects nothing. */
function commitTrees(repo: GuardRepo, trees: readonly SomeTree[]): string[] {
  const parts: Buffer[] = []
  const say = (text: string) => parts.push(Buffer.from(text, 'latin1'))
  const data = (text: string) => say(`data ${text.length}\n${text}\n`)
  const begin = (mark: number) => {
    say(`commit refs/heads/main\nmark :${mark}\ncommitter T <t@example.org> ${mark} +0000\n`)
    data('x')
    say('deleteall\n')
  }
  for (const [i, tree] of trees.entries()) {
    // Content of its own, so that what is said of one commit is not said of the next.
    say(`blob\nmark :${trees.length + i + 2}\n`)
    data(`plain ${i}`)
    begin(i + 1)
    for (const path of PATHS) say(`M 100644 :${trees.length + i + 2} ${quoted(path)}\n`)
    for (const [dir, { mode, text }] of tree) {
      say(`M ${mode} inline ${quoted(`${dir}.gitattributes`)}\n`)
      data(text)
    }
  }
  begin(trees.length + 1)
  say('M 100644 inline a\n')
  data('end')
  const marks = repo.box.path('marks')
  repo.git(['fast-import', '--quiet', `--export-marks=${marks}`], { input: Buffer.concat(parts) })
  return repo.git(['rev-list', '--reverse', 'main']).split('\n')
}

function quoted(path: string): string {
  const octal = (char: string) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`
  return `"${path.replace(/[^\w./-]/g, octal)}"`
}

/** What git itself says of a commit: by its index, and by a work tree that was checked out, as a clean filter is asked. */
class RealGit {
  readonly #repo: GuardRepo
  readonly #input = Buffer.from(`${PATHS.join('\0')}\0`, 'latin1')

  constructor(repo: GuardRepo) {
    this.#repo = repo
  }

  cached(commit: string): Set<string> {
    const env = { GIT_INDEX_FILE: this.#repo.box.path('oracle-index'), GIT_ATTR_NOSYSTEM: '1' }
    this.#repo.git(['read-tree', commit], { env })
    return this.#ask(['check-attr', '--cached'], env)
  }

  inWorkTree(tree: SomeTree): Set<string> {
    const top = mkdtempSync(this.#repo.box.path('oracle-tree-'))
    for (const [dir, { mode, text }] of tree) {
      if (mode === '120000') continue
      const file = Buffer.from(join(top, dir, '.gitattributes'), 'latin1')
      mkdirSync(Buffer.from(dirname(file.toString('latin1')), 'latin1'), { recursive: true })
      writeFileSync(file, Buffer.from(text, 'latin1'))
    }
    const env = { GIT_INDEX_FILE: this.#repo.box.path('no-index'), GIT_WORK_TREE: top }
    const found = this.#ask(['check-attr'], { ...env, GIT_DIR: join(this.#repo.dir, '.git') }, top)
    rmSync(top, { recursive: true })
    return found
  }

  #ask(args: string[], env: Record<string, string>, cwd = this.#repo.dir): Set<string> {
    const options = { input: this.#input, env, cwd }
    const fields = this.#repo.git([...args, '-z', '--stdin', 'filter'], options).split('\0')
    const found = new Set<string>()
    for (let i = 0; i + 2 < fields.length; i += 3)
      if (/^nixsecret(-sealed)?$/.test(fields[i + 2] as string)) found.add(fields[i] as string)
    return found
  }
}

function plaintext({ findings }: CheckResult, commit: string | null): string[] {
  return findings
    .filter((one) => one.rule === 'plaintext-blob' && one.commit === commit)
    .map(({ path }) => path)
    .sort()
}

test('the guard protects what git protects, whatever the attributes look like', async () => {
  const trees = [...KNOWN, ...cases(someTree, TREES)]
  const repo = new GuardRepo()
  const commits = commitTrees(repo, trees)
  const git = new RealGit(repo)
  const result = await checkRange(await repo.open(), `${'0'.repeat(40)}..main`, repo.options)
  let protectedPaths = 0
  let apart = 0
  for (const [i, tree] of trees.entries()) {
    const commit = commits[i] as string
    const byIndex = git.cached(commit)
    const byFiles = git.inWorkTree(tree)
    const expected = [...new Set([...byIndex, ...byFiles])].sort()
    assert.equal(plaintext(result, commit), expected, seeded(`tree ${i}: ${JSON.stringify([...tree])}`))
    if (i < KNOWN.length) assert.ok(expected.includes('secrets/a'), `known tree ${i}`)
    protectedPaths += expected.length
    if (i >= KNOWN.length && expected.length > byIndex.size) apart++
    if (i % 50 > 0) continue
    const revision = await checkRevision(await repo.open(), commit, repo.options)
    assert.equal(plaintext(revision, commit), expected, seeded(`checkRevision of tree ${i}`))
    repo.git(['read-tree', commit])
    const staged = await checkStaged(await repo.open(), repo.options)
    assert.equal(plaintext(staged, null), expected, seeded(`checkStaged of tree ${i}`))
  }
  const share = protectedPaths / (TREES * PATHS.length)
  assert.ok(share > 0.05 && share < 0.9, `the cases try nothing: ${share}`)
  assert.ok(apart > 0, 'no case has a BOM or a NUL in effect')
  repo.box.remove()
})

test.run()
