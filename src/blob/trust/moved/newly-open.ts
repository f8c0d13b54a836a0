import { type BytePath, displayPath, pathBytes } from '../../../byte-path.ts'
import { NixsecretError } from '../../../errors.ts'
import { listFlaggedIndex } from '../../../git/flagged-index.ts'
import type { Repository } from '../../../git/repository.ts'
import type { Policy } from '../../../policy/policy.ts'
import { Memo } from '../../memo.ts'
import { driversOf } from '../../protected-files.ts'
import { lookAtWorkFile, workFileId } from '../../work-file.ts'
import { Accepted, notAccepted, TRUST_HINTS } from '../accepted.ts'
import { attributeFiles, attributeLines } from '../attributes/attribute-lines.ts'
import { lostProtection } from '../attributes/lost-protection.ts'
import { SealedLines } from '../attributes/sealed-lines.ts'
import { gitAt } from '../present.ts'
import { exposedByMove, type Scene } from './exposed-by-move.ts'
import { exposedFault } from './not-exposed.ts'

/** Where plaintext would go to the Nix store from. */
export interface StoreScene extends Scene {
  readonly repo: Repository
}

/**
 * Refuses plaintext for the Nix store that this user has not accepted there: by the path, or by where its ciphertext
 * came from.
 * @param paths that the policy lets in
 * @param oid of the blob that is opened; null for what is in the work tree, else the index
 * @param what of such a path is said
 * @throws NixsecretError `refused`
 */
export async function refuseNewlyOpen(
  paths: readonly BytePath[],
  oid: string | null,
  policy: Policy,
  scene: StoreScene,
  what = 'would enter the Nix store as plaintext',
): Promise<void> {
  if (paths.length === 0) return
  const accepted = await Accepted.load(scene, policy)
  const fresh = paths.find((path) => accepted.storeOf(path) === null)
  if (fresh !== undefined) throw notAccepted(`${displayPath(fresh)} ${what}: `, accepted, [])
  const blobs: [BytePath, string][] = []
  for (const path of paths)
    for (const one of oid === null ? await blobsHere(path, scene) : [oid]) blobs.push([path, one])
  const moved = [...(await exposedByMove(blobs, accepted, policy, scene))].find(
    ([, { opens }]) => opens === 'store',
  )
  if (moved !== undefined) throw exposedFault(...moved)
  await refuseUnsealed(paths, accepted, scene)
}

/** What was to stay ciphertext in the work tree stays out of the store, whatever the policy says of it. */
async function refuseUnsealed(
  paths: readonly BytePath[],
  { state }: Accepted,
  { catFile, repo }: StoreScene,
): Promise<void> {
  if (state === null || repo.workTree === null || !new SealedLines(state.attributes).any) return
  const git = gitAt(repo)
  const regular = (await listFlaggedIndex(git)).filter(
    ({ mode, stage }) => mode.startsWith('100') && stage === 0,
  )
  const contents = await attributeFiles(git.cwd, regular, catFile)
  const lines = { attributes: attributeLines(contents), attributeFiles: contents }
  const now = { ...lines, tracked: new Set(paths), drivers: await driversOf(paths, git) }
  const [path] = (await lostProtection(state, now)).opened
  if (path === undefined) return
  const message = `${displayPath(path)} was to stay ciphertext in the work tree (filter=nixsecret-sealed), and its plaintext would enter the Nix store; you have not accepted that`
  throw new NixsecretError('refused', message, { hints: TRUST_HINTS })
}

/** What the plaintext at a path may come from: the index, what git wrote the file from last, and the file if it is shut. */
async function blobsHere(path: BytePath, { catFile, repo }: StoreScene): Promise<string[]> {
  const index = (await catFile.info(Buffer.concat([Buffer.from(':0:'), pathBytes(path)])))?.oid ?? null
  const memo = new Memo(repo.stateDir)
  const stray = memo.strayFrom(memo.place(repo.gitDir, path), index)
  const { workTree } = repo
  const shut = workTree !== null && lookAtWorkFile(workTree, path).kind === 'sealed'
  const own = shut ? workFileId(workTree, path, repo.objectFormat) : null
  return [index, stray, own].filter((oid) => oid !== null)
}
