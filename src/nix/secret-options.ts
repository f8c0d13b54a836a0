/** What is certain about an option: `secret`: any literal in it is one; `hash`: of a password. */
export type OptionKind = 'secret' | 'hash'

/**
 * Options whose name alone would say too little, or whose value is a secret whatever it looks like. `*` is one name.
 * They are compared with the end of a path, so that it does not matter in what a module is wrapped.
 */
const SECRETS = `
  deployment.keys.*.text                              NixOps, Colmena
  users.users.*.password                              nixos/modules/config/users-groups.nix
  users.users.*.initialPassword
  users.extraUsers.*.password                         its name before 2016
  users.extraUsers.*.initialPassword
  networking.wireless.networks.*.psk                  nixos/modules/services/networking/wpa_supplicant.nix
  networking.wireless.networks.*.pskRaw
  networking.wireguard.interfaces.*.privateKey        nixos/modules/services/networking/wireguard.nix
  networking.wireguard.interfaces.*.peers.*.presharedKey
  networking.wg-quick.interfaces.*.privateKey         nixos/modules/services/networking/wg-quick.nix
  networking.wg-quick.interfaces.*.peers.*.presharedKey
  systemd.network.netdevs.*.wireguardConfig.PrivateKey
  wireguardConfig.PrivateKey                          netdevs in a file of their own
  wireguardPeerConfig.PresharedKey
  wireguardPeers.*.PresharedKey
  networking.networkmanager.ensureProfiles.profiles.*.wifi-security.psk
  wifi-security.psk
  802-1x.password
  boot.loader.grub.users.*.password                   nixos/modules/system/boot/loader/grub/grub.nix
  services.hostapd.radios.*.networks.*.authentication.wpaPassword
  authentication.saePasswords.*.password              nixos/modules/services/networking/hostapd.nix
  authentication.wpaPskFile.text
  services.create_ap.settings.PASSPHRASE
  services.openvpn.servers.*.authUserPass.password
  services.nginx.virtualHosts.*.basicAuth.*           nixos/modules/services/web-servers/nginx/vhost-options.nix
  locations.*.basicAuth.*
  services.k3s.token                                  nixos/modules/services/cluster/rancher
  services.rke2.token
  services.redis.servers.*.requirePass                nixos/modules/services/databases/redis.nix
  services.mosquitto.listeners.*.users.*.password     nixos/modules/services/networking/mosquitto.nix
  services.rabbitmq.cookie
  services.grafana.settings.security.secret_key
  services.minio.secretKey
  services.vaultwarden.config.ADMIN_TOKEN
  services.borgbackup.jobs.*.encryption.passphrase
  services.syncthing.settings.gui.password
  services.consul.extraConfig.encrypt
  services.nomad.settings.server.encrypt
  nix.settings.access-tokens
`
const HASHES = `
  users.users.*.hashedPassword
  users.users.*.initialHashedPassword
  users.extraUsers.*.hashedPassword
  users.extraUsers.*.initialHashedPassword
  boot.loader.grub.users.*.hashedPassword
  services.mosquitto.listeners.*.users.*.hashedPassword
  services.jupyter.password                           takes a hash only
`

/** Options that only have such a name. */
const OTHERS = [
  'system.nssDatabases.*', // which services look up `passwd`
  'ipv6AcceptRAConfig.Token',
  'dhcpPrefixDelegationConfig.Token',
  'ipv6Prefixes.*.Token',
].map((option) => option.split('.'))

/** Whether an option that looks as if it held a secret is known not to. */
export function holdsNoSecret(path: readonly string[]): boolean {
  return OTHERS.some((option) => endsLike(path, option))
}

interface Pattern {
  readonly names: readonly string[]
  readonly kind: OptionKind
}

const byEnd = new Map<string, Pattern[]>()
for (const [table, kind] of [
  [SECRETS, 'secret'],
  [HASHES, 'hash'],
] as const)
  for (const line of table.trim().split('\n')) {
    const names = (line.trim().split(/\s/)[0] ?? '').split('.')
    const end = endOf(names)
    const patterns = byEnd.get(end)
    if (patterns) patterns.push({ names, kind })
    else byEnd.set(end, [{ names, kind }])
  }

/** Whether an option is one whose name is known. @param path names from the outside in */
export function secretOption(path: readonly string[]): OptionKind | null {
  for (const end of [path.at(-1) ?? '', `${path.at(-2) ?? ''}.*`])
    for (const { names, kind } of byEnd.get(end) ?? []) if (endsLike(path, names)) return kind
  return null
}

/** Whether any known option ends so. @param around the name before the last */
export function isOptionEnd(name: string, around: string): boolean {
  return byEnd.has(name) || byEnd.has(`${around}.*`)
}

/** Whether a path ends as a pattern does. @param names `*` stands for any one name */
export function endsLike(path: readonly string[], names: readonly string[]): boolean {
  const skip = path.length - names.length
  return skip >= 0 && names.every((name, i) => name === '*' || name === path[skip + i])
}

function endOf(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return last === '*' ? `${names.at(-2) ?? ''}.*` : last
}
