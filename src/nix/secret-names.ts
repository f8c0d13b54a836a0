import { wordsOf } from './option-words.ts'

/**
 * How much a name alone says. `password`: nothing but a secret has such a name. `token`: mostly a secret, but also
 * words of other trades. `weak`: a secret only if the value looks like one. `hash`: of a password.
 */
export type NameKind = 'password' | 'token' | 'weak' | 'hash'

/** Ends of names, without separators, as they occur in nixpkgs' options and in the settings of what it runs. */
const PASSWORD_ENDS = [
  'password', // users.users.*, services.*.database.password, …
  'passwd',
  'passphrase', // services.borgbackup.jobs.*.encryption.passphrase
  'passcode',
  'adminpass', // services.nextcloud.config.adminpass (until 24.05)
  'dbpass',
  'userpass',
  'rootpass',
  'smtppass',
  'mailpass',
  'requirepass', // services.redis.servers.*.requirePass
  'wpapsk',
  'presharedkey', // networking.wireguard.interfaces.*.peers.*
  'presharedsecret',
  'rootpw', // olcRootPW of services.openldap.settings
  'bindpw',
  'sharedsecret', // services.matrix-synapse.settings.registration_shared_secret
  'authsecret', // services.coturn.static-auth-secret
]
const TOKEN_ENDS = [
  'token',
  'secret',
  'apikey',
  'secretkey', // services.minio.secretKey
  'secretkeybase',
  'privatekey', // networking.wireguard.interfaces.*.privateKey
  'privkey',
  'seckey',
  'authkey',
  'masterkey',
  'encryptionkey', // services.netdata, n8n
  'encryptkey',
  'cryptkey',
  'hmackey',
  'sessionkey',
  'storagekey',
  'deploykey',
  'secretaccesskey', // AWS_SECRET_ACCESS_KEY
  'authtokens',
  'accesstokens', // nix.settings.access-tokens
  'oauthkey',
  'authcookie',
]
/** Whole words that end a name. */
const PASSWORD_WORDS = new Set(['psk', 'pass', 'pwd', 'pw'])
const WEAK_WORDS = new Set([
  'key',
  'auth',
  'credential',
  'credentials',
  'cookie',
  'salt',
  'seed',
  'bearer',
  'authorization',
  'encrypt', // services.consul.extraConfig.encrypt
  'tokens',
  'secrets',
  'passwords',
  'keys',
])
/** After these words comes no secret: settings about passwords and tokens, and public halves. */
const NOT_AFTER = new Set(
  (
    'public pub max min num count show hide ask has no allow enable disable use forgot reset change toggle prompt ' +
    'want without need require remember skip verify is can eos bos pad unk mask sep wrong invalid incorrect bad ' +
    'missing empty load import needs requires asks uses shows allows enables ' +
    'fake dummy mock sample example mk make get read'
  ).split(' '),
)
/** Keys that are no secrets, or only named here. */
const KEYS_OF = new Set(
  (
    'signing gpg pgp ssh host age sort map cache hot mod prefix site shift bind partition foreign primary leader ' +
    'trusted authorized known user menu compose minisign signify'
  ).split(' '),
)
/** What a name may have behind the word that matters. */
const TAIL = new Set('raw value text plain plaintext string base hex base64 b64'.split(' '))

/** Whether a key is named only, or public: the `key` of `signing.key`. @param around the name before */
export function isKeyName(name: string, around: string): boolean {
  return /^key(s|Id)?$/i.test(name) && wordsOf(around).some((word) => KEYS_OF.has(word))
}

/** Longer names are none that a person gave. */
export const MAX_NAME = 200

const known = new Map<string, NameKind | null>()

/** Whether something with this name holds a secret: an option, an environment variable, a setting. */
export function secretName(name: string): NameKind | null {
  if (name.length > MAX_NAME) return null
  let kind = known.get(name)
  if (kind === undefined) {
    kind = judge(wordsOf(name))
    if (known.size > 50_000) known.clear()
    known.set(name, kind)
  }
  return kind
}

function judge(all: readonly string[]): NameKind | null {
  const words = [...all]
  while (words.length > 1 && (TAIL.has(words.at(-1) ?? '') || /^\d+$/.test(words.at(-1) ?? ''))) words.pop()
  const last = words.at(-1)
  if (last === undefined || words.length > 12) return null
  const joined = words.join('')
  // Of nginx: where requests are passed to.
  if (joined.endsWith('proxypass')) return null
  const password = PASSWORD_WORDS.has(last) || PASSWORD_ENDS.some((end) => joined.endsWith(end))
  if (/hash(ed)?$/.test(last)) return /pass|pw/.test(joined) ? 'hash' : null
  if (password && words.some((word) => word.startsWith('hash'))) return 'hash'
  if (words.some((word) => NOT_AFTER.has(word)) && !/requirepass$/.test(joined)) return null
  // Shells, programs and directories have short names too.
  if (password) return words.length === 1 && PASSWORD_WORDS.has(last) && last !== 'psk' ? 'token' : 'password'
  if (/^keys?$/.test(last) && words.some((word) => KEYS_OF.has(word))) return null
  if (TOKEN_ENDS.some((end) => joined.endsWith(end))) return 'token'
  return WEAK_WORDS.has(last) ? 'weak' : null
}
