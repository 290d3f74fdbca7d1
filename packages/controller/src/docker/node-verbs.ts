import { CodedError } from '@groundwork/primitives'
import { homeInContainer } from './compose.ts'
import { type Container, isAlready } from './containers.ts'
import type { Engine } from './engine.ts'

/** What people do to a node's container, and how it is undone. */
export const nodeVerbs = ['kill', 'stop', 'pause', 'wipe'] as const
export type NodeVerb = (typeof nodeVerbs)[number]

export function isNodeVerb(verb: string): verb is NodeVerb {
  return (nodeVerbs as readonly string[]).includes(verb)
}

const stopGraceS = 3

/** Does it to a node that runs; one that does not run already is left as it is. */
export async function inflict(
  engine: Engine,
  verb: NodeVerb,
  node: Pick<Container, 'id' | 'image' | 'state'>,
): Promise<void> {
  if (verb === 'pause') return tolerant(engine.run(['pause', node.id]))
  if (verb === 'stop') return tolerant(engine.run(['stop', '-t', `${stopGraceS}`, node.id]))
  // Docker does not kill what is frozen.
  if (node.state === 'paused') await tolerant(engine.run(['unpause', node.id]))
  await tolerant(engine.run(['kill', node.id]))
  if (verb === 'wipe') await wipeHome(engine, node)
}

/** Undoes whatever was done to it; idempotent. Whether there was something to undo. */
export async function heal(engine: Engine, node: Pick<Container, 'id' | 'state'>): Promise<boolean> {
  if (node.state === 'running' || node.state === 'restarting') return false
  await tolerant(engine.run([node.state === 'paused' ? 'unpause' : 'start', node.id]))
  return true
}

/** All but the keys: what is below `data` in its home, on a volume or in a folder of this machine, as the node itself. */
async function wipeHome(engine: Engine, { id, image }: Pick<Container, 'id' | 'image'>): Promise<void> {
  const user = (await engine.run(['inspect', '--format', '{{.Config.User}}', id])).trim()
  const run = ['run', '--rm', '--network', 'none', '--user', user, '--volumes-from', id]
  await engine.run([...run, '--entrypoint', 'rm', image, '-rf', `${homeInContainer}/data`])
}

async function tolerant(command: Promise<string>): Promise<void> {
  try {
    await command
  } catch (error) {
    if (error instanceof CodedError && isAlready(error)) return
    throw error
  }
}
