import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { needs } from '../support/needs.ts'

/** A user who may do nothing else here. */
const UID = '12345'

/** $1: the sandbox, which a directory of root's may hold. Only what is in it, and /run, is this user's world. */
export const SETUP = `
box=$1 top=$(dirname "$1")
mount --bind "$box" /mnt
mount -t tmpfs -o mode=0755 tmpfs "$top"
mkdir -p "$box"
mount --move /mnt "$box"
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/home/.ssh /run/home/.config
cp "$box"/home/.ssh/id_ed25519* /run/home/.ssh
mkdir -m 0700 /run/rt
chown -R ${UID}:${UID} /run/home /run/rt
as_user() {
  setpriv --reuid ${UID} --regid ${UID} --clear-groups env -i PATH=/usr/bin:/bin HOME=/run/home \\
    XDG_RUNTIME_DIR=/run/rt "$@"
}
`

/** Behind SETUP. A systemd of the user wants a control group that is the user's; it goes when all in it has ended. */
export const SYSTEMD = `
mount -t cgroup2 cgroup2 /sys/fs/cgroup
group=/sys/fs/cgroup/nixsecret-test-$$
mkdir "$group"
trap 'find "$group" -depth -type d -exec rmdir {} +' EXIT
chown -R ${UID}:${UID} "$group"
mkdir -p /run/systemd/system
cat >"$box/session.sh"
unshare --pid --fork --kill-child --mount-proc sh -c 'echo $$ >"$1/cgroup.procs"
  exec setpriv --reuid ${UID} --regid ${UID} --clear-groups env -i PATH=/usr/bin:/bin HOME=/run/home \\
    XDG_RUNTIME_DIR=/run/rt bash --norc -eu "$2/session.sh"' sh "$group" "$box"
`

/** What a session runs, by stdin of SYSTEMD, before its script. A reader stands for any unit that wants a secret. */
export const SESSION = `
cd /run/rt
switch_to() {
  rm -rf ~/.config/systemd
  cp -RT "$1" ~/.config
  chmod -R u+w ~/.config
  mkdir -p ~/.config/systemd/user/default.target.wants
  cat >~/.config/systemd/user/reader.service <<'END'
[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/bin/sh -c 'cat %t/nixsecret/token >>%t/reads'
END
  for unit in nixsecret reader; do
    ln -s "../$unit.service" ~/.config/systemd/user/default.target.wants
  done
}
start_systemd() {
  /lib/systemd/systemd --user >/dev/null 2>log &
  for try in $(seq 100); do
    [ "$(systemctl --user is-system-running 2>&1)" != running ] || return 0
    sleep 0.1
  done
  cat log >&2
  systemctl --user --no-pager status >&2
  exit 1
}
settle() { while [ -n "$(systemctl --user list-jobs --no-legend)" ]; do sleep 0.1; done; }
failed() { echo "failed: $(systemctl --user list-units --failed --no-legend --plain | cut -d ' ' -f 1 | xargs)"; }
`

/** Whether a user's systemd can be started here: it wants a control group of its own. */
export function systemdPossible(what: string): boolean {
  const systemd = '/lib/systemd/systemd'
  if (existsSync(systemd) && needs(what, 'systemctl')) {
    const group = `/sys/fs/cgroup/nixsecret-probe-${process.pid}`
    const script = `mount -t cgroup2 c /sys/fs/cgroup && mkdir ${group} && rmdir ${group}`
    const tried = spawnSync('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script])
    if (tried.status === 0) return true
  }
  process.stdout.write(`skipped: ${what} (needs systemd, and leave to make a control group)\n`)
  return false
}
