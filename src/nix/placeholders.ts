/** Values that stand where a secret is to be put, without separators, lower case. */
const WHOLE = new Set(
  (
    'changeme changethis changeit changemenow changemeplease pleasechangeme pleasechange replaceme replacethis ' +
    'fixme todo tbd none null na unset empty placeholder example dummy fake fakepassword fakekey sample test ' +
    'testing testpassword testpass redacted removed censored hidden masked notset notneeded notused unused ignored ' +
    'insert inserthere fillme fillmein donotuse notasecret notarealsecret foo bar baz foobar foobarbaz blah ' +
    'admin demo yourpassword mypassword password123example sensitive xxx yyy zzz secrethere'
  ).split(' '),
)
const PARTS =
  /\bstub\b|change[-_ ]?(me|this|it)\b|changeme|replace[-_ ]?(me|this)|placeholder|redacted|example|dummy|do[-_ ]?not[-_ ]?(use|commit)|not[-_ ]?(a[-_ ]?)?(real|secret|valid|used|needed)|fill[-_ ]?(me[-_ ]?)?in\b|goes[-_ ]here/i
/** `your-token`, `my_api_key_here`, `insert password` */
const ASKED =
  /^(your|insert|enter|put|paste|provide|set|use|add|some|the|a|an)[-_ ]?.*(password|passphrase|token|secret|key|here)[-_ ]?(here)?$/i
/** `xxxx`, `***`, `...`, `AAAA…=`, `0000-0000` */
const FILLER = /^([x*.\-_#?•~=\s]|\xe2\x80[\xa2\xa6]|0)+$|^(.)\2{3,}=*$/i
const ELLIPSIS = /\.\.\.|\xe2\x80\xa6|[xX]{5,}|\*{4,}/

/** Whether a text only stands in for a secret, as `changeme`, `<token>`, `xxxx`. @param text trimmed latin1 */
export function isPlaceholder(text: string): boolean {
  if (text.length > 200) return false
  return (
    FILLER.test(text) ||
    ELLIPSIS.test(text) ||
    PARTS.test(text) ||
    ASKED.test(text) ||
    WHOLE.has(text.toLowerCase().replace(/[^a-z0-9]/g, ''))
  )
}
