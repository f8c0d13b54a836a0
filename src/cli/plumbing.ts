import * as clean from './clean.ts'
import * as filterProcess from './filter-process.ts'
import * as mergeDriver from './merge-driver.ts'
import * as smudge from './smudge.ts'

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  'filter-process': filterProcess.run,
  clean: clean.run,
  smudge: smudge.run,
  'merge-driver': mergeDriver.run,
}

/** The commands that git starts, by the thousand: in one file, with nothing beside them. */
export function runPlumbing(name: string, args: string[]): Promise<number> {
  return (COMMANDS[name] as (args: string[]) => Promise<number>)(args)
}
