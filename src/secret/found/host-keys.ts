import { parseRecipientLines } from '../../age/recipient-lines.ts'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type HostKey, knownHost } from '../../host/known-host.ts'
import { knownHostName, parseHostAddress, scanHost } from '../../host/scan-host.ts'
import type { KeySource } from './key-source.ts'

/**
 * The host key that an SSH server shows, Ed25519 if it has one, held against known_hosts.
 * @param address `HOST`, `HOST:PORT`, `[IPv6]:PORT`; of the network, not an alias of ssh_config
 * @throws NixsecretError `usage` for what is no address, `io` where nobody answers, `refused` where known_hosts has
 *   another key, or this one as revoked
 */
export async function hostKeys(address: string): Promise<KeySource> {
  const parsed = parseHostAddress(address)
  if (parsed === null)
    throw new NixsecretError(
      'usage',
      `${displayText(address)} is no host: a name or an address is needed, and :PORT if it is not 22`,
    )
  const name = knownHostName(parsed)
  const [scanned, known] = await Promise.all([scanHost(parsed), knownHost(name)])
  const text = scanned.map(({ type, base64 }) => `${type} ${base64}`).join('\n')
  const { keys, faults } = parseRecipientLines(text, parsed.host)
  const usable = keys.filter(({ canonical }) => canonical !== null)
  const best = usable.find(({ type }) => type === 'ssh-ed25519') ?? usable[0]
  if (best === undefined)
    throw new NixsecretError('recipient', `no key that ${name} shows can be used: ${keys[0]?.unfit}`)
  const [type = '', base64 = ''] = best.line.split(' ')
  const isIt = (key: HostKey) => key.type === type && key.base64 === base64
  if (known.revoked.some(isIt)) throw changed(name, `the key that ${name} shows is revoked in known_hosts`)
  const ofType = known.keys.filter((key) => key.type === type)
  if (ofType.length > 0 && !ofType.some(isIt))
    throw changed(
      name,
      `${name} shows another ${type} key than known_hosts has: it was set up anew, or somebody is in between`,
    )
  return {
    from: `SSH server ${name}`,
    keys: [best],
    faults,
    ...remarks(name, ofType.length > 0, known.keys.length > 0),
  }
}

function remarks(name: string, same: boolean, known: boolean): Pick<KeySource, 'warnings' | 'notes'> {
  if (same) return { warnings: [], notes: [`known_hosts has the same key for ${name}`] }
  const other = known
    ? `known_hosts has keys of other types for ${name}, not this one`
    : `known_hosts does not know ${name}`
  const compare = 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'
  return {
    warnings: [`${other}: whoever is between you and it could have shown a key of their own`],
    notes: [`compare the fingerprint on the host itself: ${compare}`],
  }
}

function changed(name: string, message: string): NixsecretError {
  return new NixsecretError('refused', message, {
    hints: [`ssh-keygen -F '${name}' -l    # what known_hosts has`],
  })
}
