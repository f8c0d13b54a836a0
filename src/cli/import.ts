import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { openRepository, requireWorkTree } from '../git/repository.ts'
import { closest } from './closest.ts'

export const help = `usage: git nixsecret import SCHEME [options]

Brings in the secrets of another scheme: each keeps its readers, policy and attributes are written, and everything is
staged. What the other scheme has stays as it is. Afterwards each plaintext is compared, in memory, with what the source
has, and "check" judges what is staged. Run twice, it changes nothing.

  agenix         the .age files that secrets.nix names
  git-agecrypt   the files that git-agecrypt.toml names
  sops           the SOPS documents that git tracks
  pass           entries of a password store
  git-crypt      what its filter encrypts, in an unlocked clone or with an exported key
  transcrypt     what its filter encrypts
  strongbox      the same

  --dry-run      what would come in, be written and be left out; changes nothing
  --json         the same, and what was done, for machines

git nixsecret import SCHEME --help says more of each.
Exit code: 0 everything came in, 1 something was left out, 2 nothing was done.
`

interface Scheme {
  run(args: string[]): Promise<number>
  readonly help: string
}

const SCHEMES: Readonly<Record<string, () => Promise<Scheme>>> = {
  agenix: () => import('./import/agenix.ts'),
  'git-agecrypt': () => import('./import/git-agecrypt.ts'),
  sops: () => import('./import/sops.ts'),
  pass: () => import('./import/pass.ts'),
  'git-crypt': () => import('./import/git-crypt.ts'),
  transcrypt: () => import('./import/transcrypt.ts'),
  strongbox: () => import('./import/strongbox.ts'),
}

/** Runs `import`. */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) throw usage(`import needs a scheme: ${Object.keys(SCHEMES).join(', ')}`)
  if (!Object.hasOwn(SCHEMES, name)) {
    const near = closest(name, Object.keys(SCHEMES))
    throw usage(`there is no scheme ${displayText(name)}${near === null ? '' : `; did you mean ${near}?`}`)
  }
  const scheme = await (SCHEMES[name] as () => Promise<Scheme>)()
  if (rest.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(scheme.help)
    return 0
  }
  requireWorkTree(await openRepository())
  return scheme.run(rest)
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git-nixsecret import --help'] })
}
