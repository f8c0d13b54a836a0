import type { Span } from '../document.ts'

/** A map or a list in a text. */
export interface Level extends Span {
  readonly path: readonly string[]
  /** Of its keys, or its dashes. */
  readonly column: number
  readonly flow: boolean
  readonly parent: Level | null
  /** Where its entries begin, in order. */
  readonly items: { readonly at: number; readonly below: Level | null }[]
  /** Comments that belong to it. */
  readonly notes: { readonly at: number; readonly text: string; readonly inline: boolean }[]
}

/** A comment, from behind its `#`. */
export interface Note extends Span {
  readonly text: string
  readonly column: number
  /** Whether something stands before it on its line. */
  readonly inline: boolean
}

/**
 * The map or list that each comment belongs to, as SOPS's YAML library sees it, or as near as its place tells: one on
 * a line of its own to what has its column, one behind an entry to what that entry is in.
 * @param levels of one document, in the order in which they begin
 * @returns for each comment the likeliest first, then all others that it might belong to
 */
export function attachNotes(notes: readonly Note[], levels: readonly Level[]): Level[][] {
  const items = levels.flatMap((level) => level.items.map(({ at }) => ({ at, level })))
  items.sort((a, b) => a.at - b.at)
  let next = 0
  return notes.map((note) => {
    while (next < items.length && (items[next] as { at: number }).at < note.start) next++
    // An entry that begins at the same place as the one in it comes first.
    const before = items[next - 1]?.level ?? null
    const after = items[next]?.level ?? levels[0] ?? null
    const around = chain(before).filter(({ start, end }) => start <= note.start && note.start < end)
    const flow = around.find((level) => level.flow)
    const behind = note.inline ? before : null
    const ahead = after !== null && after.column === note.column ? after : null
    const level =
      flow ??
      behind ??
      ahead ??
      chain(before).find(({ column }) => column === note.column) ??
      chain(after).find(({ column }) => column <= note.column)
    const others = [...chain(before), ...chain(after)]
    return [...new Set(level === undefined ? others : [level, ...others])]
  })
}

function chain(level: Level | null): Level[] {
  const all: Level[] = []
  for (let at = level; at !== null; at = at.parent) all.push(at)
  return all
}

/**
 * Calls back for each entry and each comment with the comments in force there, as SOPS walks through a document: those
 * before it in its map or list, and before each map or list around it.
 */
export function walkNotes(root: Level, visit: (at: number, comments: () => string[][]) => void): void {
  const stack: { list: string[]; length: number }[] = []
  const inForce = () => {
    const held = stack.map(({ list, length }) => ({ list, length }))
    return () => held.map(({ list, length }) => list.slice(0, length))
  }
  const walk = (level: Level) => {
    const frame = { list: [] as string[], length: 0 }
    stack.push(frame)
    const notes = [...level.notes]
    let index = 0
    const takeNotes = (until: (note: (typeof notes)[number]) => boolean) => {
      for (; index < notes.length && until(notes[index] as (typeof notes)[number]); index++) {
        const { at, text } = notes[index] as (typeof notes)[number]
        frame.length = frame.list.push(text)
        visit(at, inForce())
      }
    }
    level.items.forEach(({ at, below }, i) => {
      const following = level.items[i + 1]?.at ?? Number.POSITIVE_INFINITY
      // One behind an entry, on its line, counts for that entry.
      takeNotes((note) => note.at < at || (note.inline && below === null && note.at < following))
      visit(at, inForce())
      if (below !== null) walk(below)
      frame.list = []
      frame.length = 0
    })
    takeNotes(() => true)
    stack.pop()
  }
  walk(root)
}
