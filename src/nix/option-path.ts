/** Where a value stands: the names from the outside in, as a list that grows at its end. */
export interface Step {
  /** `*` where it is computed, and for what stands in a list. */
  readonly name: string
  readonly up: Step | null
}

/** First names of NixOS' and home-manager's options: what stands before them is only the way to a module. */
const ROOTS = new Set(
  (
    'users services networking virtualisation systemd environment boot programs security home-manager deployment ' +
    'age sops nixsecret nix accounts home xdg fileSystems swapDevices hardware containers power wayland launchd ' +
    'homebrew system i18n fonts documentation console specialisation vaultix stylix gtk dconf'
  ).split(' '),
)
/** Deeper paths are cut at their beginning. */
const MAX_NAMES = 64

/** Characters of a name in what is reported. */
const MAX_SHOWN = 200

/** The names of a path, from where options begin. */
export interface OptionPath {
  readonly names: readonly string[]
  /** Whether it is below an option of NixOS or home-manager, and not in a set of unknown use. */
  readonly rooted: boolean
}

/** Names from the outside in, without the way to the module: `users.users.alice.password`. */
export function optionPath(step: Step | null): OptionPath {
  const names: string[] = []
  for (let at = step; at !== null && names.length < MAX_NAMES; at = at.up) names.push(at.name)
  names.reverse()
  const root = names.findIndex((name) => ROOTS.has(name))
  return { names: root > 0 ? names.slice(root) : names, rooted: root >= 0 }
}

/** A path as Nix writes it: `services."my.app".token`. */
export function showPath(names: readonly string[]): string {
  return names
    .map((name) =>
      /^[A-Za-z_*][\w'*-]{0,199}$/.test(name) ? name : JSON.stringify(name.slice(0, MAX_SHOWN)),
    )
    .join('.')
}
