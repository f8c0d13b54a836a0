import { Notices } from '../filter/notices.ts'
import { smudge } from '../filter/smudge.ts'
import { reportOnStderr } from './report-on-stderr.ts'
import { runOneShot } from './run-one-shot.ts'

/** `git-nixsecret smudge [--sealed] -- PATH`: stdin is the blob, stdout the file in the work tree. */
export function run(args: string[]): Promise<number> {
  const sealed = args.slice(0, Math.max(0, args.indexOf('--'))).includes('--sealed') || args[0] === '--sealed'
  return runOneShot(args, async (context, path, incoming) => {
    const { content, outcome } = await smudge(context, { path, blob: null, sealed }, incoming)
    const notices = new Notices()
    notices.add(path, outcome)
    reportOnStderr.notice(notices.lines())
    return content
  })
}
