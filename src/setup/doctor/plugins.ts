import { pluginProgram } from '../../age/plugin/plugin-key.ts'
import { parseRecipient } from '../../age/recipient.ts'
import { displayText } from '../../byte-path.ts'
import { findProgram } from '../../host/find-program.ts'
import type { Policy } from '../../policy/policy.ts'
import type { OwnKey } from '../own-key.ts'
import { type Diagnosis, fine, warning } from './finding.ts'

/** The plugins of age that it takes to encrypt for the recipients of the policy. */
export function checkPlugins(policy: Policy | null): Diagnosis[] {
  const names = new Map<string, string[]>()
  for (const [name, key] of policy?.recipients ?? []) {
    const recipient = parseRecipient(key)
    if (recipient.type !== 'plugin') continue
    const program = pluginProgram(recipient.name)
    names.set(program, [...(names.get(program) ?? []), displayText(name)])
  }
  return [...names].map(([program, who]) => {
    const file = findProgram(program)
    return file === null
      ? missing('plugin', program, `nothing can be encrypted for ${who.join(', ')}`)
      : fine('plugin', `${program} is ${displayText(file)}: it encrypts for ${who.join(', ')}`)
  })
}

/** Whether a private key that needs a plugin can be used. */
export function checkPluginKey({ file, plugin }: OwnKey & { readonly plugin: string }): Diagnosis {
  const program = pluginProgram(plugin)
  return findProgram(program) === null
    ? missing('identity', program, `the key in ${displayText(file)} cannot be used`)
    : fine('identity', `${displayText(file)}: a key of ${program}, which alone knows whose it is`)
}

function missing(id: string, program: string, consequence: string): Diagnosis {
  const hint = `command -v ${program}    # install that plugin of age`
  return warning(id, `${program} is not on PATH: ${consequence}`, hint)
}
