import { displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { editSecret } from '../secret/edit-secret.ts'
import { findEditor, runEditor } from '../secret/editor.ts'
import { filePathArgument } from '../secret/path-argument.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { parseOptions } from './parse-options.ts'
import { printNote, printWarning } from './print.ts'
import { warnLeftOut } from './secret/warn-left-out.ts'

export const help = `usage: git nixsecret edit PATH

Opens a secret, old or new, in your editor, then encrypts and stages what you saved. The file that the editor sees
lies in memory (tmpfs), is yours alone, and is gone afterwards. Leave without saving, or make the editor fail (:cq
in vim), and nothing changes. What you saved is never lost: if it can't be stored, you are told where it is.

The editor is the one git uses: $GIT_EDITOR, core.editor, $VISUAL or $EDITOR. Backup, swap, undo and history files
are turned off for vim, nvim, emacs, nano and micro; kakoune and helix keep none. Others may keep copies elsewhere:
Visual Studio Code, for one, has a local history.
`

/** Runs `edit`. */
export async function run(args: string[]): Promise<number> {
  const { positionals } = parseOptions('edit', args, {})
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0) {
    throw new NixsecretError('usage', 'edit opens one PATH', { hints: ['git nixsecret edit PATH'] })
  }
  const space = await Workspace.open(askOnTerminal)
  try {
    const path = filePathArgument(space, name)
    const editor = await findEditor(space.git)
    const edited = await editSecret(space, path, async (file, scratch) => {
      if (editor.flags === null) {
        printWarning(`${displayText(editor.command)} may keep copies of what it edits (backup, history)`)
      }
      await runEditor(editor, file, scratch)
    })
    const shown = displayPath(path)
    if (edited === null || edited.unchanged) printNote(`${shown}: nothing was changed`)
    else if (edited.empty) printWarning(`${shown} is an empty file now, which is not encrypted`)
    else {
      printNote(`${shown} is encrypted and staged`)
      warnLeftOut({ path, leftOut: edited.leftOut })
    }
    return 0
  } finally {
    space.close()
  }
}
