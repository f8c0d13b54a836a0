import { builtinModules } from 'node:module'
import { build, type Metafile } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

interface BuildScript {
  readonly hotPath: Record<string, unknown>
  readonly commands: Record<string, unknown>
  bundledPackages(metafiles: Metafile[]): string[]
  thirdPartyLicenses(metafiles: Metafile[]): string
}

const script = (await import(new URL('../../build.mjs', import.meta.url).href)) as BuildScript
const look = async (options: Record<string, unknown>) =>
  ((await build({ ...options, write: false })) as { metafile: Metafile }).metafile
const hotPath = await look(script.hotPath)
const commands = await look(script.commands)

/** Every source file that is in the bundle of an entry that git starts. */
function loadedWith(entry: string): string[] {
  const output = Object.values(hotPath.outputs).find(({ entryPoint }) => entryPoint === entry)
  assert.ok(output, `${entry} has no file of its own`)
  return Object.keys(output.inputs)
}

const FORBIDDEN =
  /node_modules\/(simple-git|sshpk|age-encryption|yaml)\/|^src\/(guard|setup)\/|^src\/blob\/sops\/|^src\/(cli\/main|blob\/run-plugin|host\/plugin-process|age\/plugin\/con.*)\.ts$|^src\/(host\/ssh-|blob\/agent-)/

for (const entry of ['src/cli/plumbing.ts', 'src/filter/crypto-worker.ts']) {
  test(`${entry} comes with no package and no layer that it does not need`, () => {
    const loaded = loadedWith(entry)
    assert.ok(loaded.some((path) => path.startsWith('src/age/')))
    assert.equal(
      loaded.filter((path) => FORBIDDEN.test(path)),
      [],
    )
  })
}

test('what git starts first is little, and hooks load neither keys nor the Nix grammar before they need them', () => {
  const bin = loadedWith('src/bin.ts')
  assert.equal(
    bin.filter((path) => !path.startsWith('lazy:')),
    ['src/bin.ts'],
  )
  assert.equal(
    loadedWith('src/cli/hook.ts').filter((path) =>
      /^src\/(guard|blob|policy|age|nix)\/|node_modules/.test(path),
    ),
    [],
  )
  const hook = loadedWith('src/cli/hook/guarded-hook.ts')
  assert.ok(hook.includes('src/guard/check.ts'))
  assert.equal(
    hook.filter((path) =>
      /node_modules\/(simple-git|sshpk|age-encryption|yaml|@lezer|@secretlint)\/|^src\/(nix\/(?!comments)|filter|secret)\//.test(
        path,
      ),
    ),
    [],
  )
})

test('what stays outside of the bundle is part of Node', () => {
  const outside = [hotPath, commands]
    .flatMap((metafile) => Object.values(metafile.outputs))
    .flatMap((output) => output.imports)
    .filter(({ external, path }) => external && !path.startsWith('node:'))
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^\.\/(cli\/[\w-]+\.js|(plumbing|hook|guarded-hook|twin-commands|open-for-store|sops-files|scan-content|nix-facts)\.js)$/.test(
          path,
        ),
    )
  assert.equal(
    outside.filter((path) => !builtinModules.includes(path)),
    [],
  )
})

test('the licence of every bundled package is handed on', () => {
  const packages = script.bundledPackages([hotPath, commands])
  assert.ok(packages.includes('node_modules/smol-toml'))
  const text = script.thirdPartyLicenses([hotPath, commands])
  for (const dir of packages) assert.ok(text.includes(`\n${dir.replace(/^.*node_modules\//, '')} `), dir)
})

test.run()
