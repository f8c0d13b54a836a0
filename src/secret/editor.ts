import { type SpawnOptions, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, tryGit } from '../git/run-git.ts'

/** The user's editor, as git itself would run it. */
export interface Editor {
  /** A piece of shell, by git's convention for GIT_EDITOR, core.editor, VISUAL and EDITOR. */
  readonly command: string
  /** What keeps it from leaving copies, as shell words; null for editors that we do not know. */
  readonly flags: string | null
}

/** Options that keep known editors from leaving backup, swap, undo and history files, as shell words. */
const FLAGS: readonly (readonly [name: RegExp, flags: string])[] = [
  // viminfo is the old name of nvim's shada too. `-n`: no swap file, which is written before any `-c` is read.
  [/^(g|r|m|n)?vim(\.[a-z0-9]+)?$/, `-n -c 'set nobackup nowritebackup noswapfile noundofile viminfo='`],
  [
    /^emacs(-[a-z0-9.]+)?$/,
    `--eval '(setq make-backup-files nil auto-save-default nil auto-save-list-file-prefix nil create-lockfiles nil history-length 0)'`,
  ],
  // Backups and positions are set in nanorc alone, so it is not read.
  [/^nano$/, '--ignorercfiles'],
  [/^micro$/, '-backup false -permbackup false -saveundo false -savehistory false -savecursor false'],
  // They write nothing but the file.
  [/^(kak|hx|helix|ed|true|:)$/, ''],
]

/**
 * The editor that git would start.
 * @throws NixsecretError `git` where it knows none (a dumb terminal and nothing configured)
 */
export async function findEditor(git: GitOptions): Promise<Editor> {
  const { code, stdout } = await tryGit(['var', 'GIT_EDITOR'], git)
  if (code !== 0) {
    throw new NixsecretError('git', 'no editor is set, and the terminal is too dumb for vi', {
      hints: ['git config --global core.editor nano'],
    })
  }
  const command = stdout.toString('utf8').replace(/\n$/, '')
  return { command, flags: flagsFor(command) }
}

/**
 * What to add to an editor's command so that it leaves no copies.
 * @returns shell words, perhaps none; null where the editor is not known or the command is more than one program
 */
export function flagsFor(command: string, path = process.env.PATH ?? ''): string | null {
  // A compound command has no place of its own for options.
  if (/[;&|<>()`$\n]/.test(command)) return null
  const match = /^\s*(?:'([^']+)'|"([^"\\]+)"|([^\s"'\\]+))(?=\s|$)/.exec(command)
  const program = match?.[1] ?? match?.[2] ?? match?.[3]
  if (program === undefined) return null
  const known =
    FLAGS.find(([name]) => name.test(basename(program))) ??
    FLAGS.find(([name]) => name.test(realName(program, path)))
  return known === undefined ? null : known[1]
}

/** What a name like `vi` or `editor` leads to through symlinks, as Debian's alternatives make them. */
function realName(program: string, path: string): string {
  const places = program.includes('/') ? [program] : path.split(':').map((dir) => join(dir, program))
  const found = places.find((place) => place.startsWith('/') && existsSync(place))
  return found === undefined ? '' : basename(realpathSync(found))
}

/**
 * Runs an editor on a file and waits for it. The command goes through `sh` just as git does it
 * (`prepare_shell_cmd` in git's run-command.c): users write `code --wait`, with options and quotes. The file's
 * name is an argument of the shell, never a part of its text.
 * @param scratch where the editor is to put temporary files of its own: in memory, too
 * @throws NixsecretError `refused` where the editor fails, for instance by `:cq`
 */
export async function runEditor(
  editor: Editor,
  file: Buffer,
  scratch: string,
  stdio: SpawnOptions['stdio'] = 'inherit',
): Promise<void> {
  const flags = editor.flags ? ` ${editor.flags}` : ''
  // The name may be no UTF-8, which an argument of Node's can't hold: the shell finds it as the only file there.
  const name = file.toString('utf8')
  const faithful = Buffer.from(name, 'utf8').equals(file)
  const [words, args] = faithful ? ['"$@"', [name]] : ['"$1"/*', [dirname(name)]]
  const child = spawn('sh', ['-c', `${editor.command}${flags} ${words}`, editor.command, ...args], {
    stdio,
    env: { ...process.env, TMPDIR: scratch },
  })
  const end = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal ?? code))
  }).catch((cause: unknown) => {
    throw new NixsecretError('missing', 'cannot run sh, which starts the editor', { cause })
  })
  if (end === 0) return
  const how = typeof end === 'number' ? `exit code ${end}` : `killed by ${end}`
  throw new NixsecretError(
    'refused',
    `the editor failed (${displayText(editor.command)}: ${how}); nothing was changed`,
  )
}
