import type { Height } from '../mode/index.ts'
import type { Input } from '../stake/index.ts'
import type { DeriveRecord } from './record.ts'
import type { DeriveContext, DeriveState } from './state.ts'

/**
 * Unbonding. The clock of a lot starts where the chain has confirmed an epoch in which the lot counts no more, not where
 * the request was made: else a slow stake chain would let stake go while it still votes (docs/adr). It counts physical
 * blocks, so that no supermajority of stake can hurry it. In RECORDED nothing is paid out.
 */
export function runClocks(
  { parameters }: DeriveContext,
  state: DeriveState,
  height: Height,
  records: DeriveRecord[],
): { readonly clocks: ReadonlyMap<number, Height>; readonly inputs: readonly Input[] } {
  const { lots } = state.execution.stake
  const inputs: Input[] = []
  let clocks: Map<number, Height> | null = null
  const set = (id: number, at: Height) => {
    clocks ??= new Map(state.clocks)
    clocks.set(id, at)
  }
  for (const { id, until, amount } of lots.values()) {
    if (until === null || until > state.epoch.number) continue
    const due = state.clocks.get(id)
    if (due === undefined) {
      const at = height + parameters.kappa + parameters.unbondingBlocks
      records.push({ kind: 'unbonding', height, lot: id, amount, due: at })
      set(id, at)
    } else if (due >= 0 && due <= height && state.mode.recorded === null) {
      inputs.push({ kind: 'payout', lot: id })
      records.push({ kind: 'payout-due', height, lot: id, amount })
      set(id, ordered)
    }
  }
  for (const id of state.clocks.keys()) {
    if (lots.has(id)) continue
    clocks ??= new Map(state.clocks)
    clocks.delete(id)
  }
  return { clocks: clocks ?? state.clocks, inputs }
}

const ordered = -1
