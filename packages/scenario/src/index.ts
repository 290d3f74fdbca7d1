export * from './accounts.ts'
export { CHECKS, type CheckEntry, type CheckKind } from './check.ts'
export { type Contradiction, clash, contradiction } from './consistency.ts'
export { needsOf, touchedBy, VERBS } from './faults/index.ts'
export type { FaultEntry, FaultVerb, Needs, NodesOf, Touched } from './faults/verb.ts'
export { activeAt, fixedNodes, stakeOf, stopsFinality, totalStake } from './finality.ts'
export { type FaultSpace, generateFaults } from './generate.ts'
export type { ScenarioNetwork } from './network.ts'
export { type FaultField, type FaultWords, faultKeys, type ImmediateFault, planFault } from './one-fault.ts'
export { parseScenario, type Scenario } from './parse.ts'
export * from './plan.ts'
export { type PlanOptions, planScenario } from './plan-scenario.ts'
export type { ProblemCode, Source } from './problem.ts'
export { scenarioJsonSchema } from './schema.ts'
export {
  begunNodes,
  historians,
  historyName,
  outOfReach,
  processesOf,
  type Seizure,
  seizedNodes,
} from './seized.ts'
export { quorum } from './stake.ts'
export type { Sweep, SweepPoint } from './sweep.ts'
export { type LinkAction, linkDetail, namesLeader, pinTargets, targetsOf } from './targets.ts'
export { withoutStake } from './without-stake.ts'
