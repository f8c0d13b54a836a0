import type { BytePath } from '../byte-path.ts'
import type { Layout } from './layout.ts'
import type { PolicyHost } from './policy.ts'

/** One file that is to be on a host. */
export interface DeliveryTarget {
  /** The secret, in the repository. */
  readonly path: BytePath
  /** Its folder; absolute. */
  readonly dir: string
  /** `dir` or above it: from here on folders that are missing are made for `dirGroup`, with `dirMode`. */
  readonly base: string
  readonly dirGroup: string
  readonly dirMode: string
  readonly name: string
  readonly user: string
  readonly group: string
  /** Three octal digits. */
  readonly mode: string
  /** A folder of the path that cannot be called so on a host; null as a rule. */
  readonly odd: string | null
}

interface Defaults {
  readonly dir: string
  readonly group: string
  readonly mode: string
  readonly dirGroup: string
  readonly dirMode: string
}

const DEFAULTS: Readonly<Record<Layout, Defaults>> = {
  // https://github.com/NixOS/nixops/blob/master/nix/keys.nix
  keys: { dir: '/run/keys', group: 'root', mode: '600', dirGroup: 'keys', dirMode: '750' },
  // https://github.com/nix-community/terraform-nixos/blob/master/deploy_nixos/unpack-keys.sh
  'terraform-nixos': { dir: '/var/keys', group: 'keys', mode: '640', dirGroup: 'keys', dirMode: '750' },
  // https://github.com/krebs/krops: a source is synchronised with a umask of 0077
  krops: { dir: '/var/src/secrets', group: 'root', mode: '600', dirGroup: 'root', dirMode: '700' },
}

const FOLDER = /^[A-Za-z0-9_][A-Za-z0-9_.+@=:,-]{0,199}$/

/** What is to be on a host, one for each of its keys, in their order. */
export function deliveryTargets(host: PolicyHost, layout: Layout): DeliveryTarget[] {
  return host.keys.map((key) => {
    const parts = key.path.split('/')
    const own = parts.pop() as string
    const defaults = DEFAULTS[layout]
    const base = key.dir ?? defaults.dir
    const folders = key.dir === null && layout === 'krops' ? belowSecrets(parts) : []
    return {
      path: key.path,
      dir: [base, ...folders].join('/'),
      base,
      dirGroup: defaults.dirGroup,
      dirMode: defaults.dirMode,
      name: key.name ?? own,
      user: key.user ?? 'root',
      group: key.group ?? defaults.group,
      mode: key.mode ?? defaults.mode,
      odd: folders.find((folder) => !FOLDER.test(folder)) ?? null,
    }
  })
}

/** Where a target lies on its host. */
export function targetPath({ dir, name }: DeliveryTarget): string {
  return `${dir}/${name}`
}

// The source is itself called "secrets": secrets/web1/db is /var/src/secrets/web1/db, as <secrets/web1/db> names it.
function belowSecrets(folders: readonly string[]): readonly string[] {
  return folders[0] === 'secrets' ? folders.slice(1) : folders
}
