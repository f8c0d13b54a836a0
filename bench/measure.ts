import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

export interface Measured {
  /** Wall-clock time, in milliseconds. */
  readonly ms: number
  /** The most memory that the process itself had resident, in MiB; 0 where /proc is missing. */
  readonly peakMiB: number
  readonly stdout: string
}

export interface MeasureOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Read from this file instead of nothing. */
  readonly stdin?: string
  /** Write to this file (or device) instead of collecting it. */
  readonly stdout?: string
  /** Watch the memory as well; costs a little. */
  readonly memory?: boolean
}

/** Runs a program and measures it. @throws Error unless it exits 0 */
export function measure(
  program: string,
  args: readonly string[],
  options: MeasureOptions,
): Promise<Measured> {
  const input = openSync(options.stdin ?? '/dev/null', 'r')
  const output = options.stdout === undefined ? null : openSync(options.stdout, 'w')
  return new Promise((resolve, reject) => {
    let peakMiB = 0
    let stdout = ''
    let stderr = ''
    const start = process.hrtime.bigint()
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: [input, output ?? 'pipe', 'pipe'],
    })
    closeSync(input)
    if (output !== null) closeSync(output)
    const look = () => {
      const peak = peakOf(child.pid)
      if (peak > peakMiB) peakMiB = peak
    }
    const timer = options.memory === true ? setInterval(look, 10) : undefined
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const ms = Number(process.hrtime.bigint() - start) / 1e6
      clearInterval(timer)
      if (code === 0) resolve({ ms, peakMiB, stdout })
      else reject(new Error(`${program} ${args.join(' ')}: exit code ${code}\n${stderr}`))
    })
  })
}

/** VmHWM of /proc/PID/status: the high-water mark, so that the last look before the end is enough. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** The middle value; of an even number, the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}
