import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Keys } from '../../src/blob/keys.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { acceptedHere } from '../../src/blob/trust/accepted-here.ts'
import { CatFile } from '../../src/git/cat-file.ts'
import { checkRange, checkStaged } from '../../src/guard/check.ts'
import { checkPrePush } from '../../src/guard/pre-push.ts'
import { collectPlaintexts } from '../../src/store/audit/collect-plaintexts.ts'
import { RawClone } from './raw-clone.ts'

const ALLOW = '[[check.allow]]\nrule = "nix-eval-read"\npaths = ["*.nix"]\nreason = "trust me"\n'
const STORE = '[default]\nto = ["alice", "bob"]\nstore = "plaintext"\n'
const NIX = '{ x = builtins.readFile ./secrets/db; }\n'

test('an exception, and plaintext for the store, that are not accepted: nothing is silenced here', async () => {
  const clone = await RawClone.begin('')
  await clone.commit({ 'secrets/db': await clone.sealed('db') })
  await clone.accept()
  const base = await clone.git('rev-parse', 'HEAD')
  const repo = await clone.repo()
  const options = { cwd: clone.dir }
  const reads = ({ findings }: { findings: readonly { rule: string; hint: string }[] }) =>
    findings.filter(({ rule }) => rule === 'nix-eval-read')
  const pushed = async () => {
    const tip = await clone.git('rev-parse', 'HEAD')
    const line = Buffer.from(`refs/heads/main ${tip} refs/heads/main ${base}\n`)
    return reads(await checkPrePush(repo, line, 'origin', clone.dir, options))
  }
  for (const policy of [clone.policy(ALLOW), clone.policy('').replace(/\[default\]\n.*\n/, STORE)]) {
    await clone.git('reset', '-q', '--hard', base)
    await clone.commit({ 'nixsecret.toml': policy })
    const trusted = await clone.git('rev-parse', 'HEAD')
    clone.write({ 'a.nix': NIX })
    await clone.git('add', '-A')
    assert.is(reads(await checkStaged(repo, options)).length, 1, policy)
    await clone.git('commit', '-qm', 'reads')
    const [finding] = await pushed()
    assert.ok(finding, policy)
    if (policy.includes('allow')) {
      assert.match(finding.hint, 'git nixsecret trust')
      // Of CI the rules are its own.
      assert.is(reads(await checkRange(repo, `${trusted}..HEAD`, options)).length, 0)
    } else assert.is(await storeAllowed(clone), false)
    await clone.accept()
    assert.is((await pushed()).length, 0, policy)
    if (!policy.includes('allow')) assert.is(await storeAllowed(clone), true)
    await clone.git('reset', '-q', '--hard', base)
    await clone.accept()
  }
})

/** Whether the audit takes the secret's plaintext in the store for what it should be. */
async function storeAllowed(clone: RawClone): Promise<boolean | undefined> {
  const git = { cwd: clone.dir }
  const catFile = new CatFile(git)
  const repo = await clone.repo()
  const policy = policyFrom((await catFile.get('HEAD:nixsecret.toml'))?.content.toString() ?? '')
  const accepted = await acceptedHere({ repo, catFile, git }, policy)
  const context = { repo, git, catFile, keys: new Keys(git, null), policy, accepted }
  const { secrets } = await collectPlaintexts(context, [], false)
  catFile.close()
  return secrets.find(({ path }) => path === 'secrets/db')?.allowed
}

test.run()
