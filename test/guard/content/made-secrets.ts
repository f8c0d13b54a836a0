import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { encodeBech32 } from '../../../src/age/bech32.ts'
import { wireString } from '../../../src/age/ssh/wire.ts'

/** What a place holder in a fixture becomes, and what must be said of it; null where nothing may be. */
export interface Made {
  readonly value: string
  readonly what: string | null
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Bytes that look random and are the same in each run. */
export function bytes(size: number, seed: string): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i * 64 < size; i++) parts.push(createHash('sha512').update(`${seed} ${i}`).digest())
  return Buffer.concat(parts).subarray(0, size)
}

/** Letters of an alphabet, the same in each run. */
export function letters(count: number, seed: string, alphabet = ALPHANUMERIC): string {
  return Array.from(bytes(count, seed), (byte) => alphabet[byte % alphabet.length]).join('')
}

/** A value as SOPS writes it. */
export function encValue(seed: string): string {
  const part = (size: number, name: string) => bytes(size, `${seed} ${name}`).toString('base64')
  return `ENC[AES256_GCM,data:${part(17, 'data')},iv:${part(32, 'iv')},tag:${part(16, 'tag')},type:str]`
}

function pem(label: string, body: Buffer | string, headers = ''): string {
  const lines = (typeof body === 'string' ? body : body.toString('base64')).match(/.{1,64}/g) ?? []
  // In pieces: whoever looks for keys in this repository should not find one here.
  return [
    ['-----BEGIN', `${label}-----`].join(' '),
    ...(headers === '' ? [] : [headers, '']),
    ...lines,
    `-----END ${label}-----`,
  ].join('\n')
}

function openssh(cipher: string): string {
  const secret = Buffer.concat([bytes(8, 'check'), bytes(128, cipher)])
  const count = Buffer.from([0, 0, 0, 1])
  const kdf = cipher === 'none' ? 'none' : 'bcrypt'
  const publicKey = Buffer.concat([wireString('ssh-ed25519'), wireString(bytes(32, 'public'))])
  const parts = [Buffer.from('openssh-key-v1\0'), wireString(cipher), wireString(kdf), wireString('options')]
  return pem(
    'OPENSSH ' + 'PRIVATE KEY',
    Buffer.concat([...parts, count, wireString(publicKey), wireString(secret)]),
  )
}

function ed25519(): { pkcs8: Buffer; pair: string; signature: string; publicPem: string; publicKey: string } {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const pkcs8 = Buffer.concat([prefix, bytes(32, 'ed25519')])
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url')
  return {
    pkcs8,
    pair: Buffer.concat([bytes(32, 'ed25519'), publicKey]).toString('base64'),
    signature: sign(null, Buffer.from('x'), key).toString('base64'),
    publicPem: pem('PUBLIC KEY', publicKey),
    publicKey: publicKey.toString('base64'),
  }
}

function jwk(claims: object): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url')
}

