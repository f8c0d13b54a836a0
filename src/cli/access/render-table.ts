import { displayPath, displayText } from '../../byte-path.ts'
import type { Column } from '../../secret/access/fold-readers.ts'
import { type Cell as Access, ATTENTION, type SecretRow } from '../../secret/access/matrix.ts'
import type { Paint, Style } from '../print.ts'
import { type Cell, renderTable, width } from '../table.ts'
import { foldRows, type ShownRow } from './fold-rows.ts'
import type { AccessView } from './view.ts'
import { CELL_TEXT, changeLines, count, placeText, remarksOf } from './words.ts'

/** What the place where it is printed can show. */
export interface Screen {
  /** Columns; null: no limit. */
  readonly width: number | null
  /** Whether more than ASCII may be printed. */
  readonly unicode: boolean
  /** Most rows. */
  readonly rows: number
  readonly paint: Paint
}

/** More secrets than this, and folders whose secrets are all alike become one row. */
const FOLD_ABOVE = 40
/** A table this wide can still be read, where nothing limits it. */
const WIDEST = 200

type Glyphs = Readonly<Record<Access, string>>
const UNICODE: Glyphs = { reads: '●', pending: '○', former: '!', unknown: '?', none: '·' }
const ASCII: Glyphs = { reads: 'x', pending: 'o', former: '!', unknown: '?', none: '.' }
const STYLES: Readonly<Record<Access, Style | null>> = {
  reads: 'green',
  pending: 'yellow',
  former: 'red',
  unknown: 'yellow',
  none: 'dim',
}

/** The matrix as lines of text: a table, or, where that is too wide, each secret with its readers. */
export function renderAccessTable(view: AccessView, screen: Screen): string[] {
  const { matrix, summary } = view
  const { paint } = screen
  const changed = matrix.since === null ? view.rows : view.rows.filter(({ change }) => change !== null)
  const folded: ShownRow[] =
    changed.length > FOLD_ABOVE
      ? foldRows(changed)
      : changed.map((row) => ({ path: row.path, secrets: 1, row }))
  const rows = folded.slice(0, screen.rows)
  const table = rows.length === 0 ? [] : tableOf(view, rows, screen)
  const fits = table.every((line) => line.width <= (screen.width ?? WIDEST))
  const body = fits ? table.map(({ text }) => text) : listOf(view, rows, screen)
  const more = folded.length - rows.length
  const since = matrix.since === null ? '' : `, compared with ${placeText(matrix.since)}`
  return [
    paint('dim', `who can read what, by ${placeText(matrix.at)}${since}`),
    ...(body.length > 0 ? ['', ...body] : []),
    ...(more > 0 ? [`… and ${more} more rows: name a PATH, or --format html`] : []),
    ...(fits && rows.length > 0 ? ['', ...legend(view, rows, screen)] : []),
    '',
    ...changeLines(view),
    totals(view, paint),
    ...(summary.former > 0
      ? [
          paint(
            'red',
            `${count(summary.former, 'secret')} can still be read by somebody whom the policy does not name`,
          ),
        ]
      : []),
  ]
}

function totals({ summary, rows }: AccessView, paint: Paint): string {
  if (rows.length === 0) return 'no secret here'
  const { secrets, readers, attention } = summary
  const verdict = attention === 0 ? paint('green', 'nothing to mend') : paint('red', `${attention} to mend`)
  return `${count(secrets, 'secret')}, ${count(readers, 'reader')}; ${verdict}`
}

function tableOf(view: AccessView, rows: readonly ShownRow[], screen: Screen) {
  const { paint } = screen
  const heads = view.columns.map((column) => headOf(view, column))
  const lines: Cell[][] = [
    ['SECRET', ...heads, ''].map((text) => ({ text, shown: paint('bold', text) })),
    ...rows.map((row) => [
      { text: rowName(row) },
      ...view.columns.map((column) => cellOf(row.row, column, screen)),
      remark(row.row, paint),
    ]),
  ]
  const plain = renderTable(lines.map((line) => line.map(({ text }) => ({ text }))))
  return renderTable(lines).map((text, i) => ({ text, width: width(plain[i] ?? '') }))
}

