import { prng } from '@groundwork/primitives'
import type { Capabilities, LinkProperty, RegionDelays } from '@groundwork/wan'
import { CHECKS } from './check.ts'
import { needsOf } from './faults/index.ts'
import { SHAPE_KEYS } from './faults/shape.ts'
import { fixedNodes, stakeOf, stopsFinality, totalStake } from './finality.ts'
import { planHybrid } from './hybrid-network.ts'
import { beyondPrograms } from './misbehaviour.ts'
import type { Scenario } from './parse.ts'
import {
  type Check,
  type FaultAction,
  type LedgerName,
  type Plan,
  type PlannedFault,
  type PlannedNode,
  type RuntimeName,
  validatorsOf,
  type Workload,
} from './plan.ts'
import { fail, type Path, pathText, quote, type Source } from './problem.ts'
import { quorum } from './stake.ts'
import { planStakeRequests } from './stake-requests.ts'
import { valid } from './suggest.ts'
import { planTimeline } from './timeline.ts'
import { physicalChecks, withoutPhysical } from './without-physical.ts'

export interface PlanOptions {
  readonly runtime: RuntimeName
  readonly seed: number
  /** Of the network that this runtime emulates. */
  readonly capabilities: Capabilities
  readonly regions: RegionDelays
  /** Overrides the scenario's; `stake` leaves the physical chain out. */
  readonly ledger?: LedgerName
}

/**
 * What one run of the scenario will do. Throws a CodedError (SCENARIO_TARGET, _CONFLICT, _UNSUPPORTED, _INVALID) whose
 * message is one line, before anything is started. The same scenario, seed and runtime give the same plan.
 */
export function planScenario(scenario: Scenario, options: PlanOptions): Plan {
  const { runtime, seed } = options
  if (!scenario.runtimes.includes(runtime)) {
    fail(
      'SCENARIO_UNSUPPORTED',
      scenario.source,
      ['runtimes'],
      `scenario ${scenario.name} makes no sense in runtime ${runtime}; valid: ${scenario.runtimes.join(', ')}`,
    )
  }
  const delays = planDelays(scenario, options.regions)
  const { faults, durationMs } = planTimeline(scenario, seed)
  for (const { fault, path } of faults) refuseUnable(scenario.source, fault.action, path, options)
  const timeline = faults.map(({ fault }) => fault)
  const { network, source } = scenario
  const ledger = options.ledger ?? scenario.ledger
  const plan: Plan = {
    version: 1,
    scenario: scenario.name,
    description: scenario.description,
    lesson: scenario.lesson,
    seed,
    runtime,
    nodes: scenario.network.nodes,
    ...(network.physical === null ? {} : { physical: network.physical }),
    ...(ledger === 'hybrid' ? { hybrid: planHybrid(network, network.hybrid, source) } : {}),
    ...planPoint(scenario),
    workload: planWorkload(scenario, ledger, runtime),
    timeline,
    checks: planChecks(scenario, ledger, timeline, seed),
    durationMs,
    parameters: scenario.network.parameters,
    delays,
  }
  refuseForcedAlone(plan, scenario, ledger)
  return options.ledger === 'stake' ? withoutPhysical(plan, source) : plan
}

function planWorkload(scenario: Scenario, ledger: LedgerName, runtime: RuntimeName): Workload {
  const { workload, stakeRequests, network, source, ledger: ownLedger } = scenario
  const init = { nodes: network.nodes, source, ledger, ownLedger, runtime }
  const stake = planStakeRequests(stakeRequests, init)
  return stake.length === 0 ? workload : { ...workload, stake }
}

/** Forced transactions go to the physical chain; whoever asks for the stake chain alone gets none. */
function refuseForcedAlone({ workload }: Plan, { source, ledger: own }: Scenario, ledger: LedgerName): void {
  const at = workload.streams?.findIndex(({ by }) => by === 'physical') ?? -1
  if (at < 0 || ledger === 'hybrid' || own === 'hybrid') return
  fail(
    'SCENARIO_CONFLICT',
    source,
    ['workload', 'streams', at, 'by'],
    'physical means forced transactions, which only ledger: hybrid executes',
  )
}

function planDelays(scenario: Scenario, regions: RegionDelays): RegionDelays {
  const { nodes } = scenario.network
  const known = Object.keys(regions)
  for (const node of nodes) {
    const { region } = node.labels
    const unknown = [region, ...(node.role === 'farmer' ? [node.claims] : [])].find(
      (name) => !known.includes(name),
    )
    if (unknown === undefined) continue
    fail(
      'SCENARIO_TARGET',
      scenario.source,
      regionPath(scenario.source, node, unknown),
      `${quote(unknown)} is not a region of the delay table${valid(unknown, known)}`,
    )
  }
  const used = [
    ...new Set([...nodes.map((node) => node.labels.region), ...(scenario.network.physical?.regions ?? [])]),
  ]
  return Object.fromEntries(
    used.map((from) => [from, Object.fromEntries(used.map((to) => [to, regions[from]?.[to] ?? 0]))]),
  )
}

