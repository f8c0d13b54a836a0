/** One way to give Nix the code of a repository. */
export interface Row {
  readonly name: string
  /** The command; `@sealed@` stands for the repository. Run in it, and by `sealed`. */
  readonly command: readonly string[]
  /** Whether the plain work tree's plaintext gets to the store: by Nix 2.8, and by 2.26 and later. */
  readonly leaks: readonly [old: boolean, newer: boolean]
  /** Commit the secret before, for those who look at commits; by default it is an uncommitted change. */
  readonly commit?: boolean
}

const BOTH = [true, true] as const
const OLD = [true, false] as const
const NIX = ['nix', '--extra-experimental-features', 'nix-command flakes']

const evaluate = (expression: string) => [
  'nix-instantiate',
  '--eval',
  '--read-write-mode',
  '--strict',
  '-E',
  expression,
]
const buildAttr = (name: string) => ['nix-build', '--no-out-link', '-A', name]

/** A `default.nix` whose attributes each put the secret somewhere. */
export const EXPRESSIONS = `let
  drv = args: derivation ({
    name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo out > $out" ];
  } // args);
in {
  one = 1;
  interpolated = drv { s = "\${./secrets/db}"; };
  file = drv { src = ./secrets/db; };
  directory = drv { src = ./.; };
  subdirectory = drv { src = ./secrets; };
  path = drv { src = builtins.path { path = ./.; name = "all"; }; };
  filtered = drv { src = builtins.filterSource (_: _: true) ./secrets; };
  read = drv { s = builtins.readFile ./secrets/db; };
  structured = drv { __structuredAttrs = true; s = builtins.readFile ./secrets/db; };
  toFile = drv { s = builtins.toFile "t" (builtins.readFile ./secrets/db); };
  logged = drv { args = [ "-c" "read -r l < \${./secrets/db}; echo \\"$l\\"; echo out > $out" ]; };
  environment = drv { builder = "/bin/bash"; s = "\${./secrets/db}"; };
}
`

