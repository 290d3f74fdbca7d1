import {
  type Behaviour,
  type FarmerBehaviour,
  type FaultAction,
  farmerBehaviours,
  fixedNodes,
  type LinkAction,
  linkDetail,
  type Plan,
  type PlannedFault,
  pinTargets,
  type Seizure,
  stopsFinality,
  targetsOf,
  touchedBy,
  type ValidatorBehaviour,
  validatorBehaviours,
} from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import type { LiveLinkTable } from '@groundwork/wan'
import type { Cluster } from './cluster.ts'
import type { SimulatedNode } from './node.ts'
import type { Farm } from './physical/farm.ts'
import type { SimulatedFarmer } from './physical/farmer.ts'
import { seize } from './seizure.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface TimelineInit {
  readonly plan: Plan
  readonly time: VirtualTime
  /** null without validators. */
  readonly world: Cluster | null
  /** null without farmers. */
  readonly farm: Farm | null
  readonly table: LiveLinkTable
  emit(fact: TraceFact): void
  /** What could not be done: the plan's or the harness's fault. */
  problem(text: string): void
}

interface Timeline extends TimelineInit {
  readonly down: Set<string>
  /** The faults that began so far, every target a set of nodes. */
  readonly begun: PlannedFault[]
}

type NodeAction = Extract<FaultAction, { verb: 'kill' | 'stop' | 'pause' | 'wipe' }>

const leaderWithinMs = 5000
const leaderPollMs = 10

/** Begins and heals every planned fault at its virtual time, counted from now. */
export function startTimeline(init: TimelineInit): void {
  const timeline: Timeline = { ...init, down: new Set(), begun: [] }
  const { time } = init
  const startMs = time.now()
  for (const fault of init.plan.timeline) {
    const healAtMs = fault.forMs === null ? null : startMs + fault.atMs + fault.forMs
    time.at(startMs + fault.atMs, () =>
      beginWhenKnown(timeline, fault, healAtMs, time.now() + leaderWithinMs),
    )
  }
}

/** A fault on the leader waits while that leader is one that is down. */
function beginWhenKnown(
  timeline: Timeline,
  fault: PlannedFault,
  healAtMs: number | null,
  giveUpMs: number,
): void {
  const { time } = timeline
  const leaders = targetsOf(fault.action).some(({ kind }) => kind === 'leader')
    ? currentLeaders(timeline)
    : []
  if (leaders === null) {
    if (time.now() >= giveUpMs)
      timeline.problem(`fault ${fault.id}: no view with a live leader within ${leaderWithinMs} ms`)
    else time.schedule(leaderPollMs, () => beginWhenKnown(timeline, fault, healAtMs, giveUpMs))
    return
  }
  const pinned: PlannedFault = { ...fault, action: pinTargets(fault.action, leaders) }
  timeline.begun.push(pinned)
  const heal = begin(timeline, pinned)
  if (healAtMs === null) return
  time.at(healAtMs, () => {
    timeline.emit({ kind: 'fault-healed', fault: fault.id })
    heal()
  })
}

function begin(timeline: Timeline, fault: PlannedFault): () => void {
  const { action } = fault
  switch (action.verb) {
    case 'partition':
    case 'one-way':
    case 'shape':
    case 'flap':
      return beginLinkFault(timeline, fault, action)
    case 'kill':
    case 'stop':
    case 'pause':
    case 'wipe':
      return beginNodeFault(timeline, fault, action)
    case 'coerce':
      return beginCoercion(timeline, fault, action)
    case 'seize-keys':
      return beginSeizure(timeline, fault, action)
  }
}

