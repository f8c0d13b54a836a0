// Imports go one way: cli → tasks → blob → {policy, age, nix, sops, git, host} → errors. See docs/architecture.md.
const tasks = '^src/(filter|guard|setup|secret|store|deliver|migrate|trust)/'
const core = '^src/(policy|age|nix|sops|git|host)/'
module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-imports-cli', severity: 'error', from: { pathNot: '^src/(cli/|bin\\.ts)' }, to: { path: '^src/(cli/|bin\\.ts)' } },
    { name: 'tasks-apart', severity: 'error', from: { path: tasks }, to: { path: tasks, pathNot: '^src/$1/' } },
    { name: 'blob-below-tasks', severity: 'error', from: { path: '^src/blob/' }, to: { path: tasks } },
    { name: 'core-below-all', severity: 'error', from: { path: core }, to: { path: `(${tasks})|^src/blob/` } },
    { name: 'core-apart', severity: 'error', from: { path: core }, to: { path: core, pathNot: '^src/$1/' } },
    { name: 'base-alone', severity: 'error', from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/bin\\.ts$' }, to: { path: '^src/[^/]+/' } },
    {
      name: 'pure-core',
      comment: 'policy, age, nix and sops touch no file, process or environment',
      severity: 'error',
      from: { path: '^src/(policy|age|nix|sops)/' },
      to: { path: '^(node:)?(fs|fs/promises|child_process|net|tty|os|process|worker_threads|readline)$' },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
}
