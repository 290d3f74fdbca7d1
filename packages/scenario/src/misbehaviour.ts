import type { Scenario } from './parse.ts'
import {
  type Behaviour,
  type FaultAction,
  farmerBehaviours,
  farmersOf,
  type RuntimeName,
  type SeizedUse,
  validatorBehaviours,
} from './plan.ts'
import { fail, type Path } from './problem.ts'

/** What a runtime's nodes can be made to do against their program. */
interface Misbehaviours {
  readonly behaviours: ReadonlySet<Behaviour>
  /** Of seized keys. */
  readonly uses: ReadonlySet<SeizedUse>
}

const programs = [...validatorBehaviours, ...farmerBehaviours].filter((name) => name !== 'private-fork')

const able: Readonly<Record<RuntimeName, Misbehaviours>> = {
  simulated: {
    behaviours: new Set([...validatorBehaviours, ...farmerBehaviours]),
    uses: new Set(['twins', 'rewrite']),
  },
  process: { behaviours: new Set(programs), uses: new Set(['twins', 'rewrite']) },
  docker: { behaviours: new Set(programs), uses: new Set(['twins']) },
}

/** What the nodes of a runtime cannot be made to do, of an action; null: all of it can be done. */
export function beyondPrograms(action: FaultAction, runtime: RuntimeName): string | null {
  const { behaviours, uses } = able[runtime]
  if (action.verb === 'seize-keys') return uses.has(action.use) ? null : `use: ${action.use}`
  if (action.verb !== 'coerce') return null
  const beyond = action.behaviours.find((behaviour) => !behaviours.has(behaviour))
  return beyond === undefined ? null : `programs that can be made to ${beyond}`
}

/** Throws SCENARIO_UNSUPPORTED if farmers are to misbehave from their start in a way that the runtime's cannot. */
export function refuseFarmers(
  { network, source, name }: Pick<Scenario, 'network' | 'source' | 'name'>,
  runtime: RuntimeName,
): void {
  for (const { name: farmer, behaviour } of farmersOf(network.nodes)) {
    if (behaviour === null || able[runtime].behaviours.has(behaviour)) continue
    const at: Path = ['network', 'physical', 'overrides', farmer, 'behaviour']
    const instead = `runtime simulated can: groundwork run ${name} --runtime simulated`
    fail('SCENARIO_UNSUPPORTED', source, at, `runtime ${runtime} cannot do it; ${instead}`)
  }
}
