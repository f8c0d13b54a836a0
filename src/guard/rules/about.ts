import type { RuleId, Severity } from '../finding.ts'

/** What a rule is about, for people: the same words in the text output, in SARIF and in docs/rules. */
export interface About {
  readonly id: RuleId
  /** As a rule; single findings may be milder, as the rule's page says. */
  readonly severity: Severity
  /** What it finds: one line, lower case, no full stop. */
  readonly summary: string
  /** Why that matters: one sentence with a full stop. */
  readonly why: string
  /** What mends it: one sentence with a full stop. The hint of a finding has the commands. */
  readonly mend: string
  /** Where the rest is said, from the top of the project. */
  readonly page: `docs/rules/${RuleId}.md`
}

type Words = readonly [severity: Severity, summary: string, why: string, mend: string]

const WORDS: Readonly<Record<RuleId, Words>> = {
  'plaintext-blob': [
    'error',
    'a protected file that is not encrypted in git',
    'Whoever can read the remote, or the Nix store of a machine that builds from it, gets the secret, and history keeps it after it is mended.',
    'Add the file again with the filter in force, and make the commit again; once it is pushed, change the secret first.',
  ],
  'protection-dropped': [
    'error',
    'a file that was ciphertext in a parent and is plaintext now',
    'A secret that was moved, or lost its attribute, is readable from this commit on, though nobody meant it to be.',
    'Move the file back or give its path the attribute, add it again, and make the commit again.',
  ],
  'stale-recipients': [
    'error',
    'a file encrypted for other readers than nixsecret.toml names',
    'Whoever was removed still opens it, and whoever was added cannot.',
    'Run git nixsecret rekey, and commit.',
  ],
  'no-digest': [
    'warning',
    'an age file that another tool made',
    'Without our stanza nobody can tell, without a key, whether its readers are those that the policy names.',
    'Run git nixsecret rekey, and commit.',
  ],
  'other-format': [
    'error',
    'an age file where nixsecret.toml says SOPS, or the reverse',
    'What is to read the file on a host, sops-nix or our own module, cannot, and fails when the host is activated.',
    'Run git nixsecret rekey, which converts it, and commit.',
  ],
  'unfiltered-path': [
    'error',
    'a path that a rule of nixsecret.toml names and no attribute encrypts',
    'The policy says who may read it, so somebody takes it for encrypted, and git stores it as plaintext.',
    'Give the path filter=nixsecret in .gitattributes and add the file again, or take the path out of the rule.',
  ],
  symlink: [
    'error',
    'a symlink at a protected path',
    'No filter of git sees a symlink: where it leads stands in git as plaintext, and what it leads to is not protected by it.',
    'Put the file itself there, or move the link to a path that is not protected.',
  ],
  submodule: [
    'error',
    'a submodule at a protected path',
    'No filter of git sees into a submodule: what is in it is encrypted only if its own repository says so.',
    'Move the submodule to a path that is not protected, or put the files here.',
  ],
  policy: [
    'error',
    'a nixsecret.toml that is missing or cannot be understood',
    'Without it nobody can tell who may read the secrets of this commit, so none of them can be judged.',
    'Mend or bring back nixsecret.toml, and commit it.',
  ],
  'loose-object': [
    'error',
    'a pushed ref that names a file instead of a commit',
    'It has no path, so no attribute tells whether it is a secret, and it is plaintext.',
    'Do not push this ref; delete it if nobody needs it.',
  ],
  'new-recipient': [
    'warning',
    'a change that lets somebody read, or get at, what they could not before',
    'Whoever can push can make anybody a reader; the next time a secret is changed or rekeyed, they can open it.',
    'Look at who it is and who made the change; then accept it with git nixsecret trust, or revert it.',
  ],
  unsigned: [
    'error',
    'a commit that changes secrets, or who reads them, without the signature of an allowed signer',
    'Neither an age file nor nixsecret.toml tells who wrote it, and whoever can push can write both: a signature tells.',
    'Look at the commit, and have somebody sign it who may.',
  ],
  'nix-inline-secret': [
    'error',
    'a secret written into a Nix file',
    'Everybody who can read the repository has it, and a build puts it in the Nix store, which every user of the machine can read.',
    'Change the secret, put the new one in an encrypted file, and name that file with the option that takes a file.',
  ],
  'nix-plaintext-file': [
    'error',
    'a plaintext file of this repository given to an option that takes a secret file',
    'The file is readable in git, and a path literal copies it to the Nix store, which every user of the machine can read.',
    'Encrypt the file, or name the place where it lies on the machine as a string.',
  ],
  'nix-eval-read': [
    'error',
    'an expression that reads a protected file while Nix evaluates',
    'Whoever evaluates it in an open work tree copies the plaintext to the Nix store, which every user of the machine can read.',
    'Give the machine the path of the decrypted file instead of its content, or say store = "plaintext" in nixsecret.toml.',
  ],
  'nix-eval-command': [
    'error',
    'an expression that fetches a secret while Nix evaluates',
    'What a command or the environment hands to an expression ends in the Nix store, which every user of the machine can read.',
    'Fetch the secret when the service starts, or keep it in an encrypted file.',
  ],
  'nix-unreadable': [
    'warning',
    'a Nix file that is too deep or too large to be judged',
    'What it puts in the Nix store was not looked at, so nothing is said about it.',
    'Split the file, or allow it with a reason.',
  ],
  'private-key': [
    'error',
    'a private key that is not encrypted',
    'Whoever can read the repository can use the key, for as long as something trusts it.',
    'Take the key out or encrypt it; once it was committed, make a new key and stop trusting the old one.',
  ],
  credential: [
    'error',
    'a token or password that is not encrypted',
    'Whoever can read the repository can use it until it is revoked; public repositories are searched for them by machines.',
    'Take it out or encrypt it; once it was pushed, revoke it first.',
  ],
}

/** Every rule, in the order of the pages. */
export const ABOUT: Readonly<Record<RuleId, About>> = Object.fromEntries(
  Object.entries(WORDS).map(([key, [severity, summary, why, mend]]) => {
    const id = key as RuleId
    return [id, { id, severity, summary, why, mend, page: `docs/rules/${id}.md` }]
  }),
) as Record<RuleId, About>