function keys(): Record<string, Made> {
  const of = (value: string, what: string | null = null): Made => ({ value, what })
  const nix = ed25519()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey
  const age = encodeBech32('age-secret-key-', bytes(32, 'age')).toUpperCase()
  const wg = (seed: string) => bytes(32, seed).toString('base64')
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
  const whole = openssh('none')
  return {
    AGE: of(age, 'age identity'),
    AGE_PQ: of(encodeBech32('age-secret-key-pq-', bytes(32, 'pq')).toUpperCase(), 'age identity'),
    AGE_PLUGIN: of(
      encodeBech32('age-plugin-shelf-', bytes(40, 'plugin')).toUpperCase(),
      'age plugin identity',
    ),
    AGE_YUBIKEY: of(encodeBech32('age-plugin-yubikey-', bytes(9, 'yubikey')).toUpperCase()),
    AGE_CUT: of(age.slice(0, -3)),
    AGE_TYPO: of(age.replace(/.$/, age.endsWith('Q') ? 'P' : 'Q')),
    AGE_PUBLIC: of(encodeBech32('age', bytes(32, 'age'))),
    OPENSSH: of(whole, 'OpenSSH private key'),
    OPENSSH_LOCKED: of(openssh('aes256-ctr'), 'OpenSSH private key under a passphrase'),
    OPENSSH_CUT: of(whole.split('\n').toSpliced(3, 1).join('\n')),
    OPENSSH_PUBLIC: of(`ssh-ed25519 ${wireString(bytes(47, 'public')).toString('base64')} me@laptop`),
    PKCS8: of(pem('PRIVATE' + ' KEY', nix.pkcs8), 'private key'),
    PKCS8_CUT: of(pem(`PRIVATE${' '}KEY`, nix.pkcs8.subarray(0, 45))),
    PKCS8_LOCKED: of(String(ec.export(locked)).trim(), 'private key under a passphrase'),
    RSA: of(String(rsa.export({ type: 'pkcs1', format: 'pem' })).trim(), 'RSA private key'),
    RSA_LOCKED: of(
      String(rsa.export({ ...locked, type: 'pkcs1' })).trim(),
      'RSA private key under a passphrase',
    ),
    EC: of(String(ec.export({ type: 'sec1', format: 'pem' })).trim(), 'EC private key'),
    // As ssh-keygen wrote it: Node has no such export.
    DSA: of(pem('DSA ' + 'PRIVATE KEY', dsa.export({ type: 'pkcs8', format: 'der' })), 'DSA private key'),
    PGP: of(
      pem('PGP ' + 'PRIVATE KEY BLOCK', Buffer.concat([Buffer.from([0x95, 3]), bytes(700, 'pgp')])),
      'OpenPGP private key',
    ),
    PUTTY: of(
      `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\n${wg('p')}\nPrivate-Lines: 1\n${wg('s')}\nPrivate-MAC: 0`,
      'PuTTY private key',
    ),
    WIREGUARD: of(wg('wg'), 'WireGuard private key'),
    WIREGUARD_PSK: of(wg('psk'), 'WireGuard preshared key'),
    WIREGUARD_PUBLIC: of(wg('wg public')),
    NIX_SIGNING: of(nix.pair, 'Nix signing key'),
    NIX_PUBLIC: of(nix.publicKey),
    NIX_SIGNATURE: of(nix.signature),
    PUBLIC_PEM: of(nix.publicPem),
    JWK: of(JSON.stringify(ec.export({ format: 'jwk' })), 'JSON web key'),
    JWK_OCT: of(`{"kty":"oct","k":"${letters(43, 'oct')}"}`, 'JSON web key'),
  }
}

