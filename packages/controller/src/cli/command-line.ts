import { Command, CommanderError } from 'commander'
import { programVersion } from '../machine.ts'
import { exitCode, oneLine } from './exit.ts'

/** Runs a command line with the commands that `add` adds, and resolves to the exit code; `add` is given what sets it. */
export async function runProgram(
  args: readonly string[],
  add: (program: Command, exit: (code: number) => void) => void,
): Promise<number> {
  let code = exitCode.pass as number
  const program = emptyProgram()
  add(program, (exit) => {
    code = exit
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : (exitCode.usage as number)
    process.stderr.write(`groundwork: ${oneLine(error)}\n`)
    if (isInterruption(error)) return exitCode.interrupted as number
    return isUsage(error) ? (exitCode.usage as number) : (exitCode.invalid as number)
  }
}

const usageCodes =
  /^(USAGE|FOLLOW_RUN|SCENARIO_|RUN_FILE|TRACE_VERSION|DOCKER_SUBNET|PLOT_(K|ID|EXISTS|FILE)$)/

function isUsage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && usageCodes.test(`${error.code}`)
}

/** Ctrl-C while something was made ready, before there was a run that could have been invalid. */
function isInterruption(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'DOCKER_ABORTED' || error.code === 'PLOT_ABORTED')
  )
}

function emptyProgram(): Command {
  return new Command('groundwork')
    .description(
      'A testbed for BFT consensus under partitions: runs a scenario, checks what happened, reports.',
    )
    .version(programVersion())
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `groundwork: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 pass, 1 fail, 2 invalid (the harness or the machine), 64 wrong usage, 130 interrupted.',
    )
}
