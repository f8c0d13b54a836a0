/** Hooks of ours that can stop what git is about to do. */
export const STOPPING_HOOKS = ['pre-commit', 'pre-merge-commit', 'pre-applypatch', 'pre-push'] as const
/** Hooks of ours that tidy up afterwards. */
export const FOLLOWING_HOOKS = ['post-commit', 'post-checkout', 'post-merge'] as const
/** Every hook that init installs. */
export const HOOKS = [...STOPPING_HOOKS, ...FOLLOWING_HOOKS] as const

/** The name of one of our hooks. */
export type HookName = (typeof HOOKS)[number]

/** Ending of the name under which a hook that was there before is kept, and run first. */
export const KEPT = '.before-nixsecret'

/** Whether a word names one of our hooks. */
export function isHookName(name: string): name is HookName {
  return (HOOKS as readonly string[]).includes(name)
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
  return (STOPPING_HOOKS as readonly string[]).includes(name)
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
  return [`git-nixsecret: ${cannot}: git-nixsecret is not on PATH`, `hint: ${hint}`]
}

/** What the one-line hooks of earlier versions were: replaced without a word. */
export function formerCommands(name: HookName): string[] {
  return FORMER_HINTS.map((hint) => hookCommand(name, hint))
}

/** Whether a hook file's content is one that a release of ours wrote: only those are replaced or removed. */
export function isOurHook(name: HookName, content: string): boolean {
  return [HINT, ...FORMER_HINTS].some((hint) => content === hookFile(name, hint))
}
