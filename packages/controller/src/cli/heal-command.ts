import { dockerEngine, type Engine } from '../docker/engine.ts'
import { type RunningNetwork, theNetwork } from '../docker/networks.ts'
import { heal, nodeVerbs } from '../docker/node-verbs.ts'
import { reachHub } from '../runtime/docker-network.ts'
import { exitCode, usageError } from './exit.ts'
import { output } from './output.ts'

export interface HealOptions {
  readonly project?: string
  readonly all?: boolean
}

/**
 * Heals faults by their ids, or by the names of nodes that are down or frozen; `all`: whatever is not as it was at the
 * start. Healing what is healed is no error. Resolves to the exit code.
 */
export async function healCommand(ids: readonly string[], options: HealOptions): Promise<number> {
  const all = options.all === true
  if (all === ids.length > 0)
    throw usageError('heal: expected ids of faults (groundwork ps lists them) or --all')
  const out = output(false)
  const engine = dockerEngine()
  const network = await theNetwork(engine, options.project)
  // The router and the API first: without them no link can be healed.
  const helpers = network.containers.filter(({ role }) => role !== 'node')
  const nodes = network.containers.filter(({ role }) => role === 'node')
  if (all) await Promise.all(helpers.map((container) => heal(engine, container)))
  const rest: string[] = []
  const healed: string[] = []
  for (const id of ids) {
    const names = nodesIn(id, network)
    if (names === null) rest.push(id)
    else if (await healNodes(engine, network, names)) healed.push(id)
  }
  if (all) {
    const down = nodes.filter(({ state }) => state !== 'running')
    await Promise.all(down.map((container) => heal(engine, container)))
    healed.push(...down.map(({ node }) => node as string))
  }
  if (all || rest.length > 0) {
    const hub = await reachHub(network.containers, new AbortController().signal)
    try {
      if (all && hub !== null) {
        const before = (await hub.network())?.faults ?? []
        await hub.healAll()
        healed.push(...before.map(({ id }) => id))
      }
      for (const id of rest) if (await hub?.heal(id)) healed.push(id)
    } finally {
      hub?.close()
    }
  }
  for (const id of healed) out.say(`${id} is healed`)
  const idle = ids.filter((id) => !healed.includes(id))
  for (const id of idle) out.say(`${id}: nothing to heal`)
  if (healed.length === 0 && idle.length === 0) out.say('nothing to heal')
  return exitCode.pass as number
}

/** `v3`, or the id of a fault of nodes, `kill-v1+v3`; null for anything else. */
function nodesIn(id: string, { containers }: RunningNetwork): readonly string[] | null {
  const verb = nodeVerbs.find((one) => id.startsWith(`${one}-`))
  const names = (verb === undefined ? id : id.slice(verb.length + 1)).split('+')
  const known = new Set(containers.map(({ node }) => node))
  return names.every((name) => known.has(name)) ? names : null
}

async function healNodes(
  engine: Engine,
  { containers }: RunningNetwork,
  names: readonly string[],
): Promise<boolean> {
  const own = containers.filter(({ node }) => node !== null && names.includes(node))
  const undone = await Promise.all(own.map((container) => heal(engine, container)))
  return undone.includes(true)
}
