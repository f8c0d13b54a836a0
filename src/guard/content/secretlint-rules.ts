import type { SecretLintRuleContext, SecretLintRuleCreator, SecretLintSourceCode } from '@secretlint/types'
import type { ContentHit } from './hit.ts'
import { isPlaceholder, isPlaceholderHost } from './placeholder.ts'

const CREDENTIALS = ':\\/\\/[^:\\/\\s]{1,256}:[^@\\/\\s]{1,256}@'

/**
 * The rules of secretlint's preset that are used, each with an expression that matches wherever the rule could.
 *
 * Left out: `privatekey` (we decode keys instead); `gcp` (its key is a private key, found as such; for `.p12` it reads
 * the file system, and carries 360 KB of crypto with it); `sendgrid` (misses keys with more than one `-`, and takes
 * quadratic time); `filter-comments` (what is pushed could silence its own gate).
 */
export const SECRETLINT_HINTS: Readonly<Record<string, string>> = {
  aws: '(?:SECRET|[sS]ecret)_?(?:ACCESS|[aA]ccess)_?(?:KEY|[kK]ey)',
  npm: 'npm_\\w{36}|:x-oauth-basic@',
  basicauth: CREDENTIALS,
  slack: 'xox[bpaor]-|xapp-|[hH][oO][oO][kK][sS]\\.[sS][lL][aA][cC][kK]\\.',
  shopify: 'shp(?:pa|ca|at|ss)_',
  github: 'gh[pousr]_\\w{36}|github_pat_',
  openai: 'T3BlbkFJ',
  anthropic: 'sk-ant-api0',
  linear: 'lin_api_',
  '1password': 'ops_ey',
  'database-connection-string': CREDENTIALS,
}

const WHAT: Readonly<Record<string, string>> = {
  AWSSecretAccessKey: 'AWS secret access key',
  PackageJSON_xOauthToken: 'GitHub token',
  NPM_ACCESS_TOKEN: 'npm token',
  SLACK_TOKEN: 'Slack token',
  IncomingWebhook: 'Slack webhook',
  BasicAuth: 'password in a URL',
  OPENAI_TOKEN: 'OpenAI key',
  ANTHROPIC_API_KEY: 'Anthropic key',
  LINEAR_API_TOKEN: 'Linear key',
  SHOPIFY_KEY: 'Shopify token',
  GITHUB_TOKEN: 'GitHub token',
  OPS_TOKEN: '1Password service account token',
  MongoDBConnection: 'password in a database URL',
  MySQLConnection: 'password in a database URL',
  PostgreSQLConnection: 'password in a database URL',
}
const PREFIX = '@secretlint/secretlint-rule-'
/** Letters of other alphabets must not count as part of the word before a token, and latin1 has some for bytes of them. */
const FOREIGN = /[\x80-\xff]/g

let loaded: Promise<ReadonlyMap<string, SecretLintRuleCreator>> | null = null

function load(): Promise<ReadonlyMap<string, SecretLintRuleCreator>> {
  loaded ??= import('@secretlint/secretlint-rule-preset-recommend').then(({ rules }) => {
    const byName = new Map<string, SecretLintRuleCreator>()
    for (const rule of rules) byName.set(rule.meta.id.replace(PREFIX, ''), rule as SecretLintRuleCreator)
    for (const name of Object.keys(SECRETLINT_HINTS))
      if (!byName.has(name)) throw new Error(`secretlint has no rule ${name} any more`)
    return byName
  })
  return loaded
}

/**
 * What rules of secretlint find. They are run here, not by `@secretlint/core`, which reads `DEBUG`, keeps a mark of
 * each run for good, and builds messages that hold the secret; run so, they read nothing but the text.
 * @param text latin1
 * @param names of the rules to run, keys of {@link SECRETLINT_HINTS}
 */
export async function secretlintHits(text: string, names: Iterable<string>): Promise<ContentHit[]> {
  const rules = await load()
  const hits: ContentHit[] = []
  const content = text.replace(FOREIGN, '\x80')
  for (const name of names) {
    const report = (id: string, start: number, end: number) => {
      // That rule gives the place of the name, and the length of the key behind it.
      const found = id === 'AWSSecretAccessKey' ? awsKey(content.slice(start)) : content.slice(start, end)
      if (!isExample(id, found)) hits.push({ offset: start, what: WHAT[id] ?? 'credential' })
    }
    const rule = rules.get(name) as SecretLintRuleCreator
    await rule.create(contextFor(report), {}).file?.(sourceOf(content))
  }
  return hits
}

function contextFor(report: (id: string, start: number, end: number) => void): SecretLintRuleContext {
  return {
    sharedOptions: {},
    // The message itself, with the secret in it, is never made.
    createTranslator: () => (id: unknown) => ({ messageId: String(id), message: '', data: {} }),
    report: ({ message, range }) => report(message.messageId, range[0], range[1]),
    ignore: () => {},
  } as SecretLintRuleContext
}

function sourceOf(content: string): SecretLintSourceCode {
  const nowhere = () => {
    throw new Error('not asked for')
  }
  return {
    hasBOM: false,
    content,
    // A name for which the rule for npm looks for tokens in URLs too.
    filePath: 'package.json',
    physicalFilePath: undefined,
    contentType: 'text',
    ext: '',
    getFilePath: () => undefined,
    getPhysicalFilePath: () => undefined,
    locationToRange: nowhere,
    rangeToLocation: nowhere,
    positionToIndex: nowhere,
    indexToPosition: nowhere,
  }
}

function awsKey(text: string): string {
  return /[:=>\s"']([A-Za-z0-9/+=]{40})/.exec(text.slice(0, 1024))?.[1] ?? ''
}

/** Holes of templates in a user's name, which secretlint knows by half. */
const HOLE = /[$<>{}*\\]|%[(s]/
/** Bots' tokens of the shortest kind, which is no longer given out, have 36 letters. */
const SHORTEST_SLACK = 36

/** Whether what a rule found is an example, a template or a default that everybody knows. */
function isExample(id: string, found: string): boolean {
  const url = /^[\w+:]+:\/\/([^:/\s]*):([^@/\s]*)@([^:/?\s]*)/.exec(found)
  if (url !== null) {
    const [user = '', password = '', host = ''] = url.slice(1)
    return isPlaceholder(password) || password === user || HOLE.test(user) || isPlaceholderHost(host)
  }
  if (id === 'SLACK_TOKEN' && found.length < SHORTEST_SLACK) return true
  return isPlaceholder(id === 'AWSSecretAccessKey' ? found : found.replace(/^[a-z0-9]+[-_]/, ''))
}
