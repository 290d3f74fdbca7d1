import type { ModeParameters, Ratio } from '../params.ts'
import type { Key, QueuedDeposit, Recorded, Share } from './types.ts'

/** More than two thirds of `total`, as everywhere: 3 part >= 2 total + 1. */
export function isQuorum(part: number, total: number): boolean {
  return 3 * part >= 2 * total + 1
}

/** More than theta of the frozen space; without a theta no space is asked for. */
export function isSpaceQuorum({ num, den }: Ratio, part: bigint, total: bigint): boolean {
  return num === 0 || BigInt(den) * part >= BigInt(num) * total + 1n
}

export function weightOf(weights: ReadonlyMap<Key, number>, keys?: ReadonlySet<Key>): number {
  let sum = 0
  for (const [key, weight] of weights) if (keys === undefined || keys.has(key)) sum += weight
  return sum
}

/** Who was absent loses a part. Whoever censors a vote has to do so in every block of the window. */
export function leak(
  { leak: { num, den } }: ModeParameters,
  { validators, present }: Recorded,
): { readonly validators: ReadonlyMap<Key, number>; readonly leaked: readonly Share[] } {
  const after = new Map(validators)
  const leaked: Share[] = []
  for (const [validator, weight] of validators) {
    if (present.has(validator)) continue
    const kept = Math.floor((weight * num) / den)
    if (kept === weight) continue
    after.set(validator, kept)
    leaked.push({ validator, amount: weight - kept })
  }
  return { validators: after, leaked }
}

/**
 * Deposits old enough join, first come first served, in part if need be. At least `minStake` per window may join: a
 * share of nothing is nothing, and a set that was slashed to nothing could never be refilled.
 */
export function activate(
  { depositWindows, depositShare, minStake }: ModeParameters,
  validators: ReadonlyMap<Key, number>,
  deposits: readonly QueuedDeposit[],
): {
  readonly validators: ReadonlyMap<Key, number>
  readonly deposits: readonly QueuedDeposit[]
  readonly activated: readonly Share[]
} {
  let room = Math.max(minStake, Math.floor(weightOf(validators) / depositShare))
  const after = new Map(validators)
  const left: QueuedDeposit[] = []
  const activated: Share[] = []
  for (const deposit of deposits) {
    const amount = deposit.age < depositWindows ? 0 : Math.min(room, deposit.amount)
    if (amount > 0) {
      const { validator } = deposit
      after.set(validator, (after.get(validator) ?? 0) + amount)
      activated.push({ validator, amount })
      room -= amount
    }
    if (amount < deposit.amount) left.push({ ...deposit, amount: deposit.amount - amount })
  }
  return { validators: after, deposits: left, activated }
}