/** Where the file names this region. */
function regionPath({ positions }: Source, node: PlannedNode, region: string): Path {
  if (node.role === 'validator') {
    return `network.validators[${node.validator}].region` in positions
      ? ['network', 'validators', node.validator, 'region']
      : ['network', 'regions', region]
  }
  const claim: Path = ['network', 'physical', 'overrides', node.name, 'claims']
  return pathText(claim) in positions && node.claims === region
    ? claim
    : ['network', 'physical', 'farmers', region]
}

/** Throws SCENARIO_UNSUPPORTED if the network cannot do what the fault at this path needs. */
export function refuseUnable(
  source: Source,
  action: FaultAction,
  path: Path,
  { capabilities, runtime }: Pick<PlanOptions, 'capabilities' | 'runtime'>,
): void {
  const needs = needsOf(action)
  const missing = needs.properties.find((property) => !capabilities.properties.has(property))
  const { verb } = action
  const who = `the ${capabilities.interpreter} interpreter of runtime ${runtime}`
  const refuse = (at: Path, what: string): never =>
    fail(
      'SCENARIO_UNSUPPORTED',
      source,
      at,
      `${verb} needs ${what}, which ${who} cannot do; runtime simulated can`,
    )
  const beyond = beyondPrograms(action, runtime)
  if (beyond !== null) refuse(path, beyond)
  if (missing !== undefined) refuse([...path, keyOf(missing)], missing)
  if (needs.oneWay && !capabilities.oneWay) refuse(path, 'cuts in one direction')
  if ('cut' in action && !capabilities.cuts.has(action.cut)) refuse([...path, 'cut'], `cuts by ${action.cut}`)
}

function keyOf(property: LinkProperty): string {
  return Object.keys(SHAPE_KEYS).find((key) => SHAPE_KEYS[key] === property) ?? property
}

function planPoint({ sweep, point }: Scenario): Pick<Plan, 'point'> {
  const at = sweep?.points[point]
  if (sweep === null || at === undefined) return {}
  return { point: { variable: sweep.variable, value: at.value, label: at.label } }
}

function planChecks(
  scenario: Scenario,
  ledger: LedgerName,
  timeline: readonly PlannedFault[],
  seed: number,
): readonly Check[] {
  const { source, network } = scenario
  const entries = [...scenario.checks, ...scenario.expect[ledger]]
  const checks = entries.map(({ check, args, path }, i) => {
    const field = { nodes: network.nodes, prng: prng(seed).split(`check ${i}`), source }
    return CHECKS[check].resolve(args, field, path)
  })
  checks.forEach((check, i) => {
    const refuse = (text: string): never => fail('SCENARIO_CONFLICT', source, entries[i]?.path ?? [], text)
    if (physicalChecks.has(check.check) && network.physical === null) {
      refuse('this network has no farmers; add network.physical or leave it out')
    }
    if (stakeChecks.has(check.check) && validatorsOf(network.nodes).length === 0) {
      refuse('this network has no validators; add network.regions or leave it out')
    }
    if (check.check === 'physical-halts') refuseFaultless(check.fault, timeline, refuse)
    if (check.check === 'recovery' && timeline.every((fault) => fault.forMs === null)) {
      refuse('no fault of this scenario heals, so it would pass without having looked; leave it out')
    }
    if (
      check.check === 'halts' &&
      !timeline.some((fault) => stopsFinality({ nodes: network.nodes, timeline }, fault))
    ) {
      refuse('no fault of this scenario stops finality, so it would pass without having looked; leave it out')
    }
    if (check.check === 'accountability' && check.expect === 'conflict') {
      if (checks.some((other) => other.check === 'agreement'))
        refuse('a conflict cannot be expected where agreement is demanded; leave one out')
      refuseHarmless(scenario, timeline, refuse)
    }
  })
  return checks
}

function refuseFaultless(
  fault: string | null,
  timeline: readonly PlannedFault[],
  refuse: (text: string) => never,
): void {
  const ids = timeline.map(({ id }) => id)
  if (ids.length === 0) refuse('no fault of this scenario could halt the chain; leave it out')
  if (fault !== null && !ids.includes(fault))
    refuse(`${quote(fault)} is not a fault of this scenario${valid(fault, ids)}`)
}

const stakeChecks: ReadonlySet<Check['check']> = new Set<Check['check']>([
  'agreement',
  'no-false-blame',
  'accountability',
  'finality-gap',
  'recovery',
  'halts',
  'caught-up',
  'min-height',
  'mixed-views',
])

/** A conflict takes 2q - W of the stake that signs twice: twins, seized keys, or validators that lost their journal. */
function refuseHarmless(
  scenario: Scenario,
  timeline: readonly PlannedFault[],
  refuse: (text: string) => never,
): void {
  const { nodes } = scenario.network
  const doubled = new Set(
    timeline.flatMap(({ action }) =>
      action.verb === 'wipe' || action.verb === 'seize-keys' ? fixedNodes(action.target) : [],
    ),
  )
  const validators = validatorsOf(nodes)
  const twins = new Set(validators.filter((node) => node.twinOf !== null).map((node) => node.validator))
  const faulty = stakeOf(validators.filter((node) => twins.has(node.validator) || doubled.has(node.name)))
  const total = totalStake(nodes)
  const needed = 2 * quorum(total) - total
  if (faulty < needed) {
    refuse(
      `a conflict needs twins (or seized keys, or wiped nodes) with at least 2q - W = ${needed} of the stake ${total}; here they have ${faulty}`,
    )
  }
}