/** The rows of ways, each with what was measured for the plain work tree. */
export const ROWS: readonly Row[] = [
  { name: 'flake: eval of what reads no secret', command: [...NIX, 'eval', '.#one'], leaks: BOTH },
  { name: 'flake: the same, clean', command: [...NIX, 'eval', '@sealed@#one'], leaks: BOTH, commit: true },
  { name: 'flake: metadata', command: [...NIX, 'flake', 'metadata', '.'], leaks: BOTH },
  { name: 'flake: show', command: [...NIX, 'flake', 'show', '@sealed@'], leaks: BOTH },
  { name: 'flake: check', command: [...NIX, 'flake', 'check'], leaks: BOTH },
  { name: 'flake: lock', command: [...NIX, 'flake', 'lock'], leaks: BOTH },
  { name: 'flake: archive --dry-run', command: [...NIX, 'flake', 'archive', '--dry-run'], leaks: BOTH },
  {
    name: 'flake: archive --to',
    command: [...NIX, 'flake', 'archive', '--to', 'file://@copy@', '.'],
    leaks: BOTH,
  },
  {
    name: 'flake: build, interpolated',
    command: [...NIX, 'build', '--no-link', '@sealed@#interpolated'],
    leaks: BOTH,
  },
  {
    name: 'flake: build, src = ./.',
    command: [...NIX, 'build', '--no-link', '@sealed@#directory'],
    leaks: BOTH,
  },
  { name: 'flake: build, readFile', command: [...NIX, 'build', '--no-link', '@sealed@#read'], leaks: BOTH },
  { name: 'flake: build, toFile', command: [...NIX, 'build', '--no-link', '.#toFile'], leaks: BOTH },
  {
    name: 'flake: build with the secret in its log',
    command: [...NIX, 'build', '--no-link', '.#logged'],
    leaks: BOTH,
  },
  { name: 'flake: print-dev-env', command: [...NIX, 'print-dev-env', '@sealed@#environment'], leaks: BOTH },
  { name: 'flake: git+file', command: [...NIX, 'eval', 'git+file://@sealed@#one'], leaks: BOTH },
  {
    name: 'flake: git+file, rev',
    command: [...NIX, 'eval', 'git+file://@sealed@?rev=@rev@#one'],
    leaks: OLD,
    commit: true,
  },
  {
    name: 'flake: git+file, ref',
    command: [...NIX, 'eval', 'git+file://@sealed@?ref=HEAD#one'],
    leaks: OLD,
    commit: true,
  },
  { name: 'flake: path:', command: [...NIX, 'eval', 'path:@sealed@#one'], leaks: BOTH },
  {
    name: 'getFlake',
    command: [...NIX, 'eval', '--impure', '--expr', '(builtins.getFlake "@sealed@").one'],
    leaks: BOTH,
  },
  { name: 'fetchGit ./.', command: evaluate('builtins.fetchGit ./.'), leaks: BOTH },
  {
    name: 'fetchGit of a URL, clean',
    command: evaluate('(builtins.fetchGit "file://@sealed@").outPath'),
    leaks: BOTH,
    commit: true,
  },
  {
    name: 'fetchTree, git',
    command: evaluate('(builtins.fetchTree { type = "git"; url = "file://@sealed@"; }).outPath'),
    leaks: BOTH,
  },
  {
    name: 'fetchTree, path',
    command: evaluate('(builtins.fetchTree { type = "path"; path = "@sealed@"; }).outPath'),
    leaks: BOTH,
  },
  {
    name: 'fetchurl of a file',
    command: evaluate('builtins.fetchurl "file://@sealed@/secrets/db"'),
    leaks: BOTH,
  },
  { name: 'nix-build: interpolated', command: buildAttr('interpolated'), leaks: BOTH },
  { name: 'nix-build: src = a file', command: buildAttr('file'), leaks: BOTH },
  { name: 'nix-build: src = ./.', command: buildAttr('directory'), leaks: BOTH },
  { name: 'nix-build: src = ./secrets', command: buildAttr('subdirectory'), leaks: BOTH },
  { name: 'nix-build: builtins.path', command: buildAttr('path'), leaks: BOTH },
  { name: 'nix-build: filterSource', command: buildAttr('filtered'), leaks: BOTH },
  {
    name: 'nix-build: readFile',
    command: ['nix-build', '--no-out-link', '@sealed@', '-A', 'read'],
    leaks: BOTH,
  },
  {
    name: 'nix-build: structured attributes',
    command: ['nix-build', '--no-out-link', '@sealed@/default.nix', '-A', 'structured'],
    leaks: BOTH,
  },
  { name: 'nix-build: toFile', command: buildAttr('toFile'), leaks: BOTH },
  { name: 'nix-build: log', command: buildAttr('logged'), leaks: BOTH },
  { name: 'nix-instantiate', command: ['nix-instantiate', '-A', 'read'], leaks: BOTH },
  { name: 'eval with writing', command: evaluate('"${./secrets/db}"'), leaks: BOTH },
  {
    name: 'nix eval --impure --expr',
    command: [...NIX, 'eval', '--impure', '--expr', '"${@sealed@/secrets/db}"'],
    leaks: BOTH,
  },
  {
    name: 'nix eval -f',
    command: [...NIX, 'eval', '--impure', '-f', './default.nix', 'interpolated.drvPath'],
    leaks: BOTH,
  },
  { name: 'nix store add-path', command: [...NIX, 'store', 'add-path', '@sealed@'], leaks: BOTH },
  { name: 'nix store add-file', command: [...NIX, 'store', 'add-file', 'secrets/db'], leaks: BOTH },
  { name: 'nix-store --add', command: ['nix-store', '--add', 'secrets'], leaks: BOTH },
  { name: 'nix-prefetch-url', command: ['nix-prefetch-url', 'file://@sealed@/secrets/db'], leaks: BOTH },
]
