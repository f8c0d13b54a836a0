import type { CheckResult, Finding } from '../../guard/finding.ts'

/**
 * Two checks as one. What both found is said once, as the second has it: what lies in the index or the work tree is, as
 * a rule, committed as well.
 */
export function mergeResults(open: CheckResult, committed: CheckResult): CheckResult {
  const said = new Map<string, number>()
  for (const finding of committed.findings) said.set(keyOf(finding), (said.get(keyOf(finding)) ?? 0) + 1)
  const added = open.findings.filter((finding) => {
    const count = said.get(keyOf(finding)) ?? 0
    said.set(keyOf(finding), count - 1)
    return count <= 0
  })
  return {
    findings: [...added, ...committed.findings],
    // A finding that both have was allowed once.
    silenced: Math.max(open.silenced, committed.silenced),
    problems: [...new Set([...open.problems, ...committed.problems])],
    looked: {
      commits: open.looked.commits + committed.looked.commits,
      blobs: open.looked.blobs + committed.looked.blobs,
      files: open.looked.files + committed.looked.files,
      byName: open.looked.byName || committed.looked.byName,
      leftOut: open.looked.leftOut || committed.looked.leftOut,
      ...(open.looked.cutOff || committed.looked.cutOff ? { cutOff: true as const } : {}),
    },
  }
}

// Without the line: it differs where something above was edited.
function keyOf({ rule, path, message }: Finding): string {
  return `${rule}\0${path}\0${message}`
}
