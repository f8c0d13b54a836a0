import * as flakeRef from './flake-ref.ts'
import * as sealed from './sealed.ts'

const COMMANDS = { sealed: sealed.run, 'flake-ref': flakeRef.run } as const

/** The commands that stand before every build: in one file, which Node loads in half the time that modules take. */
export function runTwinCommand(name: keyof typeof COMMANDS, args: string[]): Promise<number> {
  return COMMANDS[name](args)
}
