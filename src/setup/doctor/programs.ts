import { displayText } from '../../byte-path.ts'
import { gitVersion, isAtLeast } from '../../git/simple.ts'
import { findProgram } from '../../host/find-program.ts'
import { OLDEST_GIT } from '../requirements.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'
import { programVersion } from './program-version.ts'

/** The oldest Node.js that the bundle is built for; the same as `engines` in package.json. */
const OLDEST_NODE = [20, 19] as const

/** Programs and their versions. */
export async function checkPrograms(cwd: string): Promise<Diagnosis[]> {
  return [await checkGit(cwd), checkNode(), checkSelf(), await checkNix()]
}

async function checkGit(cwd: string): Promise<Diagnosis> {
  const version = await gitVersion(cwd)
  const text = version.join('.')
  return isAtLeast(version, ...OLDEST_GIT)
    ? fine('git', `git ${text}`)
    : problem('git', `git ${text} is too old: ${OLDEST_GIT.join('.')} or later is needed`)
}

function checkNode(): Diagnosis {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const recent = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  const text = `node ${process.versions.node}`
  return recent
    ? fine('node', text)
    : problem('node', `${text} is too old: ${OLDEST_NODE.join('.')} is needed`)
}

function checkSelf(): Diagnosis {
  const program = findProgram('git-nixsecret')
  return program === null
    ? problem(
        'program',
        'git-nixsecret is not on PATH, so git cannot encrypt or decrypt',
        'put git-nixsecret on PATH again, see its README',
      )
    : fine('program', `git-nixsecret is ${displayText(program)}`)
}

async function checkNix(): Promise<Diagnosis> {
  if (findProgram('nix') === null) return fine('nix', 'nix is not on PATH: nothing is built here')
  const text = await programVersion('nix')
  return text === null ? warning('nix', 'nix does not tell its version', 'nix --version') : fine('nix', text)
}
