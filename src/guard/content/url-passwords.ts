import type { ContentHit } from './hit.ts'
import { isPlaceholder, isPlaceholderHost } from './placeholder.ts'

/** Schemes of servers that people log in to; those of databases that secretlint knows are left to it. */
const SCHEMES =
  'https?|ftps?|sftp|ssh|rtsps?|rtmps?|amqps?|rediss?|smtps?|imaps?|pop3s?|ldaps?|mqtts?|wss?|socks5h?|vnc|rdp|smb|nats|' +
  'clickhouse|influxdb|couchdb|sqlserver|mssql|mariadb|xmpp|turns?|caldavs?|webdavs?'
const URL = new RegExp(
  `(?<![\\w+.-])(?:git\\+)?(?:${SCHEMES})://([\\w.~%+-]{0,64}):([^\\s@/:"'<>\`{}$\\\\]{6,128})@([\\w.-]{2,253})`,
  'g',
)

/** Matches wherever {@link urlPasswords} finds something. */
export const URL_HINT = '://[\\w.~%+-]{0,64}:[^\\s@/:]{6,128}@'

/**
 * Passwords in URLs, of more schemes and with more characters than secretlint's rule knows: cameras, brokers, mail.
 * @param text latin1
 */
export function urlPasswords(text: string): ContentHit[] {
  const hits: ContentHit[] = []
  for (const match of text.matchAll(URL)) {
    const [user = '', password = '', host = ''] = match.slice(1)
    if (isPlaceholder(password) || password === user || isPlaceholderHost(host)) continue
    hits.push({ offset: match.index, what: 'password in a URL' })
  }
  return hits
}
