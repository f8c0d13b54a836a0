import { NixsecretError } from '../errors.ts'
import { RULE_NAMES } from './rule-names.ts'
import type { SopsAgeKey, SopsMetadata, SopsSettings } from './sops-types.ts'
import { entryOf, type SopsItem, type SopsMap, type SopsNode } from './tree.ts'

const OTHER_KEYS = ['kms', 'gcp_kms', 'hckms', 'azure_kv', 'hc_vault', 'pgp']
/** The first version that reads all that is written here (keys of SSH among the recipients). */
const VERSION = '3.10.0'

/**
 * Metadata as values (https://github.com/getsops/sops/blob/main/stores/stores.go).
 * @throws NixsecretError `format`
 */
export function toMetadata(tree: SopsMap): SopsMetadata {
  const groups = itemsOf(entryOf(tree, 'key_groups'))
  // Keys outside of groups count alone, as with SOPS.
  const isFlat = ['age', ...OTHER_KEYS].some((name) => itemsOf(entryOf(tree, name)).length > 0)
  // What nobody reads could still hold the data key, for somebody who looks.
  if (isFlat && groups.length > 0) throw fault('keys both in groups and outside of them')
  noHiddenNames([tree, ...groups])
  const holders = isFlat ? [tree] : groups.filter((node) => node.kind === 'map')
  return {
    age: holders.flatMap((holder) => itemsOf(entryOf(holder, 'age')).map(ageKey)),
    lastModified: text(tree, 'lastmodified') ?? '',
    mac: text(tree, 'mac') ?? '',
    version: text(tree, 'version') ?? '',
    settings: toSettings(tree),
    otherKeys: OTHER_KEYS.filter((name) =>
      holders.some((holder) => itemsOf(entryOf(holder, name)).length > 0),
    ),
    keyGroups: isFlat ? 1 : groups.length,
  }
}

/** Go reads a name in JSON however its letters are, and of two the last one: no program writes either. */
function noHiddenNames(maps: readonly SopsNode[]): void {
  for (const node of maps) {
    const names =
      node.kind === 'map' ? node.items.flatMap((item) => ('node' in item ? [item.key ?? ''] : [])) : []
    const lower = names.map((name) => name.toLowerCase())
    if (new Set(lower).size < lower.length) throw fault('a name that is there twice')
    const all: readonly string[] = ['age', 'key_groups', ...OTHER_KEYS, ...RULE_NAMES]
    if (lower.some((name, i) => all.includes(name) && name !== names[i]))
      throw fault('a name in other letters')
  }
}

function toSettings(tree: SopsMap): SopsSettings {
  const given = RULE_NAMES.flatMap((name) => {
    const value = text(tree, name) ?? ''
    return value === '' ? [] : [{ name, value }]
  })
  if (given.length > 1) throw fault('more than one rule for what is encrypted')
  return { rule: given[0] ?? null, macOnlyEncrypted: text(tree, 'mac_only_encrypted') === 'true' }
}

function ageKey(node: SopsNode): SopsAgeKey {
  const recipient = node.kind === 'map' ? text(node, 'recipient') : null
  const enc = node.kind === 'map' ? text(node, 'enc') : null
  if (recipient === null || enc === null) throw fault('an age key without a recipient')
  return { recipient, enc }
}

/** Metadata of a new document, still without a MAC. */
export function newTree({ rule, macOnlyEncrypted }: SopsSettings): SopsMap {
  const { name, value } = rule ?? { name: 'unencrypted_suffix', value: '_unencrypted' }
  return map({
    age: { kind: 'list', items: [] },
    lastmodified: scalar(''),
    mac: scalar(''),
    ...(macOnlyEncrypted ? { mac_only_encrypted: scalar('true') } : {}),
    [name]: scalar(value),
    version: scalar(VERSION),
  })
}

/** What is new in metadata. */
export interface Changes {
  readonly age: readonly SopsAgeKey[]
  readonly lastModified: string
  readonly mac: string
  /** Take out master keys that are not of age. */
  readonly dropOtherKeys: boolean
}

/** Metadata with other keys, time and MAC; all else stays. */
export function changedTree(tree: SopsMap, { age, lastModified, mac, dropOtherKeys }: Changes): SopsMap {
  const keys = age.map(({ recipient, enc }): SopsItem => {
    return { key: null, node: map({ recipient: scalar(recipient), enc: scalar(enc) }) }
  })
  // What was in a group of its own moves out of it.
  const group = itemsOf(entryOf(tree, 'key_groups'))[0]
  const grouped = group?.kind === 'map' ? group.items : []
  const items = [...tree.items, ...grouped].filter(
    (item): item is SopsItem & { key: string } =>
      'node' in item &&
      item.key !== null &&
      !['key_groups', 'shamir_threshold', 'age'].includes(item.key) &&
      !(dropOtherKeys && OTHER_KEYS.includes(item.key)),
  )
  const others = Object.fromEntries(items.map((item) => [item.key, (item as { node: SopsNode }).node]))
  return map({
    age: { kind: 'list', items: keys },
    ...others,
    lastmodified: scalar(lastModified),
    mac: scalar(mac),
  })
}

function map(entries: Record<string, SopsNode>): SopsMap {
  return { kind: 'map', items: Object.entries(entries).map(([key, node]) => ({ key, node })) }
}

function scalar(value: string): SopsNode {
  return { kind: 'scalar', text: value }
}

function itemsOf(node: SopsNode | null): SopsNode[] {
  return node?.kind === 'list' ? node.items.flatMap((item) => ('node' in item ? [item.node] : [])) : []
}

function text(tree: SopsMap, name: string): string | null {
  const node = entryOf(tree, name)
  return node?.kind === 'scalar' ? node.text : null
}

function fault(what: string): NixsecretError {
  return new NixsecretError('format', `SOPS metadata: ${what}`)
}
