import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { needs } from '../support/needs.ts'
import type { RunResult } from '../support/sandbox.ts'
import type { ModuleHost } from './module-host.ts'
import { unitFiles } from './unit-files.ts'

const SYSTEMD = '/lib/systemd/systemd'

/** Finds a place for a control group, and goes there; the rest is in namespaces that end with it. */
const START = `
set -e
cg=/sys/fs/cgroup/unified
[ -e "$cg/cgroup.procs" ] || cg=/sys/fs/cgroup
mkdir "$cg/$1" && echo $$ >"$cg/$1/cgroup.procs"
exec unshare --mount --pid --cgroup --ipc --fork --kill-child --mount-proc --propagation private sh -ec '
  mount -t tmpfs -o mode=0755 run /run
  mount -t tmpfs disk /var/lib
  umount -l /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
  mkdir -p /run/systemd/system
  cp -r "$1" /run/units
  # Else credentials would be mounted where the service can not see them.
  mount --make-rshared /
  echo ready
  export SYSTEMD_UNIT_PATH=/run/units container=test
  exec ${SYSTEMD} --system --unit=multi-user.target --show-status=false' sh "$2"`

/** A real systemd as process 1 of its own namespaces, with nothing but the units of a module under test. */
export class SystemdHost {
  readonly host: ModuleHost
  readonly #child: ChildProcess
  readonly #group: string
  #pid = ''

  private constructor(host: ModuleHost, child: ChildProcess, group: string) {
    this.host = host
    this.#child = child
    this.#group = group
  }

  /** Whether there can be one; says what is missing. */
  static possible(what: string): boolean {
    if (!needs(what, 'systemctl', 'unshare', 'nsenter')) return false
    const script = `c=/sys/fs/cgroup/unified; [ -e $c/cgroup.procs ] || c=/sys/fs/cgroup
      [ -e $c/cgroup.procs ] && [ -x ${SYSTEMD} ] && mkdir $c/nst-try && rmdir $c/nst-try`
    if (spawnSync('sh', ['-c', script]).status === 0) return true
    // Nothing that a package could mend.
    process.stdout.write(`left out: ${what} (no control groups to be had here)\n`)
    return false
  }

  /** Boots with the units of a configuration. */
  static async boot(host: ModuleHost, configuration: string): Promise<SystemdHost> {
    const units = await SystemdHost.#units(host, configuration)
    const group = `nst-${process.pid}`
    const child = spawn('sh', ['-c', START, 'sh', group, units], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    const machine = new SystemdHost(host, child, group)
    process.on('exit', () => machine.stop())
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    machine.#pid = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
    await machine.until('systemctl is-system-running | grep -Eq "running|degraded"')
    return machine
  }

  /** Builds the units of a configuration, and writes them to a directory. */
  static async #units(host: ModuleHost, configuration: string): Promise<string> {
    // Commands of units are in the store once what tells of them is.
    await host.build(configuration, 'allChecks')
    const { services } = await host.eval(configuration)
    const dir = `units-${Math.random().toString(36).slice(2)}`
    for (const [name, text] of Object.entries(unitFiles(services))) {
      if (text !== '') host.box.write(`${dir}/${name}`, text)
      else {
        host.box.write(`${dir}/${name}.x`, '')
        await host.box.ok('ln', ['-s', `../${name.split('/')[1]}`, host.box.path(dir, name)])
        await host.box.ok('rm', [host.box.path(dir, `${name}.x`)])
      }
    }
    return host.box.path(dir)
  }

  /** What switch-to-configuration does with units that changed, as far as it concerns us. */
  async deploy(configuration: string): Promise<void> {
    const units = await SystemdHost.#units(this.host, configuration)
    await this.sh(`rm -r /run/units && cp -r ${units} /run/units && systemctl daemon-reload`)
    await this.sh('systemctl restart nixsecret.service')
    await this.until('systemctl list-jobs | grep -q "No jobs"')
  }

  sh(script: string): Promise<RunResult> {
    return this.host.box.run('nsenter', ['-t', this.#pid, '-m', '-p', '-C', '--', 'sh', '-c', script])
  }

  async lines(script: string): Promise<string[]> {
    return (await this.sh(script)).out.split('\n').filter(Boolean)
  }

  /** Waits until a command succeeds; throws with its output after 20 seconds. */
  async until(script: string): Promise<void> {
    let last: RunResult | undefined
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
      last = await this.sh(script)
      if (last.code === 0) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`not so after 20 s: ${script}\n${last?.out}${last?.stderr}`)
  }

  stop(): void {
    // With process 1 all of its namespace ends; then the control group can go.
    spawnSync('sh', [
      '-c',
      `kill -9 ${this.#pid} ${this.#child.pid} 2>/dev/null
       c=/sys/fs/cgroup/unified/${this.#group}; [ -d $c ] || c=/sys/fs/cgroup/${this.#group}
       for i in 1 2 3 4 5 6 7 8 9; do [ -d $c ] || break; find $c -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1; done`,
    ])
  }
}
