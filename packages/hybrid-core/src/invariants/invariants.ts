import { equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { DeriveRecord, DeriveState } from '../derive/index.ts'
import { deriveRoot, supplyOf } from '../derive/index.ts'
import { type Height, targetHeight } from '../mode/index.ts'
import { type HybridParameters, inclusionBoundBlocks } from '../params.ts'

/** One thing that contradicts an invariant, in words that name where. */
export interface Violation {
  readonly invariant: 'I5' | 'I6' | 'I9' | 'I10' | 'I11' | 'I12' | 'I13'
  readonly text: string
}

/** What one node derived along its best chain: the state, and records, after every block. */
export interface DerivedChain {
  readonly states: readonly DeriveState[]
  readonly records: readonly DeriveRecord[]
}

/** I5: what two nodes took for anchored, as names in order, must be prefixes of each other. */
export function anchoredConsistency(a: readonly Hex[], b: readonly Hex[]): Violation[] {
  const at = a.findIndex((name, i) => i < b.length && name !== b[i])
  return at < 0 ? [] : [violation('I5', `anchored logs differ at ${at}: ${a[at]} and ${b[at]}`)]
}

/** The anchored log that a chain's records make, up to records kappa below its tip. */
export function anchoredLog({ states, records }: DerivedChain, kappa: number): Hex[] {
  const confirmed = (states.at(-1)?.height ?? 0) - kappa
  const log: Hex[] = []
  for (const record of records) {
    if (record.height > confirmed) break
    if (record.kind === 'checkpoint-accepted') log.push(toHex(record.tip))
    if (record.kind === 'mode' && record.event.kind === 'finalised') log.push(record.event.target.hash)
    if (record.kind === 'epoch') log.push(toHex(record.id))
  }
  return log
}

export interface Posting {
  readonly id: Hash
  /** Of the physical block that carries it. */
  readonly height: Height
}

/** I6: whatever stake is coerced, a forced transaction is executed within D physical blocks of its own. */
export function forcedInclusion(
  parameters: HybridParameters,
  { states, records }: DerivedChain,
  postings: readonly Posting[],
): Violation[] {
  const bound = inclusionBoundBlocks(parameters)
  const tip = states.at(-1)?.height ?? 0
  const executed = new Map<string, Height>()
  for (const record of records)
    if (record.kind === 'forced') executed.set(`${toHex(record.id)}@${record.posted}`, record.height)
  return postings.flatMap(({ id, height }) => {
    const at = executed.get(`${toHex(id)}@${height}`)
    if (at === undefined ? tip < height + bound : at <= height + bound) return []
    const when = at === undefined ? `not by ${tip}` : `at ${at}`
    return [violation('I6', `forced transaction ${toHex(id).slice(0, 16)} of ${height} was executed ${when}`)]
  })
}

/**
 * I9: of two forks at most one justifies a target above their newest common block, or leaves RECORDED on one. Both may
 * leave it on votes of their common past; then they do so with one set, but for offences proven on one of them.
 */
export function uniqueReconfiguration(
  parameters: HybridParameters,
  a: DerivedChain,
  b: DerivedChain,
): Violation[] {
  const fork = forkHeight(a, b)
  if (fork === null) return []
  const own = [a, b].map(({ records }) =>
    records.flatMap((record) => {
      if (record.kind !== 'mode' || record.height <= fork) return []
      const { event } = record
      const isOwn =
        event.kind === 'window-closed' &&
        event.justified &&
        targetHeight(parameters, event.target.window) > fork
      return isOwn ? [event.target.window] : []
    }),
  )
  const [x, y] = own as [number[], number[]]
  if (x.length === 0 || y.length === 0) return []
  return [violation('I9', `forks after ${fork} both justified: windows ${x.join()} and ${y.join()}`)]
}

/** Height of the newest common block; null if one chain is a prefix of the other. */
function forkHeight(a: DerivedChain, b: DerivedChain): Height | null {
  const at = a.states.findIndex((state, i) => {
    const other = b.states[i]
    return other !== undefined && !equal(other.hash, state.hash)
  })
  return at <= 0 ? null : a.states[at]!.height - 1
}

/** I10: one root for one physical block, whoever derived it and from where. */
export function determinism(chains: readonly DerivedChain[]): Violation[] {
  const roots = new Map<Hex, Hex>()
  const found: Violation[] = []
  for (const { states } of chains) {
    for (const state of states) {
      const block = toHex(state.hash)
      const root = toHex(deriveRoot(state))
      const known = roots.get(block)
      if (known !== undefined && known !== root)
        found.push(
          violation('I10', `block ${state.height}: roots ${root.slice(0, 16)} and ${known.slice(0, 16)}`),
        )
      roots.set(block, root)
    }
  }
  return found
}

/** I11: from when stake stops to count, seen on the chain, to its payout are at least U_p blocks. */
export function unbonding(parameters: HybridParameters, { states, records }: DerivedChain): Violation[] {
  const stopped = new Map<number, Height>()
  for (const { height, execution, epoch } of states) {
    for (const { id, until } of execution.stake.lots.values())
      if (until !== null && until <= epoch.number && !stopped.has(id)) stopped.set(id, height)
  }
  return records.flatMap((record) => {
    if (record.kind !== 'payout-due') return []
    const since = stopped.get(record.lot)
    if (since !== undefined && record.height - since >= parameters.unbondingBlocks) return []
    return [
      violation('I11', `lot ${record.lot} was paid out at ${record.height}, it stopped to count at ${since}`),
    ]
  })
}

/** I12: funds, stake, and what is burnt or leaked add up to the same after every block. */
export function conservation({ states }: DerivedChain): Violation[] {
  const first = states[0]
  if (first === undefined) return []
  const supply = supplyOf(first.execution)
  return states.flatMap(({ height, execution }) => {
    const now = supplyOf(execution)
    return now === supply ? [] : [violation('I12', `${now} after block ${height}, ${supply} at first`)]
  })
}

/** A reorganisation of the physical chain that took fast blocks back. Lengths in physical blocks. */
export interface Hazard {
  readonly reverted: number
  /** Fast blocks since the last anchored checkpoint when the fork began, and fast blocks made on the lost fork. */
  readonly unanchored: number
  readonly onLostFork: number
}

/** I13: nothing older than the fork's own blocks and what was not anchored yet is ever reverted. */
export function boundedRollback(hazards: readonly Hazard[]): Violation[] {
  return hazards.flatMap(({ reverted, unanchored, onLostFork }) =>
    reverted <= unanchored + onLostFork
      ? []
      : [violation('I13', `${reverted} fast blocks reverted, at most ${unanchored + onLostFork} may be`)],
  )
}

function violation(invariant: Violation['invariant'], text: string): Violation {
  return { invariant, text }
}
