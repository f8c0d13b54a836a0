/** Milliseconds of processor time that this process has had: what others do on the machine at the time does not count. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
