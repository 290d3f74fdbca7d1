import { dockerEngine } from '../docker/engine.ts'
import { containerNamed, theNetwork } from '../docker/networks.ts'
import { exitCode } from './exit.ts'
import { output } from './output.ts'
import { interruptible } from './run-command.ts'

export interface LogsOptions {
  readonly project?: string
  readonly follow?: boolean
  readonly tail?: number
}

/** What a node, the router or the controller wrote. Resolves to the exit code. */
export async function logsCommand(name: string, options: LogsOptions): Promise<number> {
  const engine = dockerEngine()
  const container = containerNamed(await theNetwork(engine, options.project), name)
  const tail = options.tail === undefined ? [] : ['--tail', `${options.tail}`]
  const follow = options.follow === true ? ['--follow'] : []
  return interruptible(output(false), async ({ signal }) => {
    const code = await engine.attach(['logs', ...follow, ...tail, container.id], signal)
    return (signal.aborted ? exitCode.interrupted : code === 0 ? exitCode.pass : exitCode.invalid) as number
  })
}
