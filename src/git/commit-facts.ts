import { NixsecretError } from '../errors.ts'
import { CatFile } from './cat-file.ts'
import { runGit, tryGit } from './run-git.ts'
import { type GitPlace, trueView } from './true-view.ts'

/**
 * What git says of a commit's signature (`%G?` of https://git-scm.com/docs/git-log): `good`, by a signer whom the
 * allowed-signers file or the OpenPGP trust names; `unknown`, sound, but nobody says whose key it is; `bad`, it does not
 * fit, or its key is expired or revoked; `unchecked`, there is one, and git could not check it; `none`.
 */
export type SignatureState = 'good' | 'unknown' | 'bad' | 'unchecked' | 'none'

/** A commit's signature. Texts are untrusted. */
export interface Signature {
  readonly state: SignatureState
  /** Principal of the allowed-signers file, or OpenPGP user id; null where git names none. */
  readonly signer: string | null
  /** Fingerprint of the key that signed, as ssh-keygen and gpg print it; null where git names none. */
  readonly key: string | null
}

/** Who made a commit, as it says itself, and what git says of its signature. Texts are untrusted. */
export interface CommitFacts {
  readonly oid: string
  readonly author: string
  readonly email: string
  /** Seconds since 1970. */
  readonly time: number
  readonly subject: string
  readonly signature: Signature
}

const FORMAT = '%H%x00%an%x00%ae%x00%at%x00%s%x00%G?%x00%GS%x00%GF%x00'
const FIELDS = 8
const STATES: Readonly<Record<string, SignatureState>> = {
  G: 'good',
  U: 'unknown',
  B: 'bad',
  // Made by a signature or key that has expired, or by a key that is revoked.
  X: 'bad',
  Y: 'bad',
  R: 'bad',
  E: 'unchecked',
}

/**
 * Asks git about commits; it runs `gpg.program` and `gpg.ssh.program` as its configuration says.
 * @param oids object ids of commits that are here
 * @throws NixsecretError `git` where one is not
 */
export async function commitFacts(
  oids: readonly string[],
  place: GitPlace,
): Promise<ReadonlyMap<string, CommitFacts>> {
  const found = new Map<string, CommitFacts>()
  if (oids.length === 0) return found
  const view = trueView(place)
  const input = Buffer.from([...oids, ''].join('\n'))
  // Not rev-list: it reads no configuration of signatures (git 2.39), so that none would be good.
  const args = ['log', '--no-walk=unsorted', '--no-show-signature', '--encoding=UTF-8', '--stdin']
  const output = await runGit([...args, `--format=tformat:${FORMAT}`], { ...view, input })
  const fields = output.toString('utf8').split('\0')
  for (let i = 0; i + FIELDS <= fields.length; i += FIELDS) {
    const facts = factsOf(fields.slice(i, i + FIELDS))
    found.set(facts.oid, facts)
  }
  if (oids.some((oid) => !found.has(oid))) throw new NixsecretError('git', 'git log left out a commit')
  await settle(found, view)
  return found
}

function factsOf(fields: readonly string[]): CommitFacts {
  const [oid = '', author = '', email = '', time = '', subject = '', letter = '', signer, key] = fields
  const signature = { state: STATES[letter] ?? 'none', signer: signer || null, key: key || null }
  return { oid: oid.trimStart(), author, email, time: Number(time), subject, signature }
}

/** What `%G?` does not tell. */
async function settle(found: Map<string, CommitFacts>, place: GitPlace): Promise<void> {
  const minimum = await tryGit(['config', '--get', 'gpg.minTrustLevel'], place)
  const catFile = new CatFile(place)
  try {
    for (const facts of found.values()) {
      const { state } = facts.signature
      // Without an allowed-signers file git calls a signed commit unsigned.
      if (state === 'none' && (await carriesSignature(facts.oid, catFile))) set(facts, 'unchecked')
      // Only this heeds gpg.minTrustLevel.
      if (state === 'good' && minimum.code === 0) {
        const { code } = await tryGit(['verify-commit', facts.oid], place)
        if (code !== 0) set(facts, 'unknown')
      }
    }
  } finally {
    catFile.close()
  }

  function set(facts: CommitFacts, state: SignatureState): void {
    found.set(facts.oid, { ...facts, signature: { ...facts.signature, state } })
  }
}

async function carriesSignature(oid: string, catFile: CatFile): Promise<boolean> {
  const commit = (await catFile.get(oid))?.content.toString('latin1') ?? ''
  return /^gpgsig(-sha256)? /m.test(commit.slice(0, commit.indexOf('\n\n') + 1))
}