function beginLinkFault(timeline: Timeline, fault: PlannedFault, action: LinkAction): () => void {
  const { table, time } = timeline
  const change = { owner: fault.id, links: touchedBy(action, fixedNodes).links }
  let healed = false
  table.apply(change)
  announce(timeline, fault, [...new Set(targetsOf(action).flatMap(fixedNodes))], linkDetail(action))
  /** Opens and cuts again, half a period each. */
  const flip = (halfMs: number, cut: boolean): void => {
    if (healed) return
    if (cut) table.apply(change)
    else table.remove(change.owner)
    time.schedule(halfMs, () => flip(halfMs, !cut))
  }
  if (action.verb === 'flap') time.schedule(action.periodMs / 2, () => flip(action.periodMs / 2, false))
  return () => {
    healed = true
    table.remove(fault.id)
  }
}

function beginNodeFault(timeline: Timeline, fault: PlannedFault, { verb, target }: NodeAction): () => void {
  const { world, farm, down } = timeline
  // A node that another fault has down already stays that fault's to restart.
  const nodes = fixedNodes(target)
    .map((name) => farm?.farmers.find((farmer) => farmer.name === name) ?? world?.node(name))
    .filter((node) => node !== undefined)
    .filter((node) => node.running && !down.has(node.name))
  for (const { name } of nodes) down.add(name)
  announce(
    timeline,
    fault,
    nodes.map(({ name }) => name),
    nodes.map(({ name }) => name).join(' '),
  )
  for (const node of nodes) strike(world, node, verb)
  return () => {
    for (const node of nodes) {
      if (verb === 'pause') node.resume()
      else node.start()
      down.delete(node.name)
    }
  }
}

function beginCoercion(
  timeline: Timeline,
  fault: PlannedFault,
  { target, behaviours }: Extract<FaultAction, { verb: 'coerce' }>,
): () => void {
  const { world, farm } = timeline
  const names = fixedNodes(target)
  announce(timeline, fault, names, behaviours.join(' '))
  const ends = names.map((name) => {
    const farmer = farm?.farmers.find((one) => one.name === name)
    if (farmer === undefined) return world?.coerce([name], behaviours.filter(isForValidators))
    return farmer.coerce(behaviours.filter(isForFarmers))
  })
  const part = farm?.conspire(names)
  return () => {
    part?.()
    for (const end of ends) end?.()
  }
}

function beginSeizure(timeline: Timeline, fault: PlannedFault, action: Seizure): () => void {
  const { world, farm, table } = timeline
  const { names, detail, heal } = seize({ world, farm, table, fault: fault.id, action })
  announce(timeline, fault, names, detail)
  return heal
}

const isForValidators = (name: Behaviour): name is ValidatorBehaviour =>
  (validatorBehaviours as readonly Behaviour[]).includes(name)
const isForFarmers = (name: Behaviour): name is FarmerBehaviour =>
  (farmerBehaviours as readonly Behaviour[]).includes(name)

function strike(
  world: Cluster | null,
  node: SimulatedNode | SimulatedFarmer,
  verb: NodeAction['verb'],
): void {
  if (verb === 'pause') node.pause()
  else if (verb !== 'wipe') node.kill(verb === 'stop' ? 'stopped' : 'killed')
  // A validator that lost its disk counts as faulty.
  else if ('validator' in node) world?.wipe(node.name)
  else node.wipe()
}

function announce(
  { plan, begun, emit }: Timeline,
  fault: PlannedFault,
  nodes: readonly string[],
  detail: string,
): void {
  const stops = stopsFinality({ nodes: plan.nodes, timeline: begun }, fault)
  emit({ kind: 'fault-began', fault: fault.id, verb: fault.action.verb, nodes, detail, stopsFinality: stops })
}

/** The processes of the leader of the newest view; null while none of them is up. */
function currentLeaders({ world, down }: Timeline): readonly string[] | null {
  if (world === null) return null
  let newest: SimulatedNode['core']
  for (const { core } of world.nodes)
    if (core !== undefined && core.state.view > (newest?.state.view ?? 0)) newest = core
  if (newest === undefined) return null
  const leader = newest.leader(newest.state.view)
  const live = world.nodes.filter((node) => node.validator === leader && node.running && !down.has(node.name))
  return live.length === 0 ? null : live.map(({ name }) => name)
}
