import type { CommitInfo } from '../../git/commit-info.ts'
import type { Outstanding, RotationReport } from '../../secret/rotation/outstanding.ts'
import { isoTime } from '../secret/day-of.ts'
import { jsonPath } from '../secret/json-path.ts'

/** What `rotation --json` prints. */
export function asJson({
  outstanding,
  exposed,
  overdue,
  unknown,
  unmerged,
  secrets,
}: RotationReport): object {
  return {
    version: 1,
    outstanding: outstanding.map((one) => ({
      path: jsonPath(one.path),
      recipient: one.names[0] ?? null,
      names: one.names,
      key: one.key,
      lost: one.lost === null ? null : jsonCommit(one.lost),
      lostHow: one.lostHow,
      opened: jsonOpened(one.opened),
      stillSealed: one.stillSealed,
      unsure: one.unsure,
    })),
    exposed: exposed.map(({ path, opened }) => ({ path: jsonPath(path), opened: jsonOpened(opened) })),
    overdue: overdue.map(({ path, days, unsure }) => ({ path: jsonPath(path), days, unsure })),
    unknown: unknown.map(jsonPath),
    unmerged: unmerged.map(jsonPath),
    secrets,
  }
}

/** A commit and when it was made. */
export function jsonCommit({ oid, time }: Pick<CommitInfo, 'oid' | 'time'>) {
  return { commit: oid, date: isoTime(time) }
}

function jsonOpened({ path, oid, commit }: Outstanding['opened']) {
  return { path: jsonPath(path), commit, blob: oid }
}
