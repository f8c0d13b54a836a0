import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { POLICY_FILE } from '../blob/policy-file-name.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { GitConfig } from '../git/config.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'
import { type ConfigEntry, REPOSITORY_ENTRIES } from './config-entries.ts'
import { applyConfig, planConfig } from './config-plan.ts'
import { hasPolicy, refuseNewRecipients } from './existing-policy.ts'
import { HOOKS, hookFile } from './hook-text.ts'
import { type HooksPlace, hooksPlace, isReached } from './hooks-place.ts'
import {
  applyHookFiles,
  type HookFilesPlan,
  hookEntries,
  planHookFiles,
  removeHookFiles,
} from './install-hooks.ts'
import { type InstallRecord, NO_RECORD, readRecord, writeRecord, writeState } from './install-record.ts'
import { homeRelative, type OwnKeys, ownKeys } from './own-key.ts'
import { type AttributesPlan, planAttributes } from './plan-attributes.ts'
import { type NewPolicy, planPolicy } from './plan-policy.ts'
import { programOnPath, supportedGit } from './requirements.ts'

/** What the command line of init says. */
export interface InitOptions {
  /** Absolute path of a private key, or null. */
  readonly identity: string | null
  /** `[NAME=]KEY` each. */
  readonly recipients: readonly string[]
  /** Patterns of gitattributes; none: the default. */
  readonly paths: readonly string[]
  readonly sealed: boolean
  readonly hooks: boolean
}

/** What init did; what is empty was there already. */
export interface InitReport {
  /** Null in a clone that has a policy already. */
  readonly policy: NewPolicy | null
  /** Lines added to `.gitattributes`. */
  readonly attributes: readonly string[]
  /** Keys of the configuration that were set. */
  readonly config: readonly string[]
  readonly identityAdded: boolean
  readonly hooks: HooksPlace | null
  readonly hooksWritten: readonly string[]
  readonly hooksKept: readonly string[]
  /** Where hooks are to be added by hand: those that do not reach us yet. */
  readonly hooksByHand: readonly (typeof HOOKS)[number][]
  readonly own: OwnKeys
}

interface Plan {
  readonly workTree: string
  readonly policy: NewPolicy | null
  readonly attributes: AttributesPlan
  readonly config: GitConfig
  readonly entries: readonly ConfigEntry[]
  readonly identity: string | null
  readonly place: HooksPlace | null
  readonly hookFiles: HookFilesPlan | null
  readonly own: OwnKeys
  readonly program: string
}

/**
 * Sets a repository up. Everything that can be refused is refused before anything is written.
 * @throws NixsecretError of many kinds; see the parts
 */
export async function initRepository(repo: Repository, options: InitOptions): Promise<InitReport> {
  const plan = await planInit(repo, options)
  const before = readRecord(repo.stateDir) ?? NO_RECORD
  writeState(repo.stateDir, 'program', `${plan.program}\n`)
  // Before anything of it is done: what is half done, uninstall takes out too.
  const record = recordOf(before, plan)
  writeRecord(repo.stateDir, record)
  await applyConfig(plan.config, { set: plan.entries })
  if (plan.identity !== null) await plan.config.add('nixsecret.identity', plan.identity)
  if (plan.policy !== null) writeFileSync(join(plan.workTree, POLICY_FILE), plan.policy.text, { flag: 'wx' })
  if (plan.attributes.added.length > 0) {
    writeFileSync(join(plan.workTree, '.gitattributes'), plan.attributes.text)
  }
  if (plan.hookFiles !== null && applyHookFiles(plan.hookFiles)) {
    writeRecord(repo.stateDir, { ...record, madeHooksDir: true })
  }
  // git has become newer: it would run the hooks of its configuration and these.
  const old = before.hooks
  if (plan.place?.method === 'config' && old?.method === 'files' && old.dir !== null) {
    removeHookFiles(old.dir, before.madeHooksDir)
  }
  return report(plan)
}

async function planInit(repo: Repository, options: InitOptions): Promise<Plan> {
  const workTree = requireWorkTree(repo)
  if (options.paths.length > 0) refuseBelowTop(workTree)
  const version = await supportedGit(workTree)
  const program = programOnPath()
  const config = await GitConfig.read(workTree, 'local')
  const own = await ownKeys(workTree, options.identity)
  const fresh = !(await hasPolicy(workTree))
  const policy = fresh ? await planPolicy(options.recipients, own, await userName(workTree)) : null
  if (!fresh) await refuseNewRecipients(workTree, options.recipients)
  const place = options.hooks ? await hooksPlace(repo, version) : null
  const entries = [...REPOSITORY_ENTRIES, ...(place?.method === 'config' ? hookEntries() : [])]
  const home = options.identity === null ? null : homeRelative(options.identity)
  return {
    workTree,
    policy,
    attributes: planAttributes(workTree, options, fresh),
    config,
    entries: planConfig(config, entries).set,
    identity: home === null || config.all('nixsecret.identity').includes(home) ? null : home,
    place,
    hookFiles: place?.method === 'files' ? planHookFiles(place) : null,
    own,
    program,
  }
}

function refuseBelowTop(workTree: string): void {
  if (isTop(workTree)) return
  throw new NixsecretError('usage', '--path counts from the top of the repository, which is not here', {
    hints: [`cd ${shellWord(displayText(workTree))}`],
  })
}

/** Whether the user's directory is the top of the work tree. */
export function isTop(workTree: string): boolean {
  return realpathSync(process.cwd()) === realpathSync(workTree)
}

function recordOf(before: InstallRecord, plan: Plan): InstallRecord {
  const missing = plan.entries.filter(({ key }) => plan.config.get(key) === null).map(({ key }) => key)
  const { place } = plan
  const hooks =
    place === null || place.method === 'by hand'
      ? before.hooks
      : { method: place.method, dir: place.method === 'files' ? place.dir : null }
  return {
    config: [...new Set([...before.config, ...missing])],
    identity: plan.identity ?? before.identity,
    hooks,
    serverHookDir: before.serverHookDir,
    madeHooksDir: before.madeHooksDir,
  }
}

function report(plan: Plan): InitReport {
  const { place } = plan
  return {
    policy: plan.policy,
    attributes: plan.attributes.added,
    config: plan.entries.map(({ key }) => key),
    identityAdded: plan.identity !== null,
    hooks: place,
    hooksWritten: plan.hookFiles?.write ?? [],
    hooksKept: plan.hookFiles?.keep ?? [],
    hooksByHand:
      place?.method === 'by hand' ? HOOKS.filter((name) => !isReached(place.dir, name, hookFile(name))) : [],
    own: plan.own,
  }
}

async function userName(cwd: string): Promise<string | null> {
  return (await GitConfig.read(cwd, 'effective')).get('user.name')
}
