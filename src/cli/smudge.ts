import { beginSmudge } from '../filter/convert.ts'
import { Notices } from '../filter/notices.ts'
import { reportOnStderr } from './report-on-stderr.ts'
import { runOneShot } from './run-one-shot.ts'

/** `git-nixsecret smudge [--sealed] -- PATH`: stdin is the blob, stdout the file in the work tree. */
export async function run(args: string[]): Promise<number> {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args.slice(0, -1)
  const sealed = options.includes('--sealed')
  const { path, outcome } = await runOneShot(args, (context, path) =>
    beginSmudge(context, { path, blob: null, sealed }, false),
  )
  const notices = new Notices()
  notices.add(path, outcome)
  reportOnStderr.notice(notices.lines(false))
  return 0
}
