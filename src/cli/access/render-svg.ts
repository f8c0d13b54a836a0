import { displayPath, displayText } from '../../byte-path.ts'
import type { Cell } from '../../secret/access/matrix.ts'
import { width } from '../table.ts'
import { foldRows, type ShownRow } from './fold-rows.ts'
import { escapeMarkup } from './markup.ts'
import type { AccessView } from './view.ts'
import { CELL_TEXT, placeText, remarksOf } from './words.ts'

/** In a picture nobody can search: what is beyond is counted, not drawn. */
const MOST_ROWS = 120
const MOST_COLUMNS = 80
/** More secrets than this, and folders whose secrets are all alike become one row. */
const FOLD_ABOVE = 24
/** Characters of a name. */
const LONGEST = 48

/** Pixels. */
const ROW = 24
const COLUMN = 26
const CHARACTER = 7.2
const PAD = 16

const STYLE = `text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1b2130}
.bg{fill:#fff;stroke:#dfe3ea}.line{stroke:#dfe3ea}.soft{fill:#565f73}.title{font-weight:700;font-size:15px}
.r{fill:#1f6f4a}.p{fill:none;stroke:#8a5a00;stroke-width:2}.u{fill:#8a5a00;font-weight:700}.f,.minus{fill:#b3261e}.plus{fill:#1f6f4a}
.plus,.minus{font-weight:700;font-size:15px}.gone{fill:#b3261e;text-decoration:line-through}
@media(prefers-color-scheme:dark){text{fill:#e6eaf2}.bg{fill:#181e28;stroke:#2c3545}.line{stroke:#2c3545}.soft{fill:#a3adbf}
.r,.plus{fill:#6fd3a0}.p{stroke:#f0bf62}.u{fill:#f0bf62}.f,.minus,.gone{fill:#ff9a8f}}`

/** What is drawn, and where; in pixels. */
interface Layout {
  readonly rows: readonly ShownRow[]
  /** First member of each column. */
  readonly readers: readonly number[]
  readonly names: readonly string[]
  readonly heads: readonly string[]
  readonly remarks: readonly string[]
  readonly title: string
  readonly subtitle: string
  readonly kinds: readonly Exclude<Cell, 'none'>[]
  readonly notes: readonly string[]
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** The matrix as one picture on its own ground, so that it can be read on light pages and dark ones. */
export function renderAccessSvg(view: AccessView, repository: string): string {
  const layout = layoutOf(view, repository)
  const { kinds, notes, title, subtitle, bottom } = layout
  const width = Math.ceil(widthOf(layout) + PAD)
  const height = Math.ceil(bottom + 14 + (kinds.length + notes.length) * 20 + PAD)
  const parts = [
    text(PAD, 28, title, 'title'),
    text(PAD, 46, subtitle, 'soft'),
    ...layout.heads.map((_, i) => headAt(view, layout, i)),
    ...layout.rows.flatMap((_, i) => rowAt(layout, i)),
    ...kinds.flatMap((kind, i) => [
      signAt(kind, PAD + 6, bottom + 24 + i * 20),
      text(PAD + 22, bottom + 28 + i * 20, CELL_TEXT[kind], 'soft'),
    ]),
    ...notes.map((note, i) => text(PAD, bottom + 28 + (kinds.length + i) * 20, note, 'soft')),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title)}">
<style>${STYLE}</style>
<rect class="bg" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
${parts.join('\n')}
</svg>
`
}

function layoutOf({ rows: secrets, columns: all, matrix }: AccessView, repository: string): Layout {
  const folded: ShownRow[] =
    secrets.length > FOLD_ABOVE
      ? foldRows(secrets)
      : secrets.map((row) => ({ path: row.path, secrets: 1, row }))
  const rows = folded.slice(0, MOST_ROWS)
  const columns = all.slice(0, MOST_COLUMNS)
  const readers = columns.map(({ members: [first = 0] }) => first)
  const names = rows.map((row) => cut(displayPath(row.path)) + (row.secrets === 1 ? '' : ` (${row.secrets})`))
  const heads = columns.map(({ label }) => cut(displayText(label)))
  const left = PAD + Math.max(8, ...names.map(width)) * CHARACTER + 16
  const top = 72 + Math.max(4, ...heads.map(width)) * CHARACTER
  const since = matrix.since === null ? '' : `, compared with ${placeText(matrix.since)}`
  return {
    rows,
    readers,
    names,
    heads,
    remarks: rows.map(({ row }) => cut(remarksOf(row).join('; '))),
    title: `Who can read what: ${displayText(repository)}`,
    subtitle: `by ${placeText(matrix.at)}${since}`,
    kinds: kindsOf(rows, readers),
    notes: [
      ...(matrix.since === null ? [] : ['+ gained, − lost since']),
      ...(folded.length > rows.length ? [`… and ${folded.length - rows.length} more rows`] : []),
      ...(all.length > columns.length ? [`… and ${all.length - columns.length} more readers`] : []),
    ],
    left,
    right: left + columns.length * COLUMN + 12,
    top,
    bottom: top + rows.length * ROW,
  }
}

function widthOf({ right, remarks, subtitle, title, kinds }: Layout): number {
  return Math.max(
    right + Math.max(0, ...remarks.map(width)) * CHARACTER,
    PAD + width(subtitle) * CHARACTER,
    PAD + width(title) * 9.2,
    ...kinds.map((kind) => 40 + CELL_TEXT[kind].length * CHARACTER),
  )
}

/** An escaped name keeps its beginning. */
function cut(name: string): string {
  const chars = [...name]
  return chars.length <= LONGEST ? name : `${chars.slice(0, LONGEST - 1).join('')}…`
}

function text(x: number, y: number, content: string, mark = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${mark === '' ? '' : ` class="${mark}"`}>${escapeMarkup(content)}</text>`
}

