/** The one file name that a policy has, at the top of the repository. */
export const POLICY_FILE = 'nixsecret.toml'
