import { runProgram } from './command-line.ts'
import { plotCommands } from './plot-command.ts'

/** The command line for `groundwork plot` alone: without what runs networks, which would double the memory of plotting. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram(args, plotCommands)
}
