import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../../age/shell-word.ts'
import { displayText } from '../../../byte-path.ts'
import type { ThisTree } from './this-tree.ts'
import type { OpenUse } from './use.ts'

const MOST_BYTES = 1 << 20
const NH = ['NH_FLAKE', 'NH_OS_FLAKE', 'NH_HOME_FLAKE', 'NH_DARWIN_FLAKE', 'FLAKE']

/** What of a machine leads Nix to a flake that nobody names; all of it can be given by tests. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where `nixos-rebuild` looks without `--flake`: `/etc/nixos`. */
  readonly etcNixos: string
  /** Files of the flake registry: the user's and the system's. */
  readonly registries: readonly string[]
  /** Where `home-manager` looks without `--flake`. */
  readonly homeManager: string
}

/** This machine. */
export function thisMachine(env: NodeJS.ProcessEnv = process.env): Machine {
  const config = env.XDG_CONFIG_HOME || join(env.HOME ?? '/', '.config')
  return {
    env,
    etcNixos: '/etc/nixos',
    registries: [join(config, 'nix/registry.json'), join(env.NIX_CONF_DIR || '/etc/nix', 'registry.json')],
    homeManager: join(config, 'home-manager'),
  }
}

/** What on this machine has Nix evaluate the work tree without anybody naming it. */
export function machineUses(machine: Machine, tree: ThisTree): OpenUse[] {
  return [
    ...defaults(machine, tree),
    ...machine.registries.flatMap((file) => registryUses(file, tree)),
    ...NH.flatMap((name) => {
      const value = machine.env[name]
      if (!value || tree.leads(value, null) === null) return []
      const what = 'has nh evaluate the open work tree'
      return [{ where: `$${name}`, what, instead: 'git nixsecret sealed nh os switch @sealed@' }]
    }),
    ...(machine.env.NIX_PATH ?? '').split(/:(?=[\w.-]+=)/).flatMap((entry) => {
      const [, name = '', value = ''] = /^([\w.-]+)=flake:(.*)$/s.exec(entry) ?? []
      if (value === '' || tree.leads(value, null) === null) return []
      const what = `lets <${displayText(name)}> be the open work tree`
      return [
        {
          where: '$NIX_PATH',
          what,
          instead: `${displayText(name)}=flake:REF    # REF: what "git nixsecret flake-ref" prints`,
        },
      ]
    }),
  ]
}

/** Without a flake.nix there, Nix takes only what an expression names. */
function defaults({ etcNixos, homeManager }: Machine, tree: ThisTree): OpenUse[] {
  const leadsHere = (dir: string) => existsSync(join(dir, 'flake.nix')) && tree.holds(dir)
  const go = `cd ${shellWord(displayText(tree.top))} && `
  return [
    ...(leadsHere(etcNixos)
      ? [
          {
            where: displayText(etcNixos),
            what: 'is this work tree, which "nixos-rebuild" takes without --flake',
            instead: `${go}sudo git nixsecret sealed nixos-rebuild switch --flake @sealed@`,
          },
        ]
      : []),
    ...(leadsHere(homeManager)
      ? [
          {
            where: displayText(homeManager),
            what: 'is this work tree, which "home-manager" takes without --flake',
            instead: `${go}git nixsecret sealed home-manager switch --flake @sealed@`,
          },
        ]
      : []),
  ]
}

/** https://nix.dev/manual/nix/latest/command-ref/new-cli/nix3-registry#registry-format */
function registryUses(file: string, tree: ThisTree): OpenUse[] {
  let flakes: unknown
  try {
    if (statSync(file).size > MOST_BYTES) return []
    flakes = (JSON.parse(readFileSync(file, 'utf8')) as { flakes?: unknown } | null)?.flakes
  } catch {
    return []
  }
  if (!Array.isArray(flakes)) return []
  return flakes.flatMap(
    (entry: { from?: { id?: unknown }; to?: { path?: unknown; url?: unknown } } | null) => {
      const place = entry?.to?.path ?? entry?.to?.url
      if (typeof place !== 'string' || tree.leads(place.replace(/^file:\/\//, ''), null) === null) return []
      const id = displayText(String(entry?.from?.id ?? '?'))
      const what = `lets "${id}" be the open work tree, wherever a reference begins with it`
      return [{ where: displayText(file), what, instead: `nix registry remove ${shellWord(id)}` }]
    },
  )
}
