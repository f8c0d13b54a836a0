// npm run bench -- [--quick] [--runs N] [--only files,many,one,big,guard,sealed,audit,rotation,access] [--history DIR]
// Everything is measured in one run, the contestants in turn, and the medians are compared; see README.md.
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { has } from '../test/support/needs.ts'
import { PROGRAM, Sandbox } from '../test/support/sandbox.ts'
import { measureAccess } from './access.ts'
import { measureAudit } from './audit.ts'
import { measureBig } from './big.ts'
import { contestants } from './contestants.ts'
import { measureFiles, measureMany } from './files.ts'
import { measureGuard } from './guard.ts'
import { makeKeys } from './keys.ts'
import { measureOne } from './one.ts'
import { measureRotation } from './rotation.ts'
import { measureSealed } from './sealed.ts'
import { printTable, type Row } from './table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string', default: 'files,many,one,big,guard,sealed,audit,rotation,access' },
    history: { type: 'string' },
  },
})
const runs = Number(values.runs ?? (values.quick ? 3 : 7))
const wanted = new Set(values.only.split(','))
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs wants a whole number of at least 1')
if (!existsSync(PROGRAM)) throw new Error('dist/ is missing: npm run build')

const sandbox = new Sandbox('nixsecret-bench')
const keys = await makeKeys(sandbox)
const all = contestants(sandbox, keys)
const rows: Row[] = []
const progress = (text: string) => process.stderr.write(`… ${text}\n`)

process.stdout.write(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.version}; ` +
    `${(await sandbox.ok('git', ['--version'])).trim()}; ${runs} runs, medians\n`,
)
for (const program of ['git-crypt', 'age']) if (!has(program)) process.stdout.write(`without ${program}\n`)
if (wanted.has('files')) rows.push(...(await measureFiles(sandbox, all, 1000, runs, progress)))
if (wanted.has('many')) {
  const many = values.quick ? 3000 : 10_000
  rows.push(...(await measureMany(sandbox, all, many, Math.min(runs, 3), progress)))
}
if (wanted.has('one')) rows.push(...(await measureOne(sandbox, all, runs * 5, progress)))
if (wanted.has('big')) {
  const mebibytes = values.quick ? 256 : 1024
  rows.push(...(await measureBig(keys, mebibytes, Math.min(runs, 5), progress)))
}
if (wanted.has('guard'))
  rows.push(...(await measureGuard(sandbox, runs, values.quick, progress, values.history)))
if (wanted.has('sealed')) rows.push(...(await measureSealed(sandbox, runs, progress)))
if (wanted.has('audit')) rows.push(...(await measureAudit(Math.min(runs, 5), values.quick, progress)))
if (wanted.has('rotation')) {
  const [own] = keys.recipients
  const most = Math.min(runs, 5)
  rows.push(...(await measureRotation(sandbox, own, keys.identityFile, most, values.quick, progress)))
}
if (wanted.has('access')) {
  const [own] = keys.recipients
  const most = Math.min(runs, 5)
  rows.push(...(await measureAccess(sandbox, own, keys.identityFile, most, values.quick, progress)))
}
printTable(rows)
sandbox.remove()
