/** A number of files, in words that fit it. */
export function countFiles(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}
