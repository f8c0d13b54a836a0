/** One line of the result. */
export interface Row {
  readonly work: string
  /** What is compared with what, as `git-nixsecret / pass-through`. */
  readonly against: string
  /** What came out, with its unit if it is no ratio. */
  readonly measured: number
  /** The most it should be; null for a figure that is only told. */
  readonly target: number | null
  readonly unit?: 'ms' | 'MiB'
  /** Absolute figures behind it. */
  readonly detail: string
}

/** Prints the rows as a Markdown table. */
export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.work,
    row.against,
    show(row.measured, row.unit),
    row.target === null ? '–' : `≤ ${show(row.target, row.unit)}`,
    row.target === null ? '' : row.measured <= row.target ? 'yes' : 'no',
    row.detail,
  ])
  const head = ['work', 'compared', 'measured', 'target', 'reached', 'medians']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => (line[column] ?? '').length)),
  )
  const line = (values: readonly string[]) =>
    `| ${values.map((value, column) => value.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  process.stdout.write(`\n${line(head)}${line(widths.map((width) => '-'.repeat(width)))}`)
  for (const row of cells) process.stdout.write(line(row))
}

function show(value: number, unit: Row['unit']): string {
  if (unit !== undefined) return `${value.toFixed(0)} ${unit}`
  return value < 0.2 ? `1/${(1 / value).toFixed(1)}` : `${value.toFixed(2)} ×`
}
