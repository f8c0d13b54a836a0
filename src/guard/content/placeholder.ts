/** Words that stand for a secret, whole or, if long enough to be no accident, in it. */
const WHOLE =
  /^(?:user(?:name)?|login|pass(?:w(?:or)?d)?|pw|secret|token|key|api_?key|auth|creds?|test|testing|foo|bar|baz|admin|root|guest|anonymous|nobody|none|null|empty|postgres|mysql|mongo|redis|default|demo|dummy|fake|sample|value|string|x-oauth-basic|x-access-token|hunter2)[0-9]{0,3}$/i
const WITHIN =
  /example|changeme|change[_-]me|placeholder|redacted|replace|insert|your[_-]|my[_-]?(?:pass|secret|token)|password|passwd|super-?secret|xxxx|\*\*\*|\.\.\.|012345678|123456789|abcdefgh/i
/** Names of variables and holes of templates. */
const HOLE = /[$<>{}*\\]|%[(s]|^%|^[A-Z]+(?:_[A-Z0-9]+)+$|^[A-Z]+$|^@/
/** Real tokens of 16 letters and more have more different ones. */
const DIFFERENT = 8

/** Whether a text stands where a secret would, as documentation and templates have it. */
export function isPlaceholder(secret: string): boolean {
  const few = secret.length >= 16 && new Set(secret).size < DIFFERENT
  return few || WHOLE.test(secret) || WITHIN.test(secret) || HOLE.test(secret) || /^(.)\1*$/.test(secret)
}

/** Whether a host is one that cannot be: https://www.rfc-editor.org/rfc/rfc2606. */
export function isPlaceholderHost(host: string): boolean {
  return /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|domain\.(?:tld|com)|host(?:name)?)$/i.test(
    host,
  )
}
