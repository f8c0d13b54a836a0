import { inspectBlob } from '../age/inspect.ts'
import { Keys } from '../blob/keys.ts'
import { openFile } from '../blob/open-file.ts'
import { workFileBytes } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import type { NixsecretError } from '../errors.ts'
import type { GitOptions } from '../git/run-git.ts'

const MOST_ASKED = 100

/** Ciphertext of the work tree, by what stands in the way of opening it. */
export interface WhyLocked {
  /** Nothing: a key here opens it to the end. */
  readonly openable: readonly BytePath[]
  /** It is no whole age file or SOPS document. */
  readonly damaged: readonly BytePath[]
  /** A key here may be among its readers, but its passphrase would have to be asked for. */
  readonly passphrase: readonly BytePath[]
  /** ssh-agent's key may be among its readers, but the agent can't be used. */
  readonly agent: readonly BytePath[]
  /** Why it can't. */
  readonly agentFault: NixsecretError | null
  /** A key here that only a plugin of age can use may be among its readers; the plugin was not started. */
  readonly plugin: readonly BytePath[]
  /** No key here is among its readers. */
  readonly foreign: readonly BytePath[]
}

/**
 * Looks why files of the work tree are ciphertext. Asks for no passphrase, and starts no plugin.
 * @param git `cwd` must be the top of the work tree
 */
export async function whyLocked(
  paths: readonly BytePath[],
  git: GitOptions & { readonly cwd: string },
): Promise<WhyLocked> {
  const asking = (await new Keys(git, null).identities()).filter((identity) => identity.mayAsk)
  const keep: Record<Exclude<keyof WhyLocked, 'agentFault'>, BytePath[]> = {
    openable: [],
    damaged: [],
    passphrase: [],
    agent: [],
    plugin: [],
    foreign: [],
  }
  let agentFault: NixsecretError | null = null
  let keys = new Keys(git, null)
  for (const [i, path] of paths.entries()) {
    let asked = false
    let wanted = false
    // A key remembers that it has asked; so each file gets keys that have not, as long as that takes no time.
    if (asking.length > 0 && i < MOST_ASKED) {
      const ask = async () => {
        asked = true
        return null
      }
      keys = new Keys(git, ask, async () => {
        wanted = true
        return null
      })
    }
    const bytes = workFileBytes(git.cwd, path) ?? Buffer.alloc(0)
    const { state } = await openFile(path, bytes, await keys.identities())
    agentFault ??= keys.agentFault
    if (state === 'open') keep.openable.push(path)
    else if (state === 'damaged') keep.damaged.push(path)
    else if (asked || (i >= MOST_ASKED && asking.some(({ plugin }) => plugin === undefined)))
      keep.passphrase.push(path)
    else if (wanted || (i >= MOST_ASKED && asking.length > 0)) keep.plugin.push(path)
    else if (agentFault !== null && mayBeForAgent(bytes)) keep.agent.push(path)
    else keep.foreign.push(path)
  }
  return { ...keep, agentFault }
}

function mayBeForAgent(blob: Buffer): boolean {
  const shape = inspectBlob(blob, blob.length)
  return shape.kind === 'age' && shape.header.stanzas.some(({ args }) => args[0] === 'X25519')
}
