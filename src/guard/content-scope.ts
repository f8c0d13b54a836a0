import type { BytePath } from '../byte-path.ts'

/**
 * Which files have their content read for keys, credentials and Nix expressions: `brought`, what a commit changes;
 * `whole`, everything that a tree has; `named`, of what commits change only those files whose names speak for it.
 */
export type ContentScope = 'brought' | 'whole' | 'named'

// By suffix and by word: configuration, keys, and what people call files with secrets.
const SUFFIX =
  /\.(nix|env|pem|key|p8|ppk|asc|jwk|age|agekey|ovpn|kdbx|tfvars|tfstate|ya?ml|json5?|toml|ini|conf|cfg|config|properties|netrc|npmrc|pypirc|pgpass|secret|secrets|token|password|credentials)$/
const NAME =
  /^(\.env(\..*)?|\.envrc|id_(rsa|dsa|ecdsa|ed25519)(_.*)?|identity(\.txt)?|\.git-credentials|\.netrc|\.npmrc|\.pypirc|\.pgpass|wg\d*(\..*)?|.*(secret|passw|token|credential|apikey|api_key|private).*)$/
// Source of programs and prose: what is called token.c there is about tokens, and holds none.
const SOURCE =
  /\.(c|cc|cpp|h|hh|hpp|rs|go|py|rb|pl|pm|java|kt|cs|ts|tsx|js|mjs|cjs|jsx|lua|el|vim|hs|ml|swift|php|sh|bash|zsh|fish|t|po|pot|md|txt|adoc|rst|html?|css|scss|svg|tex|patch|diff|in|am|ac)$/

const known = new Map<BytePath, boolean>()

/** Whether a file's name speaks for secrets, keys or configuration. */
export function nameSpeaks(path: BytePath): boolean {
  let speaks = known.get(path)
  if (speaks === undefined) {
    const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
    speaks = SUFFIX.test(name) || (NAME.test(name) && !SOURCE.test(name))
    if (known.size > 1_000_000) known.clear()
    known.set(path, speaks)
  }
  return speaks
}
