import type { BytePath } from '../../byte-path.ts'
import { encryptedPaths, type IsEncrypted } from '../encrypted-paths.ts'
import { entryOf, type SopsMap, type SopsNode } from '../tree.ts'
import { readDotenv, readIni } from './read-flat.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'

/** Larger documents are not judged. */
const MAX_SIZE = 16 << 20
const BASE64 = '[A-Za-z0-9+/]'
/** 32 bytes of nonce, 16 of tag, as every version of SOPS writes them. */
const VALUE = new RegExp(
  `^ENC\\[AES256_GCM,data:${BASE64}+={0,2},iv:${BASE64}{43}=,tag:${BASE64}{22}==,` +
    'type:(?:str|int|float|bool|bytes|time|comment)\\]$',
)
/** Every name that SOPS writes in its metadata: anything else was put there by hand. */
const METADATA = new Set(
  (
    'sops shamir_threshold key_groups kms gcp_kms hckms azure_kv hc_vault age pgp lastmodified mac unencrypted_suffix ' +
    'encrypted_suffix unencrypted_regex encrypted_regex unencrypted_comment_regex encrypted_comment_regex ' +
    'mac_only_encrypted version arn role context created_at enc aws_profile resource_id vault_address vault_url ' +
    'vaulturl engine_path key_name name recipient fp key_id attention'
  ).split(' '),
)

/**
 * Whether the file is a SOPS document (https://getsops.io/docs/) in which every value is encrypted, but for what its
 * own settings leave: YAML, JSON (of binary files too), dotenv, INI. At least one value must be.
 *
 * SOPS encrypts comments as well, but people write notes into encrypted files afterwards, so a plain comment is let
 * pass unless it could hold a value: a commented-out `name: value` or `name=value`, or a word of 20 letters and digits.
 * @returns false on any doubt
 */
export function isSopsDocument(bytes: Buffer, path: BytePath): boolean {
  if (bytes.length > MAX_SIZE || !bytes.includes('ENC[AES256_GCM,') || !bytes.includes('sops')) return false
  const documents = read(bytes.toString('utf8'), path)
  if (documents === null || documents.length === 0) return false
  try {
    // Each has the settings of the first, or none: only those count when it is decrypted.
    const shared = documents[0] === undefined ? null : entryOf(documents[0], 'sops')
    const counts = documents.map((document) => {
      const own = entryOf(document, 'sops') ?? shared
      return settingsOf(own) === settingsOf(shared) ? countEncrypted(document, own) : null
    })
    return counts.every((count) => count !== null) && counts.some((count) => count !== 0)
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function read(text: string, path: BytePath): readonly SopsMap[] | null {
  const one = (map: SopsMap | null) => (map === null ? null : [map])
  if (/^\s*\{/.test(text)) return one(readJson(text))
  if (/^\[sops\]\s*$/m.test(text) && !/^sops:/m.test(text)) return one(readIni(text))
  if (/^sops_mac=/m.test(text) || path.endsWith('.env')) return one(readDotenv(text))
  return readYaml(text)
}

/** What says which values are encrypted. */
function settingsOf(metadata: SopsNode | null): string {
  const items = metadata?.kind === 'map' ? metadata.items : []
  return JSON.stringify(items.filter((item) => 'node' in item && item.key?.includes('encrypted')))
}

/** @returns null where a value is not encrypted that should be, or on any doubt */
function countEncrypted(document: SopsMap, metadata: SopsNode | null): number | null {
  if (metadata?.kind !== 'map') return null
  const mac = entryOf(metadata, 'mac')
  if (mac?.kind !== 'scalar' || mac.text === null || !VALUE.test(mac.text)) return null
  const rule = encryptedPaths(metadata)
  if (rule === null || !isOwnMetadata(metadata)) return null
  const values = document.items.filter((item) => !('node' in item) || item.key !== 'sops')
  const others = document.items.length - values.length
  const walk = new Walk(rule)
  return others <= 1 && walk.node({ kind: 'map', items: values }, []) ? walk.encrypted : null
}

class Walk {
  /** Values that are encrypted. */
  encrypted = 0
  readonly #rule: IsEncrypted
  readonly #comments: string[][] = []

  constructor(rule: IsEncrypted) {
    this.#rule = rule
  }

  /** Whether everything in it that should be encrypted is. */
  node(node: SopsNode, path: readonly string[]): boolean {
    if (node.kind === 'scalar') return this.#scalar(node.text, path)
    const comments: string[] = []
    this.#comments.push(comments)
    const fine = node.items.every((item) => {
      if ('comment' in item) {
        comments.push(item.comment)
        return this.#comment(item.comment, path)
      }
      const below = this.node(item.node, item.key === null ? path : [...path, item.key])
      comments.length = 0
      return below
    })
    this.#comments.pop()
    return fine
  }

  #scalar(text: string | null, path: readonly string[]): boolean {
    // SOPS leaves these two as they are.
    if (text === null || text === '') return true
    if (VALUE.test(text)) {
      this.encrypted++
      return true
    }
    return !this.#rule(path, this.#comments, false)
  }

  #comment(text: string, path: readonly string[]): boolean {
    const trimmed = text.trim()
    return VALUE.test(trimmed) || isRemark(trimmed) || !this.#rule(path, this.#comments, true)
  }
}

/** Whether a comment is words, which hold no value. */
function isRemark(text: string): boolean {
  const words = text.replace(/\bhttps?:\/\/[\w./#-]+/g, ' ')
  return !/[\w"'-][ \t]*[:=][ \t]*\S/.test(words) && !/[\w+/=-]{20}/.test(words)
}

function isOwnMetadata(node: SopsNode): boolean {
  if (node.kind === 'scalar') return true
  return node.items.every((item) => {
    if ('comment' in item) return isRemark(item.comment)
    // Its lists are of maps.
    if (item.key === null && item.node.kind === 'scalar') return false
    // Dotenv and INI have the whole path in one name.
    const names =
      item.key === null ? [] : item.key.split(/__(?:map_|list_[0-9]+)/).filter((name) => name !== '')
    if (!names.every((name) => METADATA.has(name.toLowerCase()))) return false
    return item.key === 'context' || isOwnMetadata(item.node)
  })
}