function rowName({ path, secrets }: ShownRow): string {
  return displayPath(path) + (secrets === 1 ? '' : ` (${secrets})`)
}

function headOf({ matrix }: AccessView, { label, members }: Column): string {
  const own = members.some((member) => matrix.readers[member]?.own)
  const gone = members.some((member) => !matrix.readers[member]?.current)
  return displayText(label) + (own ? ' (you)' : gone ? ' (former)' : '')
}

function cellOf({ cells, gained, lost }: SecretRow, { members }: Column, { unicode, paint }: Screen): Cell {
  const [first = 0] = members
  const access = cells[first] ?? 'none'
  const glyph = (unicode ? UNICODE : ASCII)[access]
  const sign = gained.includes(first) ? '+' : lost.includes(first) ? '-' : ''
  // The sign alone says what is to be expected after it.
  const expected = (sign === '+' && access === 'reads') || (sign === '-' && access === 'none')
  const text = sign === '' ? glyph : expected ? sign : sign + glyph
  const style = sign === '+' ? 'green' : sign === '-' ? 'red' : STYLES[access]
  return { text, shown: style === null ? text : paint(style, text) }
}

function remark(row: SecretRow, paint: Paint): Cell {
  const text = remarksOf(row).join('; ')
  return { text, shown: paint(ATTENTION.has(row.state) ? 'red' : 'dim', text) }
}

function legend({ columns, matrix }: AccessView, rows: readonly ShownRow[], { unicode, paint }: Screen) {
  const glyphs = unicode ? UNICODE : ASCII
  const there = new Set(
    rows.flatMap(({ row }) => columns.map(({ members: [first = 0] }) => row.cells[first] ?? 'none')),
  )
  const kinds = (Object.keys(CELL_TEXT) as (keyof typeof CELL_TEXT)[]).filter((kind) => there.has(kind))
  const groups = columns.filter(({ group }) => group !== null)
  return [
    ...kinds.map((kind) => `${glyphs[kind]} ${CELL_TEXT[kind]}`),
    ...(matrix.since === null ? [] : ['+ gained, - lost since']),
    ...groups.map(({ label, members }) => {
      const names = members.map((member) => displayText(matrix.readers[member]?.label ?? ''))
      return `${displayText(label)}: ${names.slice(0, 12).join(', ')}${names.length > 12 ? `, … (${names.length})` : ''}`
    }),
  ].map((line) => paint('dim', line))
}

/** Each secret, and its readers below it. */
function listOf(view: AccessView, rows: readonly ShownRow[], screen: Screen): string[] {
  const limit = screen.width ?? WIDEST
  return rows.flatMap((row) => {
    const { text, shown = text } = remark(row.row, screen.paint)
    const words = (['reads', 'pending', 'unknown', 'former'] as const).flatMap((kind) => {
      const names = view.columns.filter(({ members: [first = 0] }) => row.row.cells[first] === kind)
      const labels = names.map((column) => sign(row.row, column) + headOf(view, column))
      return labels.length === 0 ? [] : wrap(`${LIST_TEXT[kind]}: ${labels.join(', ')}`, limit)
    })
    const lost = view.columns.filter(
      ({ members: [first = 0] }) => row.row.lost.includes(first) && row.row.cells[first] === 'none',
    )
    const gone = lost.length === 0 ? [] : wrap(`lost: ${lost.map((c) => headOf(view, c)).join(', ')}`, limit)
    return [rowName(row) + (text === '' ? '' : `  ${shown}`), ...words, ...gone]
  })
}

const LIST_TEXT = {
  reads: 'reads',
  pending: 'not sealed for yet',
  unknown: 'not known',
  former: 'still sealed for',
}

function sign({ gained, lost }: SecretRow, { members: [first = 0] }: Column): string {
  return gained.includes(first) ? '+' : lost.includes(first) ? '-' : ''
}

/** Breaks at commas, indented. */
function wrap(text: string, limit: number): string[] {
  const lines: string[] = []
  let line = '   '
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && width(line) + width(word) + 1 > limit) {
      lines.push(line)
      line = '     '
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
