// Bundles src/ into dist/.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const ROOT = fileURLToPath(new URL('.', import.meta.url))

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'node',
  target: 'node20.19',
  // THIRD-PARTY-LICENSES.txt has them whole.
  legalComments: 'none',
  metafile: true,
}

// What the files that git starts load only when it is needed. In dist/cli, shared with commands:
const LAZY = {
  './cli/main.ts': 'cli/main',
  './cli/print.ts': 'cli/print',
  './run-plugin.ts': 'cli/run-plugin',
  '../host/ask-passphrase.ts': 'cli/ask-passphrase',
  './agent-identity.ts': 'cli/agent-identity',
  sshpk: 'cli/sshpk',
  'age-encryption': 'cli/age-encryption',
  'simple-git': 'cli/simple-git',
  '@secretlint/secretlint-rule-preset-recommend': 'cli/secretlint',
  // Beside the entry: for what git starts, and not all of it needs all of them.
  './cli/plumbing.ts': 'plumbing',
  './cli/hook.ts': 'hook',
  './hook/guarded-hook.ts': 'guarded-hook',
  './cli/twin-commands.ts': 'twin-commands',
  './open-for-store.ts': 'open-for-store',
  './sops-files.ts': 'sops-files',
  '../blob/sops-files.ts': 'sops-files',
  '../../sops-files.ts': 'sops-files',
  './content/scan-content.ts': 'scan-content',
  '../nix/nix-facts.ts': 'nix-facts',
}

// In the same file.
const INSIDE = new Set([
  './policy-from.ts',
  '../policy-from.ts',
  './exposed-by-move.ts',
  './seen/seen-policies.ts',
  '../../store/hold-as-owner.ts',
  './pre-receive.ts',
  './observe-change.ts',
  './tell-unenrolled.ts',
  './tell-pending.ts',
  './staged-trust.ts',
  '../check/render.ts',
  './content/foreign-ciphertext.ts',
  './content/place.ts',
  '../../git/repository.ts',
  '../../guard/check.ts',
  '../../guard/finding.ts',
  '../../guard/pre-push.ts',
  '../../guard/pre-receive.ts',
  '../print.ts',
])

const lazyModules = {
  name: 'lazy-modules',
  setup(plugin) {
    plugin.onResolve({ filter: /.*/ }, ({ kind, path, namespace }) => {
      if (namespace === 'lazy') return { path: `./${path}.js`, external: true }
      if (kind !== 'dynamic-import') return undefined
      if (INSIDE.has(path)) return undefined
      if (LAZY[path] === undefined)
        return { errors: [{ text: `build.mjs does not know what ${path} becomes` }] }
      return { path: LAZY[path], namespace: 'lazy' }
    })
    // A package that is CommonJS itself is the default of what imports it.
    plugin.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: `module.exports = require('${path}')${path === 'cli/sshpk' ? '.default' : ''}`,
    }))
  },
}

// A rule of secretlint that we do not use, for it reads key files from the disk, brings all of node-forge along.
const withoutForge = {
  name: 'without-forge',
  setup(plugin) {
    plugin.onResolve({ filter: /^\.\/index-[\w-]+\.js$/ }, ({ importer, kind }) =>
      kind === 'dynamic-import' && importer.includes('secretlint-rule-preset-recommend')
        ? { path: 'nothing', namespace: 'nothing' }
        : undefined,
    )
    plugin.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export default {}' }))
  },
}

const MODULE_URL = {
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl=require('node:url').pathToFileURL(__filename).href;" },
}

/**
 * What git starts: CommonJS, in as few files as can be, which Node loads in half the time that modules in several
 * files take.
 * Shared, like {@link commands}, with the test that looks at what is loaded.
 */
export const hotPath = {
  ...COMMON,
  entryPoints: {
    bin: 'src/bin.ts',
    plumbing: 'src/cli/plumbing.ts',
    'crypto-worker': 'src/filter/crypto-worker.ts',
    hook: 'src/cli/hook.ts',
    'guarded-hook': 'src/cli/hook/guarded-hook.ts',
    'twin-commands': 'src/cli/twin-commands.ts',
    'open-for-store': 'src/store/open-for-store.ts',
    'sops-files': 'src/blob/sops-files.ts',
    'nix-facts': 'src/nix/nix-facts.ts',
    'scan-content': 'src/guard/content/scan-content.ts',
  },
  outdir: 'dist',
  format: 'cjs',
  plugins: [lazyModules],
  ...MODULE_URL,
}

