/**
 * Does something for each of some items, at most so many at a time, started in their order.
 * @param work must not throw for what is expected; the first that does is thrown once all that run have ended
 */
export async function runSome<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const lanes = Array.from({ length: Math.min(most, items.length) }, async () => {
    while (next < items.length) await work(items[next++] as T)
  })
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
