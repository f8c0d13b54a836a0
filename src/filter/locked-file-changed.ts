import { shellWord } from '../age/shell-word.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** Why bytes that look like ciphertext are refused, and what to do instead. */
export function lockedFileChanged(path: BytePath, what = 'an age file'): NixsecretError {
  const shown = displayPath(path)
  // What needs escapes to be shown can't be pasted.
  const word = shown.startsWith('"') ? shown : shellWord(shown)
  return new NixsecretError(
    'refused',
    `${shown}: locked file was changed, or it is ${what} that no key here opens`,
    {
      hints: [
        `git checkout -- ${word}`,
        `git nixsecret set ${word}    # new content, as plaintext`,
        `git nixsecret set --sealed ${word} < FILE    # ${what} made elsewhere`,
      ],
    },
  )
}
