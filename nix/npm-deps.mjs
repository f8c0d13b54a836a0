// Renews nix/npm-deps.json, the record of what nix/npm-deps.nix fetches: `node nix/npm-deps.mjs`, after package-lock.json
// changed. With --check it writes nothing, and exits 1 where the record is not what it would write.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundledPackages, commands, hotPath } from '../build.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RECORD = join(ROOT, 'nix/npm-deps.json')

/** Nix's names of systems, with the names that Node has for them. */
const SYSTEMS = {
  'aarch64-darwin': ['darwin', 'arm64'],
  'aarch64-linux': ['linux', 'arm64'],
  'x86_64-linux': ['linux', 'x64'],
}

/**
 * The packages that are in the bundle and those that make it, each with the lock's integrity. Shared with the test that
 * holds the record against the lock.
 */
export async function neededPackages() {
  const results = await Promise.all([hotPath, commands].map((options) => build({ ...options, write: false })))
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
  const platforms = Object.values(SYSTEMS).map(([os, cpu]) => `node_modules/@esbuild/${os}-${cpu}`)
  const paths = [
    ...bundledPackages(results.map(({ metafile }) => metafile)),
    'node_modules/esbuild',
    ...platforms,
  ]
  return Object.fromEntries(paths.sort().map((path) => [path, lock[path].integrity]))
}

/** The NAR hash of what nix/npm-deps.sh makes for a system, as Nix writes hashes of fixed outputs. */
function fetchedHash(packages, [os, cpu]) {
  const dir = mkdtempSync(join(tmpdir(), 'npm-deps-'))
  try {
    const source = join(dir, 'source')
    mkdirSync(join(source, 'nix'), { recursive: true })
    mkdirSync(join(dir, 'work'))
    for (const name of ['package.json', 'package-lock.json']) {
      writeFileSync(join(source, name), readFileSync(join(ROOT, name)))
    }
    writeFileSync(join(source, 'nix/npm-deps.json'), JSON.stringify({ packages }))
    const args = [join(ROOT, 'nix/npm-deps.sh'), source, join(dir, 'out'), os, cpu]
    execFileSync('sh', args, { cwd: join(dir, 'work'), stdio: ['ignore', 'inherit', 'inherit'] })
    const hex = execFileSync('nix-hash', ['--type', 'sha256', join(dir, 'out')], { encoding: 'utf8' }).trim()
    return `sha256-${Buffer.from(hex, 'hex').toString('base64')}`
  } finally {
    rmSync(dir, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packages = await neededPackages()
  const hashes = Object.fromEntries(
    Object.entries(SYSTEMS).map(([system, names]) => [system, fetchedHash(packages, names)]),
  )
  const text = `${JSON.stringify({ hashes, packages }, null, 2)}\n`
  if (!process.argv.includes('--check')) writeFileSync(RECORD, text)
  else if (text !== readFileSync(RECORD, 'utf8')) {
    console.error('nix/npm-deps.json is not up to date: run node nix/npm-deps.mjs')
    process.exitCode = 1
  }
}