function headAt({ columns, matrix }: AccessView, { left, top, heads }: Layout, at: number): string {
  const gone = columns[at]?.members.some((member) => !matrix.readers[member]?.current)
  const place = `translate(${round(left + (at + 0.5) * COLUMN + 4)} ${round(top - 8)}) rotate(-90)`
  return `<text transform="${place}"${gone ? ' class="gone"' : ''}>${escapeMarkup(heads[at] ?? '')}</text>`
}

function rowAt({ rows, readers, names, remarks, left, right, top }: Layout, at: number): string[] {
  const { row } = rows[at] as ShownRow
  const y = top + at * ROW
  const signs = readers.flatMap((reader, i) => {
    const x = left + (i + 0.5) * COLUMN
    const cell = row.cells[reader] ?? 'none'
    const sign = row.gained.includes(reader) ? '+' : row.lost.includes(reader) ? '−' : ''
    const mark = sign === '+' ? 'plus' : 'minus'
    if (sign === '') return cell === 'none' ? [] : [signAt(cell, x, y + ROW / 2)]
    // The sign alone says what is to be expected after it.
    if (cell === 'none' || (sign === '+' && cell === 'reads')) return [text(x - 5, y + 17, sign, mark)]
    return [text(x - 12, y + 17, sign, mark), signAt(cell, x + 4, y + ROW / 2)]
  })
  const remark = remarks[at] ?? ''
  return [
    `<path class="line" d="M${PAD} ${round(y)}H${round(right)}"/>`,
    text(PAD, y + 16, names[at] ?? '', row.change === 'gone' ? 'gone' : ''),
    ...signs,
    ...(remark === '' ? [] : [text(right, y + 16, remark, 'soft')]),
  ]
}

function signAt(cell: Exclude<Cell, 'none'>, x: number, y: number): string {
  const [cx, cy] = [round(x), round(y)]
  if (cell === 'reads') return `<circle class="r" cx="${cx}" cy="${cy}" r="5"/>`
  if (cell === 'pending') return `<circle class="p" cx="${cx}" cy="${cy}" r="4.5"/>`
  if (cell === 'former') return `<path class="f" d="M${cx} ${round(y - 7)}l6 7l-6 7l-6 -7z"/>`
  return text(x - 3.5, y + 4, '?', 'u')
}

function kindsOf(rows: readonly ShownRow[], readers: readonly number[]): Exclude<Cell, 'none'>[] {
  const there = new Set(rows.flatMap(({ row }) => readers.map((reader) => row.cells[reader])))
  return (Object.keys(CELL_TEXT) as Exclude<Cell, 'none'>[]).filter((kind) => there.has(kind))
}

function round(number: number): number {
  return Math.round(number * 10) / 10
}
