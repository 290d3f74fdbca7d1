import {
  type FaultAction,
  fixedNodes,
  historyName,
  type LinkAction,
  linkDetail,
  namesLeader,
  outOfReach,
  type Plan,
  type PlannedFault,
  pinTargets,
  processesOf,
  type Seizure,
  stopsFinality,
  targetsOf,
  touchedBy,
} from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import type { LinkChange } from '@groundwork/wan'
import { flap } from './flap.ts'
import type { Network } from './runtime/runtime.ts'
import { sleepUntil, waitUntil } from './schedule.ts'

export interface TimelineInit {
  readonly plan: Plan
  readonly network: Network
  /** The processes of the leader of the newest view that is known at this moment. */
  leaders(): readonly string[]
  /** The `monoMs` of time 0. */
  readonly startMs: number
  readonly signal: AbortSignal
  emit(fact: TraceFact): void
  /** A verb that failed: the harness's fault. */
  problem(text: string): void
}

interface Context extends TimelineInit {
  readonly down: Set<string>
  /** The faults that began so far, every target a set of nodes. */
  readonly begun: PlannedFault[]
}

type Heal = () => Promise<void>

const leaderWithinMs = 5000
const leaderPollMs = 10

/**
 * Begins and heals every planned fault at its time and resolves after the last. Faults may overlap; a slow one delays
 * no other. On abort nothing further begins and what is in force heals at once. What the plan never heals stays.
 */
export async function runTimeline(init: TimelineInit): Promise<void> {
  const context: Context = { ...init, down: new Set(), begun: [] }
  await Promise.all(init.plan.timeline.map((fault) => runFault(context, fault)))
}

async function runFault(context: Context, fault: PlannedFault): Promise<void> {
  const { startMs, signal, problem } = context
  await sleepUntil(startMs + fault.atMs, signal)
  if (signal.aborted) return
  try {
    const leaders = namesLeader(fault.action) ? await currentLeaders(context) : []
    const pinned = { ...fault, action: pinTargets(fault.action, leaders) }
    context.begun.push(pinned)
    const heal = await begin(context, pinned)
    if (fault.forMs === null) return
    await sleepUntil(startMs + fault.atMs + fault.forMs, signal)
    context.emit({ kind: 'fault-healed', fault: fault.id })
    await heal()
  } catch (error) {
    if (!signal.aborted) problem(`fault ${fault.id}: ${error instanceof Error ? error.message : error}`)
  }
}

function begin(context: Context, fault: PlannedFault): Promise<Heal> {
  const { action } = fault
  switch (action.verb) {
    case 'partition':
    case 'one-way':
    case 'shape':
    case 'flap':
      return beginLinkFault(context, fault, action)
    case 'kill':
    case 'stop':
    case 'pause':
    case 'wipe':
      return beginNodeFault(context, fault, action)
    case 'coerce':
      return beginCoercion(context, fault, action)
    case 'seize-keys':
      return beginSeizure(context, fault, action)
  }
}

type NodeAction = Extract<FaultAction, { verb: 'kill' | 'stop' | 'pause' | 'wipe' }>

async function beginLinkFault(context: Context, fault: PlannedFault, action: LinkAction): Promise<Heal> {
  const { network, signal } = context
  const change: LinkChange = { owner: fault.id, links: touchedBy(action, fixedNodes).links }
  const flaps = new AbortController()
  await network.links.apply(change)
  announce(context, fault, [...new Set(targetsOf(action).flatMap(fixedNodes))], linkDetail(action))
  const until = AbortSignal.any([flaps.signal, signal])
  const flapping = action.verb === 'flap' ? flap(network.links, change, action.periodMs / 2, until) : null
  // A flap that failed did not heal either, and whoever waits for the heal hears of it; nobody else may crash on it.
  flapping?.catch(() => {})
  return async () => {
    flaps.abort()
    await flapping
    await network.links.remove(fault.id)
  }
}

async function beginNodeFault(context: Context, fault: PlannedFault, action: NodeAction): Promise<Heal> {
  const { network, down, signal } = context
  const { verb, target } = action
  // A node that another fault has down already stays that fault's to restart.
  const nodes = fixedNodes(target).filter((node) => network.isRunning(node) && !down.has(node))
  for (const node of nodes) down.add(node)
  announce(context, fault, nodes, nodes.join(' '))
  await Promise.all(nodes.map((node) => network[verb](node)))
  return async () => {
    // A run that is being taken down starts nothing, but a paused process must hear that it should end.
    if (verb !== 'pause' && signal.aborted) return
    const undo = verb === 'pause' ? network.resume : network.restart
    await Promise.all(nodes.map((node) => undo(node)))
    for (const node of nodes) down.delete(node)
  }
}

async function beginCoercion(
  context: Context,
  fault: PlannedFault,
  { target, behaviours }: Extract<FaultAction, { verb: 'coerce' }>,
): Promise<Heal> {
  const { coercion } = context.network
  const nodes = fixedNodes(target)
  await coercion.begin({ owner: fault.id, nodes, behaviours })
  announce(context, fault, nodes, behaviours.join(' '))
  return () => coercion.end(fault.id)
}

async function beginSeizure(context: Context, fault: PlannedFault, action: Seizure): Promise<Heal> {
  const { plan, network } = context
  const nodes = fixedNodes(action.target)
  const apart = outOfReach(
    fault.id,
    action,
    processesOf(plan).map(({ name }) => name),
  )
  if (apart !== null) await network.links.apply(apart)
  announce(context, fault, nodes, action.use)
  const end = await startSeized(network, fault.id, action)
  return async () => {
    await end()
    if (apart !== null) await network.links.remove(fault.id)
  }
}

/** Begins the processes of a seizure; to be called at their end. */
async function startSeized(network: Network, fault: string, { use, target, depth }: Seizure): Promise<Heal> {
  const nodes = fixedNodes(target)
  if (use === 'rewrite') {
    const process = historyName(fault)
    await network.showHistory(process, { keys: nodes, depth })
    return () => network.hideHistory(process)
  }
  await Promise.all(nodes.map((node) => network.seize(node)))
  return async () => void (await Promise.all(nodes.map((node) => network.release(node))))
}

function announce(context: Context, fault: PlannedFault, nodes: readonly string[], detail: string): void {
  const { plan, begun, emit } = context
  const stops = stopsFinality({ nodes: plan.nodes, timeline: begun }, fault)
  emit({ kind: 'fault-began', fault: fault.id, verb: fault.action.verb, nodes, detail, stopsFinality: stops })
}

/** The processes of the leader of the moment; waits while that leader is one that is down. */
async function currentLeaders({ leaders, network, down, signal }: Context): Promise<readonly string[]> {
  let found: readonly string[] = []
  const isLive = (node: string): boolean => network.isRunning(node) && !down.has(node)
  const live = (): boolean => {
    found = leaders().filter(isLive)
    return found.length > 0
  }
  if (await waitUntil(live, { everyMs: leaderPollMs, withinMs: leaderWithinMs, signal })) return found
  throw new Error(`no view with a live leader within ${leaderWithinMs} ms`)
}
