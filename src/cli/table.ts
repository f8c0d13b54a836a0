/** One cell: its text, and the same with colours, if any. */
export interface Cell {
  readonly text: string
  readonly shown?: string
}

/**
 * Lines of an aligned table, two spaces between columns, none at the ends of lines.
 * Widths are counted in characters, East Asian wide ones as two columns.
 */
export function renderTable(rows: readonly (readonly Cell[])[]): string[] {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0)
  const widths = Array.from({ length: columns }, (_, i) =>
    // Not spread into arguments: there may be more rows than a call takes.
    rows.reduce((widest, row) => Math.max(widest, width(row[i]?.text ?? '')), 0),
  )
  return rows.map((row) => {
    let last = row.length - 1
    while (last >= 0 && row[last]?.text === '') last--
    return row
      .slice(0, last + 1)
      .map(({ text, shown = text }, i) =>
        i === last ? shown : shown + ' '.repeat((widths[i] ?? 0) - width(text)),
      )
      .join('  ')
  })
}

/** Columns that a text takes on a terminal: East Asian wide characters two, combining ones none. */
export function width(text: string): number {
  let columns = 0
  for (const char of text.replace(/\p{M}/gu, ''))
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(char) ? 2 : 1
  return columns
}
