import { baseName } from '../../byte-path.ts'
import type { Column } from '../../secret/access/fold-readers.ts'
import { ATTENTION, type Cell, type Reader, type SecretRow } from '../../secret/access/matrix.ts'
import { type Folder, foldersOf } from './folders.ts'
import { escapeMarkup, nameMarkup, pathMarkup } from './markup.ts'
import type { AccessView } from './view.ts'
import { remarksOf } from './words.ts'

/** How the page shows a cell: a class, what a screen reader says, a sign. */
export const SIGNS: Readonly<Record<Exclude<Cell, 'none'>, { mark: string; name: string; glyph: string }>> = {
  reads: { mark: 'r', name: 'reads', glyph: '●' },
  pending: { mark: 'p', name: 'not sealed yet', glyph: '○' },
  former: { mark: 'f', name: 'still sealed for', glyph: '◆' },
  unknown: { mark: 'u', name: 'not known', glyph: '?' },
}

/** The inside of the table: heads, then each folder with its secrets. */
export function tableMarkup(view: AccessView): string {
  const folders = foldersOf(view.rows).map((folder) => folderMarkup(view, folder))
  return `${head(view)}\n${folders.join('\n')}`
}

function head(view: AccessView): string {
  const cols = view.columns.map(() => '<col>').join('')
  const cells = view.columns.map((column) => headCell(view, column)).join('')
  return `<colgroup><col class="names">${cols}</colgroup>
<thead><tr><th scope="col" class="corner">Secret</th>${cells}</tr></thead>`
}

/** Lines of a tooltip, at most. */
const MOST_TOLD = 30

function headCell({ matrix }: AccessView, { label, group, members }: Column): string {
  const readers = members.flatMap((member) => matrix.readers[member] ?? [])
  const marks = [
    group === null ? '' : 'group',
    readers.some(({ own }) => own) ? 'own' : '',
    readers.some(({ current }) => !current) ? 'gone' : '',
  ]
  const told = readers.slice(0, MOST_TOLD).map((reader) => nameMarkup(aboutReader(reader)))
  const title = [...told, ...(readers.length > MOST_TOLD ? [`… ${readers.length} in all`] : [])].join('\n')
  const names = readers.map((reader) => nameMarkup(reader.label))
  const groups = new Set(readers.flatMap((reader) => reader.groups.map((name) => `@${name}`)))
  const find = [nameMarkup(label), ...names, ...[...groups].map(nameMarkup)].join(' ')
  const list = group === null ? '' : ` data-members="${names.join('\n')}"`
  const size = group === null ? '' : `<span class="size">${members.length}</span>`
  const shown = `<div><bdi>${nameMarkup(label)}</bdi>${size}</div>`
  return `<th scope="col"${classes(marks)} title="${title}" data-find="${find}"${list}>${shown}</th>`
}

function classes(marks: readonly string[]): string {
  const there = marks.filter((mark) => mark !== '')
  return there.length === 0 ? '' : ` class="${there.join(' ')}"`
}

function aboutReader({ label, groups, own, current, key }: Reader): string {
  const more = [
    ...(groups.length > 0 ? [`in ${groups.map((name) => `@${name}`).join(', ')}`] : []),
    ...(own ? ['key of who made this page'] : []),
    ...(current ? [] : ['not in the policy']),
    shortKey(key),
  ]
  return `${label} (${more.join('; ')})`
}

/** The end of a key tells keys apart. */
function shortKey(key: string): string {
  return key.length <= 30 ? key : `${key.slice(0, key.startsWith('ssh-') ? 11 : 4)} …${key.slice(-12)}`
}

function folderMarkup(view: AccessView, { path, rows }: Folder): string {
  const cells = view.columns.map((column) => countCell(rows, column)).join('')
  const name = path === '' ? '(top)' : pathMarkup(path)
  return `<tbody><tr class="dir"><th scope="rowgroup" title="${name}"><div><bdi>${name}</bdi><span class="size">${rows.length}</span></div></th>${cells}</tr>
${rows.map((row) => rowMarkup(view, row)).join('\n')}</tbody>`
}

/** How many secrets of a folder somebody reads. */
function countCell(rows: readonly SecretRow[], { members: [first = 0] }: Column): string {
  const cells = rows.map((row) => row.cells[first] ?? 'none')
  const former = cells.includes('former')
  const number = cells.filter((cell) => cell !== 'none').length
  if (number === 0) return '<td>'
  return `<td${former ? ' class=f' : ''} aria-label="${number} of ${rows.length}">${number}`
}

function rowMarkup(view: AccessView, row: SecretRow): string {
  const marks = [
    ATTENTION.has(row.state) || row.cells.includes('former') ? 'mend' : '',
    row.change === null ? '' : 'changed',
    row.state === 'gone' ? 'gone' : '',
  ]
  const chips = remarksOf(row).map((text) => `<span class="chip">${escapeMarkup(text)}</span>`)
  const cells = view.columns.map((column) => cellMarkup(row, column)).join('')
  return `<tr${classes(marks)}><th scope="row" title="${pathMarkup(row.path)}"><div><bdi>${pathMarkup(baseName(row.path))}</bdi>${chips.join('')}</div></th>${cells}</tr>`
}

function cellMarkup({ cells, gained, lost }: SecretRow, { members: [first = 0] }: Column): string {
  const cell = cells[first] ?? 'none'
  const plus = gained.includes(first)
  const minus = lost.includes(first)
  if (cell === 'none') return minus ? '<td class=minus aria-label="lost">−' : '<td>'
  const { mark, name, glyph } = SIGNS[cell]
  if (!plus && !minus) return `<td class=${mark} aria-label="${name}">${glyph}`
  return `<td class="${mark} ${plus ? 'plus' : 'minus'}" aria-label="${plus ? 'gained' : 'lost'}: ${name}">${plus ? '+' : '−'}${cell === 'reads' ? '' : glyph}`
}
