/**
 * The candidate that a mistyped word most likely meant, or null where none is near.
 * Near: at most two letters added, dropped, changed or swapped, and less than half the word.
 */
export function closest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  let least = Math.min(2, Math.floor((word.length - 1) / 2) + 1)
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate)
    if (distance < least || (distance === least && best === null)) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Damerau-Levenshtein distance with adjacent swaps (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let value = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, at(i - 2, j - 2) + 1)
      }
      ;(rows[i] as number[])[j] = value
    }
  }
  return at(a.length, b.length)
}
