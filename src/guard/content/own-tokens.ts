import { createHash } from 'node:crypto'
import type { ContentHit } from './hit.ts'
import { isPlaceholder } from './placeholder.ts'

interface TokenKind {
  readonly what: string
  /** Matches the token, or, with one group, has the token in it. Linear in the text: each match begins at a word. */
  readonly pattern: RegExp
  /** Matches wherever `pattern` does, and is cheap. */
  readonly hint: string
  readonly check?: (token: string) => boolean
}

/** A kind whose tokens have a prefix that nothing else has. */
function prefixed(what: string, prefix: string, rest: string): TokenKind {
  const pattern = new RegExp(`(?<![\\w-])(?:${prefix})${rest}(?![\\w-])`, 'g')
  return { what, pattern, hint: `(?:${prefix})` }
}

/** Tokens with a form of their own that secretlint's preset does not know, or, SendGrid's, knows by half. */
const KINDS: readonly TokenKind[] = [
  prefixed(
    'GitLab token',
    'gl(?:pat|dt|rt|ptt|soat|cbt|imt|ft|agent|oas)-',
    '[\\w-]{20,256}(?:\\.[\\w.]{2,32})?',
  ),
  prefixed(
    'Tailscale key',
    'tskey-(?:auth|api|client|scim|webhook)-',
    '[A-Za-z0-9]{6,32}-[A-Za-z0-9]{16,64}',
  ),
  prefixed('NetBird token', 'nbp_', '[A-Za-z0-9]{36}'),
  prefixed('Hugging Face token', 'hf_', '[A-Za-z0-9]{34,40}'),
  prefixed('Stripe key', '[rs]k_live_', '[A-Za-z0-9]{24,256}'),
  prefixed('DigitalOcean token', 'do[opr]_v1_', '[a-f0-9]{64}'),
  { ...prefixed('Google API key', 'AIza', '[\\w-]{35}'), check: (token) => !PUBLIC.includes(digest(token)) },
  prefixed('Google OAuth secret', 'GOCSPX-', '[\\w-]{28}'),
  prefixed('PyPI token', 'pypi-AgEIcHlwaS5vcmc', '[\\w-]{50,512}'),
  prefixed('Grafana token', 'glsa_', '[A-Za-z0-9]{32}_[a-f0-9]{8}'),
  prefixed('Grafana token', 'glc_eyJ', '[\\w+/-]{40,400}={0,2}'),
  prefixed('Vault token', 'hv[bs]\\.', '[\\w-]{24,256}'),
  prefixed('Docker Hub token', 'dckr_[op]at_', '[\\w-]{24,64}'),
  prefixed('Atlassian token', 'ATATT3xFfGF0', '[\\w=-]{100,256}'),
  prefixed('Doppler token', 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.', '(?:[\\w-]{2,35}\\.)?[A-Za-z0-9]{40,44}'),
  prefixed('Pulumi token', 'pul-', '[a-f0-9]{40}'),
  prefixed('Databricks token', 'dapi', '[a-f0-9]{32}(?:-[0-9])?'),
  prefixed('Sentry token', 'sntry[su]_', '[\\w+/=-]{40,400}'),
  prefixed('OpenRouter key', 'sk-or-v1-', '[a-f0-9]{64}'),
  prefixed('Groq key', 'gsk_', '[A-Za-z0-9]{52}'),
  prefixed('xAI key', 'xai-', '[A-Za-z0-9]{80}'),
  prefixed('Replicate token', 'r8_', '[A-Za-z0-9]{37}'),
  prefixed('Anthropic key', 'sk-ant-(?:oat|ort|sid|admin)0[0-9]-', '[\\w-]{80,140}'),
  prefixed('SendGrid key', 'SG\\.', '[\\w-]{22}\\.[\\w-]{43}'),
  prefixed('Codeberg or Gitea token', 'gtu_', '[\\w-]{40,64}'),
  {
    what: 'npm token',
    pattern: /_authToken\s?=\s?["']?([A-Za-z0-9+/_-]{20,256}={0,2})(?![\w$(])/g,
    hint: '_authToken\\s?=',
  },
  {
    what: 'Telegram bot token',
    pattern: /(?<!\w)[0-9]{8,10}:AA[\w-]{33}(?![\w-])/g,
    hint: ':AA[\\w-]{33}',
  },
  {
    what: 'Discord webhook',
    pattern: /discord(?:app)?\.com\/api\/(?:v[0-9]{1,2}\/)?webhooks\/[0-9]{16,20}\/([\w-]{60,80})(?![\w-])/g,
    hint: 'discord(?:app)?\\.com/api/',
  },
  {
    what: 'Discord bot token',
    pattern: /(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w-])/g,
    hint: '\\b[MNO][\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{27}',
    check: (token) => /^[0-9]{16,20}$/.test(decoded(token.split('.')[0] ?? '')),
  },
  {
    // Secretlint knows those whose JSON has one of three lengths.
    what: '1Password service account token',
    pattern: /(?<![\w-])ops_ey[\w+/-]{100,2400}={0,2}(?![\w=-])/g,
    hint: 'ops_ey',
    check: (token) => json(token.slice('ops_'.length)) !== null,
  },
  {
    what: 'Cloudflare tunnel token',
    pattern: /(?<![\w-])eyJhIjoi[\w+/-]{80,400}={0,2}(?![\w=.-])/g,
    hint: 'eyJhIjoi',
    check: (token) => ['a', 't', 's'].every((name) => typeof json(token)?.[name] === 'string'),
  },
  {
    what: 'JSON web token',
    pattern: /(?<![\w.-])eyJ[\w-]{8,1024}\.eyJ[\w-]{8,8192}\.[\w-]{20,1400}(?![\w-])/g,
    hint: '(?<![\\w-])eyJ[\\w-]{8,1024}\\.eyJ',
    check: isToken,
  },
]

/** Beginnings of SHA-256 of keys that distributions publish for everybody: that of Arch Linux, for Chromium and Geoclue. */
const PUBLIC = ['55e95f1b178d8714']

/** Matches every text in which {@link ownTokens} finds something. */
export const OWN_HINTS: readonly string[] = KINDS.map(({ hint }) => hint)

/** @param text latin1 */
export function ownTokens(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  for (const { what, pattern, check } of KINDS) {
    for (const match of text.matchAll(pattern)) {
      const token = match[1] ?? match[0]
      if (isPlaceholder(token) || check?.(token) === false) continue
      hits.push({ offset: match.index + match[0].lastIndexOf(token), what })
    }
  }
  return hits
}

/** Signed, not the example of jwt.io or of PyJWT, and not yet expired: what is opens nothing. */
function isToken(token: string): boolean {
  const [header = '', payload = ''] = token.split('.')
  const algorithm = json(header)?.alg
  const claims = json(payload)
  if (typeof algorithm !== 'string' || algorithm === 'none' || claims === null) return false
  const expired = typeof claims.exp === 'number' && claims.exp * 1000 < Date.now()
  return !expired && claims.sub !== '1234567890' && claims.some !== 'payload'
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 16)
}

function json(base64: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(decoded(base64))
    return typeof value === 'object' ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}