/** Everything else: modules that share their parts, loaded by command. {@link toCommonJs} comes after. */
export const commands = {
  ...COMMON,
  entryPoints: {
    main: 'src/cli/main.ts',
    print: 'src/cli/print.ts',
    'run-plugin': 'src/blob/run-plugin.ts',
    'scan-worker': 'src/store/audit/scan-worker.ts',
    'ask-passphrase': 'src/host/ask-passphrase.ts',
    'agent-identity': 'src/blob/agent-identity.ts',
    sshpk: 'sshpk',
    'age-encryption': 'age-encryption',
    'simple-git': 'simple-git',
    secretlint: '@secretlint/secretlint-rule-preset-recommend',
  },
  outdir: 'dist/cli',
  splitting: true,
  format: 'esm',
  plugins: [withoutForge],
}

/**
 * A file of {@link commands} as CommonJS, to which esbuild can't split: Node loads the seventy files of a small command in
 * half the time.
 */
async function toCommonJs({ path, text }) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: COMMON.target,
    minifySyntax: true,
    minifyWhitespace: true,
    supported: { 'dynamic-import': false },
    ...(text.includes('import.meta.url') ? { define: MODULE_URL.define, banner: MODULE_URL.banner.js } : {}),
  })
  return { path, contents: code }
}

/** The directories of the packages that the builds took something from, sorted. */
export function bundledPackages(metafiles) {
  const dirs = new Set()
  for (const input of metafiles.flatMap((metafile) => Object.keys(metafile.inputs))) {
    const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)
    if (match !== null) dirs.add(match[0])
  }
  return [...dirs].sort()
}

/** Name, version, licence and the licence's text of each package that is in the bundle. */
export function thirdPartyLicenses(metafiles) {
  const parts = bundledPackages(metafiles).map((dir) => {
    const about = JSON.parse(readFileSync(join(ROOT, dir, 'package.json'), 'utf8'))
    if (typeof about.license !== 'string') throw new Error(`${dir} does not say its licence`)
    return `${about.name} ${about.version} (${about.license})\n\n${licenseText(join(ROOT, dir))}\n`
  })
  // What a package carries inside itself without being installed by its name.
  const inside = readFileSync(join(ROOT, 'third-party-inside.txt'), 'utf8')
  return `git-nixsecret contains parts of these packages.\n\n${[...parts, inside].join(`\n${'-'.repeat(80)}\n\n`)}`
}

function licenseText(dir) {
  const files = readdirSync(dir).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
  if (files.length > 0) return files.map((name) => readFileSync(join(dir, name), 'utf8').trim()).join('\n\n')
  // Some packages have it in their README alone.
  const readme = readdirSync(dir).find((name) => /^readme/i.test(name))
  const text = readme === undefined ? '' : readFileSync(join(dir, readme), 'utf8')
  const section = text.split(/^(?=#+ )/m).find((part) => /^#+ *licen[cs]e\b/i.test(part))
  if (section === undefined) throw new Error(`${dir} comes without the text of its licence`)
  return section.trim()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await Promise.all([hotPath, commands].map((options) => build({ ...options, write: false })))
  const [hot, rest] = results.map(({ outputFiles }) => outputFiles)
  const licenses = thirdPartyLicenses(results.map(({ metafile }) => metafile))
  const files = [...hot, ...(await Promise.all(rest.map(toCommonJs)))]
  // Not before everything is there: what was built last stays if this build fails.
  const dist = join(ROOT, 'dist')
  if (existsSync(dist)) rmSync(dist, { recursive: true })
  for (const { path, contents } of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
  // Read when it is sent to a host.
  copyFileSync(join(ROOT, 'src/deliver/on-host.sh'), join(dist, 'cli/on-host.sh'))
  // Goes into pages as it is.
  for (const part of ['access-page.css', 'access-page.js'])
    copyFileSync(join(ROOT, 'src/cli/access', part), join(dist, 'cli', part))
  // The package itself is of ECMAScript modules.
  writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n')
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenses)
  chmodSync(join(dist, 'bin.js'), 0o755)
}
