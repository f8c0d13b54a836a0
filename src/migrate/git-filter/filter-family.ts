import { beginsAsGitCrypt } from './open-git-crypt.ts'

/** A tool that encrypts by a git filter of its own. */
export interface FilterFamily {
  /** As on the command line. */
  readonly scheme: 'git-crypt' | 'transcrypt' | 'strongbox'
  /** Whether the value of a `filter` attribute is one of its drivers. */
  owns(filter: string): boolean
  /** Whether a blob begins as its ciphertext. */
  isSealed(blob: Buffer): boolean
  /**
   * Whether its smudge proves that the key was right. If not, the plaintext must make the very same blob again when it
   * goes through clean.
   */
  readonly authenticated: boolean
  /** How a user gets at the plaintext, to paste. */
  readonly unlock: readonly string[]
}

const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----'

/** Each by the name of its scheme. */
export const FILTER_FAMILIES: Readonly<Record<FilterFamily['scheme'], FilterFamily>> = {
  'git-crypt': {
    scheme: 'git-crypt',
    owns: (filter) => /^git-crypt(-[A-Za-z0-9_-]+)?$/.test(filter),
    isSealed: beginsAsGitCrypt,
    authenticated: true,
    unlock: ['git-crypt unlock'],
  },
  // https://github.com/elasticdog/transcrypt: what "openssl enc -a" prints; a wrong password shows by its padding at best.
  transcrypt: {
    scheme: 'transcrypt',
    owns: (filter) => /^crypt(-[a-z0-9-]+)?$/.test(filter),
    isSealed: (blob) => blob.subarray(0, 8).toString('latin1') === 'U2FsdGVk',
    authenticated: false,
    unlock: ["transcrypt -c aes-256-cbc -p PASSWORD    # what 'transcrypt --display' shows in another clone"],
  },
  // https://github.com/uw-labs/strongbox: AES-SIV below a comment line, or, since version 2, armored age.
  strongbox: {
    scheme: 'strongbox',
    owns: (filter) => filter === 'strongbox',
    isSealed: (blob) => {
      const head = blob.subarray(0, ARMOR.length).toString('latin1')
      return head === ARMOR || head.startsWith('# STRONGBOX ENCRYPTED RESOURCE')
    },
    authenticated: true,
    unlock: ['strongbox -git-config    # with ~/.strongbox_identity or ~/.strongbox_keyring in place'],
  },
}
