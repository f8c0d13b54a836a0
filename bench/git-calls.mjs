// node git-calls.mjs FILE: runs the git commands that FILE lists (a JSON array of arguments), one after the other, and
// nothing else: what they cost whoever starts them from Node.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

for (const args of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const child = spawn('git', args, { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.on('error', () => {})
  child.stdin.end()
  await once(child, 'close')
}
