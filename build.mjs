// Bundles src/ into dist/: one entry, chunks loaded lazily by command.
import { chmodSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The esbuild options, shared with the test that looks at what each chunk loads. */
export const options = {
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
  entryPoints: { bin: 'src/bin.ts', 'crypto-worker': 'src/filter/crypto-worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'external',
  metafile: true,
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(new URL('dist', import.meta.url), { recursive: true, force: true })
  await build(options)
  chmodSync(new URL('dist/bin.js', import.meta.url), 0o755)
}
