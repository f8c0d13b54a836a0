import { lstatSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { isCiphertextOf } from '../blob/open-sealed.ts'
import { POLICY_FILE } from '../blob/policy-file-name.ts'
import { protectedEntries } from '../blob/protected-files.ts'
import { accept, OwnChange } from '../blob/trust/accept.ts'
import { acceptAt } from '../blob/trust/accept-at.ts'
import { lookAtWorkFile, workFileBytes, workFileId, workFilePath } from '../blob/work-file.ts'
import { type BytePath, displayPath, displayText, pathBytes, textPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { filterAttributes } from '../git/check-attr.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { listFlaggedIndex } from '../git/flagged-index.ts'
import { runGit, tryGit } from '../git/run-git.ts'
import { stageBlobs } from '../git/stage-blobs.ts'
import { replaceFile } from '../host/replace-file.ts'
import { restrictModes } from '../host/restrict-modes.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { type AttributesChange, type AttributesFile, planAttributesChange } from './attributes-change.ts'
import { comparePlaintexts, type Verdict } from './compare-plaintexts.ts'
import type { ImportPlace } from './import-place.ts'
import type { ImportPlan, LeftOut } from './import-plan.ts'
import { type PolicyChange, planPolicyChange } from './policy-change.ts'
import { type PrepareOptions, prepareSecrets } from './prepare-secrets.ts'
import type { PreparedSecret } from './prepared-secret.ts'
import { ReaderBook } from './reader-book.ts'
import { refuseNotAccepted } from './refuse-not-accepted.ts'
import { refuseWidened } from './refuse-widened.ts'

/** How a plan is carried out. */
export interface ImportOptions extends Omit<PrepareOptions, 'write'> {
  readonly dryRun: boolean
  /** Public keys of the user, for a policy that is new. */
  readonly own: readonly string[]
  /** Makes sure that git's filters are configured, once there is a policy and before anything counts as protected. */
  setUp(): Promise<void>
}

/** What an import did, or would do. */
export interface ImportReport {
  readonly secrets: readonly PreparedSecret[]
  /** One for each secret; none after a dry run. */
  readonly verdicts: readonly Verdict[]
  readonly left: readonly LeftOut[]
  readonly policy: PolicyChange
  readonly attributes: AttributesChange
}

/**
 * Carries a plan out. Everything is read and sealed before the first file is written; then policy, attributes and index
 * follow each other, and a run that was cut short between them is completed by the next. The source stays as it is.
 * @throws NixsecretError of many kinds; where it does before staging, the two files are as they were
 */
export async function runImport(
  place: ImportPlace,
  plan: ImportPlan,
  options: ImportOptions,
): Promise<ImportReport> {
  const text = policyText(place)
  const policy = await place.policyOrNull()
  if (policy !== null && text === null) {
    throw new NixsecretError('missing', 'nixsecret.toml is in git, but not in the work tree', {
      hints: ['git checkout HEAD -- :/nixsecret.toml'],
    })
  }
  if (policy !== null && !options.dryRun) await refuseNotAccepted(place, policy, plan.secrets)
  const book = new ReaderBook(policy, plan, options.own)
  if (!options.dryRun) await refuseWidened(place, policy, plan.secrets, book)
  const prepared = await prepareSecrets(place, plan.secrets, {
    ...options,
    write: !options.dryRun,
    book,
    policy,
  })
  const { secrets } = prepared
  const [lost] = prepared.left
  // Lines that take over from another filter reach every file of it.
  if (lost !== undefined && plan.attributes !== undefined && plan.attributes.foreign.length > 0)
    throw new NixsecretError('refused', `${displayText(lost.what)}: ${lost.why}; nothing was changed`)
  const left = [...plan.left, ...prepared.left]
  const others = await otherFiles(place, secrets)
  const change = planPolicyChange({ text, policy }, secrets, { plan, book, own: options.own, others })
  const attributes = await planAttributesChange(place, secrets, plan)
  const report = { secrets, left, policy: change, attributes, verdicts: [] as Verdict[] }
  if (options.dryRun || secrets.length === 0) return report
  const own = policy === null ? null : await OwnChange.begin(place.repo)
  await writeFiles(place, report, options)
  // Before anything is staged, since the next run is to complete this one.
  if (own === null) await accept(place.repo)
  else await own.accept(change.edit, { attributes: true })
  await stageAll(place, report)
  acceptAt(
    place.repo,
    secrets.map(({ secret, oid }) => [secret.path, oid]),
  )
  place.memo.save()
  await bringWorkTree(place, secrets)
  return { ...report, verdicts: await comparePlaintexts(place, secrets) }
}

/** Protected files that do not come in. */
async function otherFiles(place: ImportPlace, secrets: readonly PreparedSecret[]): Promise<BytePath[]> {
  const mine = new Set(secrets.map(({ secret }) => secret.path))
  const paths = (await protectedEntries(place.git)).map(({ path }) => path)
  return [...new Set(paths)].filter((path) => !mine.has(path))
}

function policyText({ top }: ImportPlace): string | null {
  const file = join(top, POLICY_FILE)
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return null
  if (stat.isFile()) return readFileSync(file, 'utf8')
  throw new NixsecretError('policy', `${POLICY_FILE} is not a regular file, and is not followed`)
}

/** Policy first, then the filter, then what makes git use it; and back, where git would not use it for every secret. */
async function writeFiles(
  place: ImportPlace,
  { policy, attributes, secrets }: ImportReport,
  { setUp }: ImportOptions,
): Promise<void> {
  const policyFile = { path: textPath(POLICY_FILE), before: policy.before, after: policy.after }
  const files = [policyFile, ...attributes.files]
  try {
    rewrite(place, policyFile)
    await setUp()
    for (const file of attributes.files) rewrite(place, file)
    await confirmFilters(place, secrets, attributes)
  } catch (fault) {
    for (const file of files) {
      if (file.before !== null) rewrite(place, { ...file, before: null, after: file.before })
      else rmSync(workFilePath(place.top, file.path), { force: true })
    }
    throw fault
  }
}

function rewrite({ top }: ImportPlace, { path, before, after }: AttributesFile): void {
  if (before === after) return
  const file = workFilePath(top, path)
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0o666 & ~process.umask()
  replaceFile(file.toString('utf8'), after, mode & 0o777)
}

/** Every secret must have its driver now, and every other path the filter that it had. */
async function confirmFilters(
  place: ImportPlace,
  secrets: readonly PreparedSecret[],
  { now }: AttributesChange,
): Promise<void> {
  const wanted = new Map<BytePath, string>(secrets.map(({ secret }) => [secret.path, secret.driver]))
  const paths = [
    ...new Set([...(await listFlaggedIndex(place.git)).map(({ path }) => path), ...wanted.keys()]),
  ]
  const found = await filterAttributes(paths, { ...place.git, cached: false })
  const wrong = paths.find((path) => {
    return !neverEncrypted(path) && found.get(path) !== (wanted.get(path) ?? now.get(path))
  })
  if (wrong === undefined) return
  const shown = displayPath(wrong)
  const why = wanted.has(wrong)
    ? `another attributes file overrules filter=${wanted.get(wrong)} for ${shown}`
    : `the lines for it would change the filter of ${shown}, which does not come in`
  throw new NixsecretError('refused', `${why}; nothing was changed`, {
    hints: [`git check-attr filter -- ${shellWord(shown)}`],
  })
}

async function stageAll(place: ImportPlace, { secrets, attributes }: ImportReport): Promise<void> {
  const now = new Map<BytePath, string>()
  for (const { path, stage, oid } of await listFlaggedIndex(place.git)) if (stage === 0) now.set(path, oid)
  if (secrets.some(({ secret, before }) => (now.get(secret.path) ?? null) !== before)) {
    throw new NixsecretError('refused', 'the index was changed meanwhile; run it again')
  }
  await addFiles(place, [
    textPath(POLICY_FILE),
    textPath('.gitattributes'),
    ...attributes.files.map(({ path }) => path),
  ])
  const fresh = secrets.filter(({ before, oid }) => before !== oid)
  await stageBlobs(
    fresh.map((one) => ({ ...one, path: one.secret.path })),
    place.git,
  )
}

/** What the filter needs to know, as it lies in the work tree. */
async function addFiles(place: ImportPlace, paths: readonly BytePath[]): Promise<void> {
  const there = [...new Set(paths)].filter((path) => lookAtWorkFile(place.top, path).kind !== 'absent')
  const input = Buffer.concat(
    there.flatMap((path) => [Buffer.from(':(top,literal)'), pathBytes(path), Buffer.of(0)]),
  )
  await runGit(['add', '--pathspec-from-file=-', '--pathspec-file-nul'], { ...place.git, input })
}

/** Files that are not there yet, or lie there as ciphertext that the source has: everything else is left alone. */
async function bringWorkTree(place: ImportPlace, secrets: readonly PreparedSecret[]): Promise<void> {
  const { objectFormat } = place.repo
  const stale = secrets.filter(({ secret, before, oid, skipped }) => {
    if (skipped) return false
    const { path, sealed, driver, inPlace } = secret
    const file = lookAtWorkFile(place.top, path)
    if (file.kind === 'absent') return true
    // Just what git had: ciphertext of another filter that was never opened here.
    const untouched = () => before === workFileId(place.top, path, objectFormat)
    if (inPlace && sealed === null && before !== oid && untouched()) return true
    if (file.kind !== 'sealed') return false
    if (isCiphertextOf(place.top, { path, oid }, objectFormat)) return driver === 'nixsecret'
    return sealed !== null && workFileBytes(place.top, path)?.equals(sealed) === true
  })
  await checkoutIndex(
    stale.map(({ secret }) => secret.path),
    { ...place.git, filtered: true },
  )
  // As the filter leaves them: others on this machine have no business with plaintext.
  const open = secrets.filter(({ secret }) => secret.driver === 'nixsecret')
  restrictModes(
    place.top,
    open.map(({ secret }) => secret.path),
  )
  await tryGit(['update-index', '-q', '--refresh'], place.git)
}
