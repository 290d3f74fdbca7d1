import { homeInContainer } from '../docker/compose.ts'
import type { Container } from '../docker/containers.ts'
import { dockerEngine } from '../docker/engine.ts'
import { containerNamed, theNetwork } from '../docker/networks.ts'
import { exitCode } from './exit.ts'
import { interruptible } from './one-run.ts'
import { output } from './output.ts'

export interface LogsOptions {
  readonly project?: string
  readonly follow?: boolean
  readonly tail?: number
}

/** What a node, the router or the controller wrote, whether it runs or not. Resolves to the exit code. */
export async function logsCommand(name: string, options: LogsOptions): Promise<number> {
  const engine = dockerEngine()
  const container = containerNamed(await theNetwork(engine, options.project), name)
  const follow = options.follow === true
  return interruptible(output(false), async ({ signal }) => {
    const args =
      container.role === 'node'
        ? ofNode(container, follow, options.tail)
        : ofProgram(container, follow, options.tail)
    const code = await engine.attach(args, signal)
    return (signal.aborted ? exitCode.interrupted : code === 0 ? exitCode.pass : exitCode.invalid) as number
  })
}

/** A node keeps its log in its home; a container that shares it reads it, also of a node that is down or frozen. */
function ofNode({ id, image }: Container, follow: boolean, tail: number | undefined): string[] {
  const run = ['run', '--rm', '--init', '--read-only', '--network', 'none', '--volumes-from', `${id}:ro`]
  const lines = tail === undefined ? '+1' : `${tail}`
  return [
    ...run,
    '--entrypoint',
    'tail',
    image,
    '-n',
    lines,
    ...(follow ? ['-F'] : []),
    `${homeInContainer}/node.log`,
  ]
}

function ofProgram({ id }: Container, follow: boolean, tail: number | undefined): string[] {
  return ['logs', ...(follow ? ['--follow'] : []), ...(tail === undefined ? [] : ['--tail', `${tail}`]), id]
}
