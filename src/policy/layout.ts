/**
 * Where secrets lie on a host, and whose they are, where a key does not say: `keys` as NixOps has it,
 * `terraform-nixos` and `krops` as those deploy.
 */
export type Layout = 'keys' | 'terraform-nixos' | 'krops'

/** Every layout. */
export const LAYOUTS: readonly Layout[] = ['keys', 'terraform-nixos', 'krops']
