/** Hooks of ours that can stop what git is about to do. */
export const STOPPING_HOOKS = ['pre-commit', 'pre-merge-commit', 'pre-applypatch', 'pre-push'] as const
/** Hooks of ours that tidy up afterwards. */
export const FOLLOWING_HOOKS = ['post-commit', 'post-checkout', 'post-merge'] as const
/** Every hook that init installs in a clone. */
export const HOOKS = [...STOPPING_HOOKS, ...FOLLOWING_HOOKS] as const
/** The hook of a repository that is pushed to: `init --server`. */
export const SERVER_HOOK = 'pre-receive'

/** The name of one of our hooks. */
export type HookName = (typeof HOOKS)[number] | typeof SERVER_HOOK

/** Ending of the name under which a hook that was there before is kept, and run first. */
export const KEPT = '.before-nixsecret'
/** Ending of the name of the file beside the server's hook that says where the program was, and where Node.js. */
export const PROGRAM = '.nixsecret-program'

/** Whether a word names one of our hooks. */
export function isHookName(name: string): name is HookName {
  return name === SERVER_HOOK || (HOOKS as readonly string[]).includes(name)
}

/** What a foreign hook must hold for our check to be reached, apart from who may call it how. */
export function callOf(name: HookName): RegExp {
  return new RegExp(`git[ -]nixsecret["']?[ \\t]+hook[ \\t]+["']?${name}\\b`)
}

/** The line that a person adds to a hook that we may not write to. */
export function lineToAdd(name: HookName): string {
  return stops(name) ? `git-nixsecret hook ${name} "$@" || exit 1` : `git-nixsecret hook ${name} "$@"`
}

function stops(name: HookName): boolean {
  return name === SERVER_HOOK || (STOPPING_HOOKS as readonly string[]).includes(name)
}

const HINT = 'put git-nixsecret on PATH again, see its README'
// What earlier versions said in its place, and nothing else was different in them.
const FORMER_HINTS = ['npm install --global git-nixsecret']

const MARK = '# Put here by `git nixsecret init`, taken out by `git nixsecret uninstall`.'

/**
 * The hook file: it finds the program and calls it, no more. `hooks/` of this repository holds the same texts.
 * The program is looked for on PATH first: a recorded absolute path may go away (a Nix garbage collection).
 */
export function hookFile(name: HookName, hint: string = HINT): string {
  if (name === SERVER_HOOK) return serverHookFile(hint)
  return [
    '#!/bin/sh',
    MARK,
    '# No logic here: it finds the program, on PATH or where init saw it last, and calls it.',
    'program=$(command -v git-nixsecret) ||',
    '  IFS= read -r program 2>/dev/null <"$(git rev-parse --git-common-dir)/nixsecret/program"',
    `[ -x "$program" ] && exec "$program" hook ${name} "$@"`,
    ...complaint(name, hint).map((line) => `echo '${line}' >&2`),
    `exit ${stops(name) ? 1 : 0}`,
    '',
  ].join('\n')
}

/**
 * Over SSH the PATH is often bare, and who pushes may not be who ran init: what init saw lies beside the hook, where
 * all can read it who can run the hook.
 */
function serverHookFile(hint: string): string {
  return [
    '#!/bin/sh',
    MARK.replace('init`', 'init --server`'),
    '# No logic here: it finds the program, on PATH or where init saw it last, and Node.js likewise, and calls it.',
    'seen= node=',
    `{ IFS= read -r seen && IFS= read -r node; } 2>/dev/null <"$0${PROGRAM}"`,
    'program=$(command -v git-nixsecret) || program=$seen',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's.
    'export PATH="$PATH${node:+:$node}"',
    `[ -x "$program" ] && exec "$program" hook ${SERVER_HOOK} "$@"`,
    ...complaint(SERVER_HOOK, hint).map((line) => `echo '${line}' >&2`),
    'exit 1',
    '',
  ].join('\n')
}

/**
 * The same in one line, for `hook.NAME.command` of git 2.54 and later, which runs it as `sh -c 'COMMAND "$@"'`.
 * See https://git-scm.com/docs/git-hook
 */
export function hookCommand(name: HookName, hint: string = HINT): string {
  const say = complaint(name, hint).map((line) => `echo '${line}' >&2;`)
  return [
    'f() { p=$(command -v git-nixsecret) ||',
    'IFS= read -r p 2>/dev/null <"$(git rev-parse --git-common-dir)/nixsecret/program";',
    `[ -x "$p" ] && exec "$p" hook ${name} "$@";`,
    ...say,
    `exit ${stops(name) ? 1 : 0}; }; f`,
  ].join(' ')
}

function complaint(name: HookName, hint: string): string[] {
  const cannot = stops(name)
    ? `error: ${name} cannot check that secrets are encrypted, so it stops here`
    : `warning: ${name} did not run`
  const where = name === SERVER_HOOK ? 'on the server: ' : ''
  return [`git-nixsecret: ${cannot}: git-nixsecret is not on PATH`, `hint: ${where}${hint}`]
}

/** What the one-line hooks of earlier versions were: replaced without a word. */
export function formerCommands(name: HookName): string[] {
  return FORMER_HINTS.map((hint) => hookCommand(name, hint))
}

/** Whether a hook file's content is one that a release of ours wrote: only those are replaced or removed. */
export function isOurHook(name: HookName, content: string): boolean {
  return [HINT, ...FORMER_HINTS].some((hint) => content === hookFile(name, hint))
}