function tokens(): Record<string, Made> {
  const hex = (count: number, seed: string) => letters(count, seed, '0123456789abcdef')
  const prefixed = (prefix: string, count: number, what: string): Made => ({
    value: prefix + letters(count, prefix),
    what,
  })
  const snowflake = Buffer.from('812345678901234567').toString('base64url')
  const claims = `${jwk({ alg: 'HS256' })}.${jwk({ sub: 'cache', iat: 1 })}.${letters(43, 'jwt')}`
  // Of the one length that secretlint knows, too.
  const account = jwk({ email: 'x@y.z', secretKey: letters(81, '1p'), userAuth: { method: 'x' } })
  return {
    GITHUB: prefixed('ghp_', 36, 'GitHub token'),
    GITHUB_PAT: prefixed('github_pat_', 82, 'GitHub token'),
    GITLAB: prefixed('glpat-', 20, 'GitLab token'),
    TAILSCALE: { value: `tskey-auth-${letters(12, 'a')}-${letters(32, 'b')}`, what: 'Tailscale key' },
    NETBIRD: prefixed('nbp_', 36, 'NetBird token'),
    SLACK: { value: `xoxb-123450${hex(6, 'x')}-${letters(24, 'slack')}`, what: 'Slack token' },
    SLACK_HOOK: {
      value: `https://hooks.slack.com/services/T${letters(9, 't')}/B${letters(9, 'b')}/${letters(24, 'h')}`,
      what: 'Slack webhook',
    },
    AWS: { value: `aws_secret_access_key = "${letters(40, 'aws')}"`, what: 'AWS secret access key' },
    ANTHROPIC: { value: `sk-ant-api03-${letters(93, 'anthropic')}AA`, what: 'Anthropic key' },
    OPENAI: { value: `sk-${letters(20, 'o')}T3Blbk${'FJ'}${letters(20, 'p')}`, what: 'OpenAI key' },
    LINEAR: prefixed('lin_api_', 40, 'Linear key'),
    SHOPIFY: prefixed('shpat_', 32, 'Shopify token'),
    ONEPASSWORD: { value: `ops_${account}`, what: '1Password service account token' },
    SENDGRID: {
      value: `SG.${letters(22, 's')}.${letters(21, 'g')}-_${letters(20, 'i')}`,
      what: 'SendGrid key',
    },
    NPM: prefixed('npm_', 36, 'npm token'),
    NPM_AUTH: { value: `_authToken=${letters(36, 'npm')}`, what: 'npm token' },
    DB_URL: {
      value: `postgres://app:${letters(12, 'db')}@db.internal:5432/app`,
      what: 'password in a database URL',
    },
    MYSQL_URL: {
      value: `mysql://app:${letters(12, 'my')}@localhost/app`,
      what: 'password in a database URL',
    },
    MONGO_URL: {
      value: `mongodb+srv://app:${letters(12, 'mo')}@x.mongodb.net`,
      what: 'password in a database URL',
    },
    URL: { value: `https://deploy:${letters(12, 'url')}@git.lan.net`, what: 'password in a URL' },
    CAMERA_URL: {
      value: `rtsp://ha:${letters(5, 'cam')}!${letters(5, 'era')}@10.1.2.3`,
      what: 'password in a URL',
    },
    REDIS_URL: { value: `redis://:${letters(16, 'redis')}@cache`, what: 'password in a URL' },
    XOAUTH: { value: `https://${hex(40, 'x')}:x-oauth-basic@github.com/`, what: 'GitHub token' },
    STRIPE: prefixed('sk_live_', 24, 'Stripe key'),
    DIGITALOCEAN: { value: `dop_v1_${hex(64, 'do')}`, what: 'DigitalOcean token' },
    GOOGLE: prefixed('AIza', 35, 'Google API key'),
    PYPI: prefixed('pypi-AgEIcHlwaS5vcmc', 80, 'PyPI token'),
    HUGGINGFACE: prefixed('hf_', 34, 'Hugging Face token'),
    VAULT: prefixed('hvs.', 24, 'Vault token'),
    TELEGRAM: { value: `123450987:AA${letters(33, 'telegram')}`, what: 'Telegram bot token' },
    DISCORD: { value: `${snowflake}.${letters(6, 'd')}.${letters(27, 'e')}`, what: 'Discord bot token' },
    DISCORD_HOOK: {
      value: `https://discord.com/api/webhooks/812345678901234567/${letters(68, 'hook')}`,
      what: 'Discord webhook',
    },
    // Of Arch Linux, and for everybody.
    GOOGLE_PUBLIC: { value: ['AIza', 'SyDwr302FpOSkGRpLlUpPThNTDPbXcIn_FM'].join(''), what: null },
    JWT_EXPIRED: {
      value: `${jwk({ alg: 'HS256' })}.${jwk({ exp: 1_700_000_000 })}.${letters(43, 'x')}`,
      what: null,
    },
    JWT: { value: claims, what: 'JSON web token' },
    CLOUDFLARE: {
      value: jwk({ a: hex(32, 'a'), t: 'x-y', s: letters(48, 's') }),
      what: 'Cloudflare tunnel token',
    },
  }
}

/** By the name that fixtures use between two `@`. */
export const MADE: Readonly<Record<string, Made>> = { ...keys(), ...tokens() }
