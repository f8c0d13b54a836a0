import { wordsOf } from './option-words.ts'
import { MAX_NAME, secretName } from './secret-names.ts'
import { endsLike, secretOption } from './secret-options.ts'

/** Options that take a file with a secret, though their name alone does not say so. */
const OPTIONS = [
  'age.secrets.*.file', // agenix
  'age.secrets.*.rekeyFile', // agenix-rekey
  'age.secrets.*', // { name = ./file; }, as small modules around agenix have it
  'age.rekey.masterIdentities.*',
  'age.rekey.masterIdentities.*.identity',
  'vaultix.secrets.*.file',
  'nixsecret.secrets.*.file',
  'sops.secrets.*.sopsFile', // sops-nix
  'sops.secrets.*.file',
  'sops.defaultSopsFile',
  'boot.initrd.secrets.*', // nixos/modules/system/boot/stage-1.nix
  'boot.initrd.network.ssh.hostKeys',
  'services.openssh.hostKeys.*.path',
  'deployment.secrets.*.source', // morph
].map((option) => option.split('.'))

/** What stands before `File`, `Files`, `Path` or `Paths` in the name of an option for a file with secrets. */
const FILE_OF = new Set(
  (
    'key keys credential credentials environment env auth identity sops htpasswd netrc pgpass cookie secrets ' +
    'passwords tokens users password passwd token secret vault kubeconfig'
  ).split(' '),
)
const FILE_WORDS = new Set(['file', 'files', 'path', 'paths'])
/** `sshKey = ./x`, `sslCertificateKey = ./x`: a key is meant where a path is given. */
const KEY_OF = new Set(
  'ssl tls ssh server client host private cert certificate identity deploy signing ca'.split(' '),
)
const PUBLIC = new Set('public pub authorized known trusted'.split(' '))

const byName = new Map<string, boolean>()

/** Whether an option takes a file with a secret. @param path names from the outside in */
export function takesSecretFile(path: readonly string[]): boolean {
  const name = path.at(-1)
  if (name === undefined || name.length > MAX_NAME || /^(authorized|known|trusted)/.test(path.at(-2) ?? ''))
    return false
  let known = byName.get(name)
  if (known === undefined) {
    known = secretFileName(name)
    if (byName.size > 50_000) byName.clear()
    byName.set(name, known)
  }
  const around = path.at(-2) ?? ''
  // `secretFiles.alice = ./x`
  if (/(Files|Paths)$/.test(around) && takesSecretFile(path.slice(0, -1))) return true
  return known || OPTIONS.some((option) => endsLike(path, option)) || secretOption(path) === 'secret'
}

function secretFileName(name: string): boolean {
  if (/^LoadCredential(Encrypted)?$/.test(name)) return true
  const words = wordsOf(name)
  if (words.some((word) => PUBLIC.has(word))) return false
  const last = words.at(-1) ?? ''
  if (FILE_WORDS.has(last)) {
    const before = words.slice(0, -1)
    const kind = secretName(before.join('_'))
    return kind === 'password' || kind === 'token' || FILE_OF.has(before.at(-1) ?? '')
  }
  // `passwordfile`, `adminpassFile`
  if (
    /(pass(word|wd|phrase)?|secrets?|token|key|credentials?|sops|env(ironment)?)files?$/.test(words.join(''))
  )
    return true
  if (last === 'key' || last === 'keys') return KEY_OF.has(words.at(-2) ?? '')
  const kind = secretName(name)
  return kind === 'password' || kind === 'token'
}
