import type { Height } from '../mode/index.ts'
import type { Execution } from '../stake/index.ts'
import { executePending } from './segment.ts'
import type { DeriveContext, DeriveState } from './state.ts'

/** What a client can be told on the strength of the physical chain, both from the state kappa below the tip (2.6). */
export interface PhysicalLedgers {
  /** Prefix of the stake chain whose checkpoint is confirmed, or what RECORDED has finalised. */
  readonly anchored: Execution
  /** The last checkpoint and then every forced transaction in the order of the physical chain. */
  readonly phys: Execution
  readonly height: Height
}

export function ledgersOf(context: DeriveContext, confirmed: DeriveState): PhysicalLedgers {
  return { anchored: confirmed.anchored, phys: physicalOf(context, confirmed), height: confirmed.height }
}

/**
 * In FAST what is pending is provisional: the stake chain executes it in the same order, but after what it had before.
 * Computed when first asked for.
 */
export function physicalOf(context: DeriveContext, state: DeriveState): Execution {
  const known = executions.get(state)
  if (known !== undefined) return known
  const { execution } = executePending(context, state.execution, state.pending, state.mode.recorded !== null)
  executions.set(state, execution)
  return execution
}

const executions = new WeakMap<DeriveState, Execution>()
