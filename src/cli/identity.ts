import { shellWord } from '../age/shell-word.ts'
import { agentIdentity } from '../blob/agent-identity.ts'
import { Keys } from '../blob/keys.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { defaultIdentityPaths } from '../host/identity-files.ts'
import { type AgentChoice, chooseAgentKey } from '../setup/agent-choice.ts'
import { makeIdentity } from '../setup/new-identity.ts'
import { homeRelative, type OwnKeys, ownKeys } from '../setup/own-key.ts'
import { parseOptions } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'

export const help = `usage: git nixsecret identity [--json]
       git nixsecret identity new
       git nixsecret identity --ssh-agent [KEY]

Your private keys, and the public keys (recipients) by which others let you read. No private key is printed.

  (nothing)     the keys in use here, as "age -R" reads it: a line with the file, a line with its public key
                  --json   [ { "file", "recipient", "throughAgent" } ]; recipient null: only a passphrase or plugin would tell
  new           makes a private key in ~/.config/git-nixsecret/identity.txt (mode 0600), if none is there
  --ssh-agent   the age1… recipient that belongs to a key of ssh-agent, Ed25519 or RSA: only the agent can open what is
                encrypted for it. KEY is its .pub file, comment or fingerprint, if the agent holds several.
                Whoever may use the agent, also one that you forward, can make the same key: see docs/ssh-agent.md

  git nixsecret recipient add bob "$(git nixsecret identity --ssh-agent ~/.ssh/id_ed25519.pub)"
  git config --global nixsecret.identity ~/.ssh/id_ed25519.pub

Exit: 0; 1 where no key is found, or one can't be used; 2 for a fault.
`

/** Runs `identity`. */
export async function run(args: string[]): Promise<number> {
  const options = { 'ssh-agent': { type: 'boolean' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseOptions('identity', args, options)
  const [word, ...more] = positionals
  if (values['ssh-agent'] && more.length === 0 && !values.json) return showAgentKey(word ?? null)
  if (values['ssh-agent'] || more.length > 0)
    throw usage('--ssh-agent takes one KEY at most, and nothing else')
  if (word === 'new' && !values.json) return makeNew()
  if (word !== undefined) throw usage(`identity has no ${displayText(word)}, only new`)
  return list(await ownKeys(process.cwd(), null), values.json ?? false)
}

function list({ keys, problems }: OwnKeys, json: boolean): number {
  if (json) {
    const rows = keys.map(({ file, publicKey, throughAgent }) => ({
      file,
      recipient: publicKey,
      throughAgent,
    }))
    print(JSON.stringify(rows, null, 2))
  } else {
    for (const { file, publicKey, throughAgent, plugin } of keys) {
      const shown = displayText(homeRelative(file)) + (throughAgent ? ', through ssh-agent' : '')
      const unknown = `only ${plugin === null ? 'its passphrase' : 'its age plugin'} would tell the public key`
      print(publicKey === null ? `# ${shown}: ${unknown}` : `# ${shown}\n${publicKey}`)
    }
  }
  for (const { message, hints } of problems) {
    printWarning(message)
    for (const hint of hints) printHint(hint)
  }
  if (keys.length === 0 && problems.length === 0) {
    printNote('you have no private key yet')
    printHint('git nixsecret identity new')
    printHint('git nixsecret identity --ssh-agent    # from a key that ssh-agent holds')
  }
  return keys.length === 0 || problems.length > 0 ? 1 : 0
}

async function makeNew(): Promise<number> {
  const { file, recipient } = makeIdentity()
  print(recipient)
  printNote(`private key in ${displayText(file)}: keep a copy where you keep your passwords`)
  printHint(`git nixsecret recipient add NAME ${recipient}    # for a reader to run`)
  const paths = await new Keys({}, null).paths()
  if (!paths.includes(file)) {
    printWarning('other keys are configured here, so this one is not looked at')
    if (!process.env.NIXSECRET_IDENTITY) printHint(`git config --add nixsecret.identity ${shellWord(file)}`)
  }
  return 0
}

async function showAgentKey(named: string | null): Promise<number> {
  const choice = await chooseAgentKey(named)
  const identity = agentIdentity(choice.line, choice.shown)
  const recipient = (await identity.reveal?.()) as string
  print(recipient)
  printNote(
    'whoever may use this agent, also one that you forward, even once, can make this key for ever: docs/ssh-agent.md',
  )
  printHint(`git nixsecret recipient add NAME ${recipient}    # for a reader to run`)
  await hintConfig(choice)
  return 0
}

/** How to have it used; the keys that were found until now, for want of others, would be forgotten. */
async function hintConfig({ file, line }: AgentChoice): Promise<void> {
  const path = file ?? '~/.config/git-nixsecret/agent.pub'
  const paths = await new Keys({}, null).paths()
  if (file !== null && paths.includes(file)) return
  const byDefault = paths.every((used) => defaultIdentityPaths().includes(used)) ? paths : []
  if (file === null) printHint(`mkdir -p ~/.config/git-nixsecret && echo '${line}' > ${path}`)
  // What this setting names replaces what is looked for without it.
  const add = (used: string) => {
    const plain = /^~\/[\w./-]+$/.test(used)
    const word = plain ? used : shellWord(used).replace(/^'~\/(.*)'$/, "~/'$1'")
    return `git config --global --add nixsecret.identity ${word}`
  }
  for (const used of byDefault)
    printHint(`${add(homeRelative(used))}    # the key file in use now, to keep it`)
  printHint(`${add(file === null ? path : homeRelative(file))}    # the one in the agent`)
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret identity --help'] })
}
