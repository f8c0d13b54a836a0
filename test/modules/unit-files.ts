/** A service as the options of NixOS have it. */
interface Service {
  readonly description: string
  readonly wantedBy: readonly string[]
  readonly requiredBy: readonly string[]
  readonly after: readonly string[]
  readonly before: readonly string[]
  readonly conflicts: readonly string[]
  readonly unitConfig: Readonly<Record<string, unknown>>
  readonly serviceConfig: Readonly<Record<string, unknown>>
}

/**
 * Unit files by name, and links below `.wants` and `.requires` folders as empty texts, of `systemd.services`, with the
 * targets that they name.
 */
export function unitFiles(services: Readonly<Record<string, Service>>): Record<string, string> {
  const files: Record<string, string> = {}
  for (const target of ['sysinit', 'basic', 'multi-user', 'local-fs', 'sysinit-reactivation', 'shutdown'])
    files[`${target}.target`] = '[Unit]\nDefaultDependencies=no\n'
  files['basic.target'] += 'Requires=sysinit.target\nAfter=sysinit.target\n'
  files['multi-user.target'] += 'Requires=basic.target\nAfter=basic.target\n'
  for (const [name, service] of Object.entries(services)) {
    const unit = {
      Description: service.description,
      After: service.after.join(' '),
      Before: service.before.join(' '),
      Conflicts: service.conflicts.join(' '),
      ...service.unitConfig,
    }
    files[`${name}.service`] = `[Unit]\n${settings(unit)}[Service]\n${settings(service.serviceConfig)}`
    for (const target of service.wantedBy) files[`${target}.wants/${name}.service`] = ''
    for (const target of service.requiredBy) files[`${target}.requires/${name}.service`] = ''
  }
  return files
}

function settings(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => [value].flat().map((each) => `${name}=${each}\n`))
    .join('')
}
