import { prng } from '@groundwork/primitives'
import type { Capabilities, LinkProperty, RegionDelays } from '@groundwork/wan'
import { CHECKS } from './check.ts'
import { needsOf } from './faults/index.ts'
import { SHAPE_KEYS } from './faults/shape.ts'
import { fixedNodes, stakeOf, stopsFinality, totalStake } from './finality.ts'
import type { Scenario } from './parse.ts'
import type { Check, FaultAction, Plan, PlannedFault, RuntimeName } from './plan.ts'
import { fail, type Path, quote, type Source } from './problem.ts'
import { quorum } from './stake.ts'
import { valid } from './suggest.ts'
import { planTimeline } from './timeline.ts'

export interface PlanOptions {
  readonly runtime: RuntimeName
  readonly seed: number
  /** Of the network that this runtime emulates. */
  readonly capabilities: Capabilities
  readonly regions: RegionDelays
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
  return {
    version: 1,
    scenario: scenario.name,
    description: scenario.description,
    lesson: scenario.lesson,
    seed,
    runtime,
    nodes: scenario.network.nodes,
    workload: scenario.workload,
    timeline,
    checks: planChecks(scenario, timeline, seed),
    durationMs,
    parameters: scenario.network.parameters,
    delays,
  }
}

function planDelays(scenario: Scenario, regions: RegionDelays): RegionDelays {
  const { nodes } = scenario.network
  const known = Object.keys(regions)
  for (const { labels, validator } of nodes) {
    if (known.includes(labels.region)) continue
    const listed = ['network', 'validators', validator, 'region']
    const path: Path =
      `network.validators[${validator}].region` in scenario.source.positions
        ? listed
        : ['network', 'regions', labels.region]
    fail(
      'SCENARIO_TARGET',
      scenario.source,
      path,
      `${quote(labels.region)} is not a region of the delay table${valid(labels.region, known)}`,
    )
  }
  const used = [...new Set(nodes.map((node) => node.labels.region))]
  return Object.fromEntries(
    used.map((from) => [from, Object.fromEntries(used.map((to) => [to, regions[from]?.[to] ?? 0]))]),
  )
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
  if (missing !== undefined) refuse([...path, keyOf(missing)], missing)
  if (needs.oneWay && !capabilities.oneWay) refuse(path, 'cuts in one direction')
  if ('cut' in action && !capabilities.cuts.has(action.cut)) refuse([...path, 'cut'], `cuts by ${action.cut}`)
}

function keyOf(property: LinkProperty): string {
  return Object.keys(SHAPE_KEYS).find((key) => SHAPE_KEYS[key] === property) ?? property
}

function planChecks(scenario: Scenario, timeline: readonly PlannedFault[], seed: number): readonly Check[] {
  const { source, network } = scenario
  const checks = scenario.checks.map(({ check, args }, i) => {
    const field = { nodes: network.nodes, prng: prng(seed).split(`check ${i}`), source }
    return CHECKS[check].resolve(args, field, ['checks', i, check])
  })
  checks.forEach((check, i) => {
    const refuse = (text: string): never =>
      fail('SCENARIO_CONFLICT', source, ['checks', i, check.check], text)
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

/** A conflict takes 2q - W of the stake that signs twice: twins, or validators that lost their journal. */
function refuseHarmless(
  scenario: Scenario,
  timeline: readonly PlannedFault[],
  refuse: (text: string) => never,
): void {
  const { nodes } = scenario.network
  const wiped = new Set(
    timeline.flatMap(({ action }) => (action.verb === 'wipe' ? fixedNodes(action.target) : [])),
  )
  const twins = new Set(nodes.filter((node) => node.twinOf !== null).map((node) => node.validator))
  const faulty = stakeOf(nodes.filter((node) => twins.has(node.validator) || wiped.has(node.name)))
  const total = totalStake(nodes)
  const needed = 2 * quorum(total) - total
  if (faulty < needed) {
    refuse(
      `a conflict needs twins (or wiped nodes) with at least 2q - W = ${needed} of the stake ${total}; here they have ${faulty}`,
    )
  }
}
