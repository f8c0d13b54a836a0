import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** A module is to know of itself where it lies, not where its bundle does. */
const places: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]s$/, namespace: 'file' }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      if (!/\bimport\.meta\b/.test(source)) return undefined
      const place = { url: pathToFileURL(path).href, filename: path, dirname: dirname(path) }
      // In the first line, so that the others keep their numbers.
      return {
        contents: `const importMeta = ${JSON.stringify(place)};${source}`,
        loader: path.endsWith('ts') ? 'ts' : 'js',
      }
    })
  },
}

/**
 * Whether a test file may be bundled: what it imports by a name that it makes when it runs may be TypeScript, for
 * which it needs tsx.
 */
export function canBundle(source: string): boolean {
  return !/(?<![.\w])import\((?!['.])/.test(source)
}

/**
 * Writes a test file and what it imports of ours as one module, with a source map; packages stay outside. To start tsx
 * and to load each module by it takes a second of processor time, and makes each fork dearer.
 * @param file absolute, as is `bundle`, which lies where node finds the packages from
 * @throws whatever esbuild says of the source
 */
export async function bundleTest(file: string, bundle: string): Promise<void> {
  await build({
    entryPoints: [file],
    outfile: bundle,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    define: { 'import.meta': 'importMeta' },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    plugins: [places],
  })
}
