/** What another program puts in the place of such a text. Whole texts only, unless a pattern says otherwise. */
const REFERENCES = [
  /^\$\{[^}]*\}$|^\$\([^)]*\)$|^\$[A-Z_][A-Z0-9_]*$/, // shell, envsubst, Compose, systemd
  /^\$__\w+\{/, // Grafana: $__file{/x}, $__env{X}
  /^%\(?(env|ENV)[_(]|^%env\(|^%\{[\w-]+:|^%[A-Z][A-Z0-9_]*%$|^%\([\w.:-]+\)s$/, // Symfony, Dovecot, supervisord, INI
  /^%[a-zA-Z]\/|^\$\{?[A-Z_][A-Z0-9_]*\}?\//, // systemd's specifiers; below a directory in a variable
  /^!\s*\S+\s+\S|^!(secret|include|env_var|vault)\b/i, // a command to run; YAML tags
  /\{\{|<%|\{%/, // Jinja, Go, ERB: anywhere
  /^@[\w.-]+@$|^<[^<>]*>\S{0,3}$|^__?[A-Za-z0-9_-]+__?$|^#[\w./-]+#$|^\{[\w./$~:-]*\}$|^\[[\w ./-]*\]$|^%%?[\w-]+%%?$/,
  /^ENC\[/, // SOPS
  /^(env|file|vault|op|pass|bw|bws|sops|keyring|keychain|cmd|command|exec|secret|ref|age|gopass|ssm|gsm|azkv|doppler|credential|cred|systemd-credential|systemd|infisical|awssm|ext)[:+]/i,
  /^[a-z][a-z0-9+.-]*:\/\//i, // URLs
  /^(builtins|config|lib|pkgs|self|inputs|secrets|vars|process\.env|os\.environ|import|env)\.[\w.[\]'"-]+$/,
  /^-----BEGIN (PUBLIC KEY|RSA PUBLIC|CERTIFICATE|PGP PUBLIC|PGP MESSAGE|AGE ENCRYPTED|SSH SIGNATURE)/,
  /^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-\S+|sk-(ssh|ecdsa)-\S+)\s|^age1[0-9a-z]{20,}$/, // public keys
  /^(sha(1|256|512)|md5)-[A-Za-z0-9+/]+=*$/, // SRI
  /^\$ANSIBLE_VAULT;/,
  /^(static:|eui64|prefixstable)?[0-9a-f]{0,4}:[0-9a-f:]*:[0-9a-f:.]*$/i, // the host half of an IPv6 address: Token=
]
/** A few that could be passwords, where the option is certain to hold one. */
const LOOSE = [
  /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/, // an e-mail address
  /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/, // a variable's name
  /^[a-z]\w*\([^()]*\)$/i, // env(X), varchar(255)
  /^\$[A-Za-z_]\w*$/,
  /^(cat|pass|gopass|rbw|bw|op|secret-tool|gpg2?|age|sops|echo|sh|bash|security|head|systemd-creds)\s+\S/,
  /^\S*\/bin\/\S+(\s|$)/,
  /^[\w.-]+(\/[\w.-]+)*\.(txt|key|pem|age|gpg|json|ya?ml|toml|env|conf|ini|nix|sh|asc|pub|crt|secret|password|token)$/i,
]
const PATH = /^(~|\.{1,2})?\/[^\s]*$/

/**
 * Whether a text says where a secret is to be found, or is a public one.
 * @param text trimmed
 * @param loose where the name of the option is no proof
 */
export function isReference(text: string, loose: boolean): boolean {
  if (PATH.test(text)) return !isEncoded(text)
  return (
    REFERENCES.some((reference) => reference.test(text)) || (loose && LOOSE.some((one) => one.test(text)))
  )
}

/** Base64 may begin with a slash: no path has 40 characters and an equals sign at its end. */
function isEncoded(text: string): boolean {
  return /^\/[A-Za-z0-9+/]{30,}={1,2}$/.test(text)
}
