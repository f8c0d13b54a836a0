import { readFileSync } from 'node:fs'
import { displayText } from '../../byte-path.ts'
import type { Repository } from '../../git/repository.ts'
import { lineToAdd, PROGRAM, SERVER_HOOK } from '../hook-text.ts'
import { serverHookPlace } from '../server-hook.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'
import { checkPrograms } from './programs.ts'

/** What matters in a bare repository: whether pushes are judged here. Changes nothing. */
export async function examineServer(repo: Repository): Promise<Diagnosis[]> {
  return [...(await checkPrograms(repo.gitDir)), await checkGate(repo)]
}

async function checkGate(repo: Repository): Promise<Diagnosis> {
  const place = await serverHookPlace(repo)
  if (!place.reached)
    return place.method === 'files'
      ? problem(
          'hooks',
          `not in force: ${SERVER_HOOK}; pushes are not judged here`,
          'git nixsecret init --server',
        )
      : problem(
          'hooks',
          `not in force: ${SERVER_HOOK}; pushes are not judged here (git looks for hooks in ${displayText(place.dir)})`,
          `${lineToAdd(SERVER_HOOK)}    # into ${displayText(place.file)}`,
        )
  const [program] = recorded(place.file)
  if (place.method === 'files' && program === undefined)
    return warning(
      'hooks',
      `${SERVER_HOOK} is in force where git-nixsecret is on PATH; over SSH it may not be`,
      'git nixsecret init --server',
    )
  return fine('hooks', `${SERVER_HOOK} is in force: every push to this repository is judged`)
}

function recorded(file: string): string[] {
  try {
    return readFileSync(file + PROGRAM, 'utf8').split('\n')
  } catch {
    return []
  }
}
