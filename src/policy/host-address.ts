/** Where a host is reached, taken apart. */
export interface HostAddress {
  /** Null: whom the user's ssh configuration names. */
  readonly user: string | null
  /** A name, an alias of ssh's configuration, or an IP address; IPv6 without its brackets. */
  readonly host: string
  /** Null: as ssh's configuration has it. */
  readonly port: number | null
}

const LONGEST = 255
// What can neither be taken for an option of ssh nor mean anything to the shell of a ProxyCommand with %h or %r in it.
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/
const IPV6 = /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*$/

/**
 * Reads `[USER@]HOST[:PORT]`; an IPv6 address stands in brackets.
 * @returns null for everything else, as a leading `-`, blanks, or characters that mean something to a shell
 */
export function parseHostAddress(text: string): HostAddress | null {
  if (text.length > LONGEST) return null
  const found = /^(?:([^@]*)@)?(?:\[([^\]]*)\]|([^:[\]@]*))(?::([0-9]{1,5}))?$/.exec(text)
  if (found === null) return null
  const [, user, ipv6, name, digits] = found
  const host = ipv6 ?? name ?? ''
  if (user !== undefined && !USER.test(user)) return null
  if (!(ipv6 === undefined ? NAME : IPV6).test(host)) return null
  const port = digits === undefined ? null : Number(digits)
  if (port !== null && (port < 1 || port > 65535)) return null
  return { user: user ?? null, host, port }
}
