import fc from 'fast-check'

/** Every run tries other cases; what failed is tried again with this variable. */
const SEED = Number(process.env.NIXSECRET_FUZZ_SEED ?? Date.now() % 0x7fffffff)

/** For `fc.assert`: no shrinking, which may take minutes, and the seed in what is printed. */
export const FUZZ = { seed: SEED, endOnFailure: true } as const

/** So many cases, all at once, for checks that are made of many together. */
export function cases<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: SEED })
}

/** What to say of a case that failed. */
export function seeded(what: string): string {
  return `NIXSECRET_FUZZ_SEED=${SEED}: ${what}`
}

/** Any bytes, as latin1. */
export function anyBytes(maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'))
}

/** A text with a few bytes of it changed, taken away, doubled or put in. */
export function mutated(text: fc.Arbitrary<string>, pieces: readonly string[]): fc.Arbitrary<string> {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const insert = fc.oneof(fc.constantFrom(...pieces), anyBytes(3))
  const edit = fc.tuple(place, fc.constantFrom(0, 0, 1, 2, 9, 60), insert)
  return fc.tuple(text, fc.array(edit, { maxLength: 4 })).map(([before, edits]) => {
    let now = before
    for (const [where, cut, what] of edits) {
      const at = Math.floor(where * (now.length + 1))
      now = now.slice(0, at) + what + now.slice(at + cut)
    }
    return now
  })
}
