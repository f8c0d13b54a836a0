/** A path that Nix takes as it is: no `#` or `?`, at which it cuts, and no `%`, which some versions decode. */
const PLAIN = /^[^#?%]*$/

/** What stands for the twin in arguments. */
export const PLACEHOLDER = '@sealed@'

/**
 * A flake reference to a directory of the twin: its path, which all of Nix takes, and other programs too; Nix itself
 * finds that it is part of a git repository. Where the path has characters that mean something in a reference, a URL: Nix 2.8
 * takes neither then, nor blanks, from whatever directory.
 * @param tree top of the twin
 * @param prefix directory below it, with a slash at its end, or empty
 */
export function flakeReference(tree: string, prefix: string): string {
  const path = directory(tree, prefix)
  if (PLAIN.test(path)) return path
  const sub = prefix.replace(/\/$/, '')
  return `git+file://${encodePath(tree)}${sub === '' ? '' : `?dir=${encodeURIComponent(sub)}`}`
}

/**
 * An argument with the placeholder replaced: behind a scheme (`path:@sealed@`) or before a `/` by a path, else by a
 * {@link flakeReference}.
 * @returns null where the placeholder does not stand in it
 */
export function withReference(argument: string, tree: string, prefix: string): string | null {
  if (!argument.includes(PLACEHOLDER)) return null
  const path = directory(tree, prefix)
  return argument.replace(
    /([a-z+]+:(?:\/\/)?)?@sealed@(\/?)/g,
    (_, scheme: string | undefined, slash: string) => {
      if (scheme !== undefined) return `${scheme}${encodePath(path)}${slash}`
      return slash === '' ? flakeReference(tree, prefix) : `${path}/`
    },
  )
}

function directory(tree: string, prefix: string): string {
  return prefix === '' ? tree : `${tree}/${prefix.replace(/\/$/, '')}`
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
