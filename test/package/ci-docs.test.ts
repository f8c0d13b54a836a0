import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ATTRIBUTES, GuardRepo, policyText, sealed } from '../guard/guard-repo.ts'
import { type RunResult, Sandbox } from '../support/sandbox.ts'
import { evaluate, type GitlabJob, type Step, type Workflow, yamlBlocks, yamlPython } from './ci-document.ts'

const test = suite('files for CI')
const ZEROS = '0'.repeat(40)
const tools = new Sandbox('nixsecret-ci')
const python = await yamlPython(tools)

/** What happened on a host, in the terms that all three share. */
interface Event {
  readonly after: string
  /** Branch or tag; that of a merge request is none. */
  readonly ref: string
  readonly tag?: boolean
  readonly before?: string
  /** Of a pull request: the tip of the branch that it is for. */
  readonly base?: string
  /** Of a merge queue. */
  readonly queueBase?: string
}

type Env = Record<string, string>
/** The step that checks, as it stands in the document, and its variables for an event. */
interface Ci {
  readonly script: string
  env(event: Event): Env
}

/** A repository with a host, on which `runner` checks an event as CI does: in a full clone, at the commit. */
class Host extends GuardRepo {
  readonly #host: string
  #runners = 0

  constructor() {
    super()
    this.#host = this.box.path('host.git')
    this.git(['init', '-q', '--bare', this.#host])
    this.git(['remote', 'add', 'origin', this.#host])
  }

  publish(...refs: string[]): void {
    this.git(['push', '-q', 'origin', ...refs])
  }

  async runner(ci: Ci, event: Event): Promise<RunResult> {
    const dir = this.box.path(`runner-${this.#runners++}`)
    this.git(['init', '-q', dir])
    const refs = [
      '+refs/heads/*:refs/remotes/origin/*',
      '+refs/tags/*:refs/tags/*',
      '+refs/pull/*:refs/pull/*',
    ]
    this.git(['fetch', '-q', this.#host, ...refs], { cwd: dir })
    this.git(['checkout', '-q', '--detach', event.after], { cwd: dir })
    return this.box.run('sh', ['-e', '-c', ci.script], { cwd: dir, env: ci.env(event) })
  }

  async passes(ci: Ci, event: Event): Promise<void> {
    const done = await this.runner(ci, event)
    assert.is(done.code, 0, `${done.out}${done.stderr}`)
    assert.match(done.stderr, /nothing found/)
  }

  async fails(ci: Ci, event: Event, commit: string): Promise<void> {
    const done = await this.runner(ci, event)
    assert.is(done.code, 1, `${done.out}${done.stderr}`)
    assert.match(done.out, `secrets/b in ${commit.slice(0, 12)} [plaintext-blob]`)
  }
}

/** A main branch with plaintext in its past that has been dealt with, published. */
async function published(): Promise<{ host: Host; past: string; main: string }> {
  const host = new Host()
  const past = host.commit({
    '.gitattributes': ATTRIBUTES,
    'nixsecret.toml': policyText(),
    'secrets/b': 'old',
  })
  const main = host.commit({ 'secrets/b': await sealed('b') })
  host.publish('main')
  return { host, past, main }
}

function scenarios(name: string, ci: Ci, queue: boolean): void {
  test(`${name}: a push to a branch`, async () => {
    const { host, main } = await published()
    const good = host.commit({ readme: 'x' })
    const bad = host.commit({ 'secrets/b': 'hunter2' })
    const mended = host.commit({ 'secrets/b': await sealed('b') })
    host.publish('main')
    await host.passes(ci, { ref: 'main', before: main, after: good })
    await host.fails(ci, { ref: 'main', before: good, after: mended }, bad)
    await host.passes(ci, { ref: 'main', before: bad, after: mended })
  })

  test(`${name}: a new branch is judged by what the main branch has not`, async () => {
    const { host, main } = await published()
    host.switchTo('topic', main)
    const good = host.commit({ readme: 'x' })
    const bad = host.commit({ 'secrets/b': 'hunter2' })
    const mended = host.commit({ 'secrets/b': await sealed('b') })
    host.publish('topic')
    await host.passes(ci, { ref: 'topic', before: ZEROS, after: good })
    await host.fails(ci, { ref: 'topic', before: ZEROS, after: mended }, bad)
  })

  test(`${name}: the first push of the main branch is judged whole`, async () => {
    const { host, past, main } = await published()
    await host.fails(ci, { ref: 'main', before: ZEROS, after: main }, past)
  })

  test(`${name}: a force push, the commit before it gone`, async () => {
    const { host, past, main } = await published()
    host.switchTo('topic', main)
    const gone = host.commit({ readme: 'gone' })
    host.switchTo('topic', main)
    const good = host.commit({ readme: 'x' })
    const bad = host.commit({ 'secrets/b': 'hunter2' })
    const mended = host.commit({ 'secrets/b': await sealed('b') })
    host.publish('+topic')
    await host.passes(ci, { ref: 'topic', before: gone, after: good })
    await host.fails(ci, { ref: 'topic', before: gone, after: mended }, bad)
    // Of the main branch nothing is known to have been judged then.
    await host.fails(ci, { ref: 'main', before: gone, after: main }, past)
  })

  test(`${name}: a pull request`, async () => {
    const { host, main } = await published()
    host.switchTo('topic', main)
    const good = host.commit({ readme: 'x' })
    const bad = host.commit({ 'secrets/b': 'hunter2' })
    const mended = host.commit({ 'secrets/b': await sealed('b') })
    host.switchTo('main', main)
    const base = host.commit({ other: 'y' })
    host.publish('main')
    for (const [number, tip] of [good, mended].entries()) {
      host.git(['read-tree', '-m', tip])
      const merge = host.commit({ other: 'y' }, [base, tip])
      host.publish(`+${merge}:refs/pull/${number}/merge`)
      const event = { ref: `${number}/merge`, base, after: merge }
      if (tip === good) await host.passes(ci, event)
      else await host.fails(ci, event, bad)
    }
  })

  test(`${name}: a squash merge on the main branch, and a tag`, async () => {
    const { host, main } = await published()
    const squash = host.commit({ 'secrets/b': 'hunter2', readme: 'all of a branch' })
    host.git(['tag', '-a', '-m', 'x', 'good', main])
    host.git(['switch', '-q', '--orphan', 'aside'])
    host.git(['read-tree', squash])
    const bad = host.commit({}, [main])
    host.git(['tag', 'bad', bad])
    host.git(['push', '-q', 'origin', 'good', 'bad'])
    await host.fails(ci, { ref: 'bad', tag: true, before: ZEROS, after: bad }, bad)
    await host.passes(ci, { ref: 'good', tag: true, before: ZEROS, after: main })
    host.publish(`${squash}:refs/heads/main`)
    await host.fails(ci, { ref: 'main', before: main, after: squash }, squash)
  })

  if (queue)
    test(`${name}: a merge queue`, async () => {
      const { host, main } = await published()
      const bad = host.commit({ 'secrets/b': 'hunter2' })
      host.publish('main:refs/heads/gh-readonly-queue/main/pr-1')
      const ref = 'gh-readonly-queue/main/pr-1'
      await host.fails(ci, { ref, queueBase: main, after: bad }, bad)
    })
}

/** Runs the steps that install, with an `npm` that only says what it was asked. */
async function installs(script: string, env: Env): Promise<void> {
  const repo = new GuardRepo()
  const commit = repo.commit({ 'package.json': '{}', 'git-nixsecret-0.tgz': '' })
  repo.commit({ 'package.json': 'later' })
  repo.git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
  const log = repo.box.path('npm.log')
  const npm = `#!/bin/sh\necho "$(cat "\${PWD%/}/package.json" 2>/dev/null || echo elsewhere)" "$@" >>'${log}'\n`
  repo.box.write('bin/npm', npm, 0o755)
  const temp = repo.box.path('temp')
  const own = { ...env, REPOSITORY: repo.dir, COMMIT: commit, RUNNER_TEMP: temp }
  await repo.box.ok('sh', ['-e', '-c', script.replaceAll('/tmp/', `${temp}/`)], { env: own })
  assert.match(
    readFileSync(log, 'utf8'),
    /^\{\} ci\n\{\} pack\n(\{\}|elsewhere) install --global \S*git-nixsecret-0\.tgz\n$/,
  )
}

function step(workflow: Workflow, name: string): Required<Pick<Step, 'run' | 'env'>> {
  const found = workflow.jobs.check?.steps.find((one) => one.name === name)
  assert.ok(found?.run !== undefined && found.env !== undefined, name)
  return { run: found.run, env: found.env }
}

/** GitHub and Forgejo: variables are expressions on the event. */
function ofWorkflow(workflow: Workflow): Ci {
  const { run, env } = step(workflow, 'Check every new commit')
  const context = ({ after, ref, before, base, queueBase }: Event) => ({
    github: {
      sha: after,
      ref_name: ref,
      event: {
        repository: { default_branch: 'main' },
        ...(before === undefined ? {} : { before }),
        ...(base === undefined ? {} : { pull_request: { base: { sha: base } } }),
        ...(queueBase === undefined ? {} : { merge_group: { base_sha: queueBase } }),
      },
    },
  })
  return {
    script: run,
    env: (event) =>
      Object.fromEntries(Object.entries(env).map(([name, text]) => [name, evaluate(text, context(event))])),
  }
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function ofGitlab(job: GitlabJob): Ci {
  return {
    script: job.script.join('\n'),
    env: ({ after, ref, tag, before, base }) => ({
      CI_COMMIT_SHA: after,
      CI_DEFAULT_BRANCH: 'main',
      CI_COMMIT_BEFORE_SHA: before ?? ZEROS,
      ...(base === undefined ? {} : { CI_MERGE_REQUEST_DIFF_BASE_SHA: base }),
      ...(base !== undefined || tag === true ? {} : { CI_COMMIT_BRANCH: ref }),
    }),
  }
}

if (python !== null) {
  for (const [name, heading] of [
    ['GitHub', 'GitHub Actions'],
    ['Forgejo', 'Forgejo and Gitea'],
  ] as const) {
    const workflow = (await yamlBlocks(tools, python, heading))[0] as Workflow
    scenarios(name, ofWorkflow(workflow), name === 'GitHub')

    test(`${name}: pinned, whole history, no right to write, installs what was looked at`, async () => {
      const steps = workflow.jobs.check?.steps ?? []
      const used = steps.flatMap(({ uses }) => uses ?? [])
      assert.ok(used.length > 0 && used.every((uses) => /@[0-9a-f]{40}$/.test(uses)))
      assert.equal(steps[0]?.with, { 'fetch-depth': 0, 'persist-credentials': false })
      if (name === 'GitHub') assert.equal(workflow.permissions, { contents: 'read' })
      assert.equal(Object.keys(workflow.on).includes('pull_request_target'), false)
      const { run, env } = step(workflow, 'Install git-nixsecret')
      await installs(run, env)
    })
  }

  test('GitHub: the line that writes SARIF takes the place of the last', async () => {
    const workflow = (await yamlBlocks(tools, python, 'GitHub Actions'))[0] as Workflow
    const ci = ofWorkflow(workflow)
    const last = 'git-nixsecret check --range "$BEFORE..$AFTER"'
    assert.ok(ci.script.trimEnd().endsWith(last))
    const { host, main } = await published()
    const bad = host.commit({ 'secrets/b': 'hunter2' })
    host.publish('main')
    const script = `${ci.script.trimEnd()} --format sarif >"$HOME/nixsecret.sarif"`
    const done = await host.runner({ ...ci, script }, { ref: 'main', before: main, after: bad })
    assert.is(done.code, 1, done.stderr)
    const sarif = JSON.parse(readFileSync(join(host.box.home, 'nixsecret.sarif'), 'utf8'))
    assert.equal([sarif.version, sarif.runs[0].results[0].ruleId], ['2.1.0', 'plaintext-blob'])
    const [, job, upload] = await yamlBlocks(tools, python, 'GitHub Actions')
    assert.equal(job, { permissions: { contents: 'read', 'security-events': 'write' } })
    const [step] = upload as readonly Step[]
    assert.match(step?.uses ?? '', /^github\/codeql-action\/upload-sarif@[0-9a-f]{40}$/)
    assert.is(step?.with?.sarif_file, 'nixsecret.sarif')
  })

  const { nixsecret } = (await yamlBlocks(tools, python, 'GitLab CI'))[0] as { nixsecret: GitlabJob }
  scenarios('GitLab', ofGitlab(nixsecret), false)

  test('GitLab: whole history, installs what was looked at', async () => {
    assert.is(nixsecret.variables.GIT_DEPTH, '0')
    await installs(nixsecret.before_script.join('\n'), nixsecret.variables)
  })
}

test.run()
