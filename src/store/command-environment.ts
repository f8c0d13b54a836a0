import { LOCAL_VARIABLES } from '../git/local-variables.ts'

/**
 * The environment of a command that is to see the twin: nothing that leads git back to the work tree or turns its
 * filters on again, and no evaluation cache. Nix keys that cache by the commit, as it does what it fetched: what an
 * earlier command evaluated in the plaintext work tree would be built again, from derivations that hold plaintext.
 */
export function commandEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own: NodeJS.ProcessEnv = { ...env }
  for (const name of Object.keys(LOCAL_VARIABLES)) delete own[name]
  for (const name of Object.keys(own)) if (/^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name)) delete own[name]
  own.NIX_CONFIG = `${env.NIX_CONFIG ? `${env.NIX_CONFIG}\n` : ''}eval-cache = false`
  return own
}
