import {
  assert,
  type Bytes,
  compare,
  decode,
  encode,
  fromHex,
  type Hash,
  hash,
  toHex,
} from '@groundwork/primitives'
import { maxTotalWeight, maxValidators, readList, type Validator } from '@groundwork/stake-core'
import type { Height, Key } from '../mode/index.ts'

/** Stake that began and ends to count with epochs: a validator's weight is the sum of its lots that count. */
export interface Lot {
  readonly id: number
  /** Public key of the validator, which is also the account that gets it back. */
  readonly validator: Key
  readonly amount: number
  /** The first epoch in which it counts. */
  readonly from: number
  /** The first epoch in which it counts no more; null while it is to stay. */
  readonly until: number | null
}

/** A validator that was proven guilty: out for ever. */
export interface Offence {
  readonly validator: Key
  /** Of the physical block that carried the evidence. */
  readonly height: Height
  /** What it had at stake then, and what of it is burnt. */
  readonly base: number
  readonly burnt: number
}

/** Part of the stake chain's state, like the accounts. */
export interface StakeState {
  readonly epoch: number
  readonly nextLot: number
  /** In the order of their ids. */
  readonly lots: ReadonlyMap<number, Lot>
  readonly offences: readonly Offence[]
  /** Burnt by slashing, taken by the leak, and by fees of all transactions. */
  readonly slashed: number
  readonly leaked: number
  readonly fees: bigint
}

export interface Shares {
  readonly validator: Key
  readonly amount: number
}

export function genesisStake(validators: readonly Validator[]): StakeState {
  const lots = validators.map(({ publicKey, weight }, id): [number, Lot] => {
    return [id, { id, validator: toHex(publicKey), amount: weight, from: 0, until: null }]
  })
  return {
    epoch: 0,
    nextLot: lots.length,
    lots: new Map(lots),
    offences: [],
    slashed: 0,
    leaked: 0,
    fees: 0n,
  }
}

export function countsIn({ from, until }: Lot, epoch: number): boolean {
  return from <= epoch && (until === null || epoch < until)
}

/** Weights of an epoch by key, zero ones left out; in the order of lots. */
export function weightsAt({ lots }: StakeState, epoch: number): Map<Key, number> {
  const weights = new Map<Key, number>()
  for (const lot of lots.values()) {
    if (lot.amount > 0 && countsIn(lot, epoch))
      weights.set(lot.validator, (weights.get(lot.validator) ?? 0) + lot.amount)
  }
  return weights
}

/**
 * The validators of an epoch, in the order of their keys: the heaviest, if there are more than a set can hold. Empty if
 * nobody has the least stake.
 */
export function validatorsOf(weights: ReadonlyMap<Key, number>, minStake: number): Validator[] {
  const eligible = [...weights].filter(([, weight]) => weight >= minStake)
  eligible.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return eligible
    .slice(0, maxValidators)
    .map(([key, weight]) => ({ publicKey: fromHex(key), weight }))
    .sort((a, b) => compare(a.publicKey, b.publicKey))
}

/** All stake, whether it counts or not. */
export function totalStake({ lots }: StakeState): number {
  let sum = 0
  for (const { amount } of lots.values()) sum += amount
  return sum
}

/** Keeps three times a set's weight a safe integer, whoever bonds what. */
export const maxStake: number = maxTotalWeight - 1

/** R11: stake bonded in an epoch counts from the second after it. Null if there would be too much of it. */
export function bond(state: StakeState, validator: Key, amount: number): StakeState | null {
  if (totalStake(state) + amount > maxStake) return null
  const id = state.nextLot
  const lots = new Map(state.lots).set(id, { id, validator, amount, from: state.epoch + 2, until: null })
  return { ...state, lots, nextLot: id + 1 }
}

/** R11: counts no more from the second epoch after this. Null if not that much is at stake now. */
export function unbond(state: StakeState, validator: Key, amount: number): StakeState | null {
  const own = [...state.lots.values()].filter((lot) => isStaying(lot, validator, state.epoch))
  if (amount <= 0 || own.reduce((sum, lot) => sum + lot.amount, 0) < amount) return null
  const lots = new Map(state.lots)
  let { nextLot } = state
  let left = amount
  // The newest first: what stays is what has been there longest.
  for (const lot of own.reverse()) {
    const part = Math.min(left, lot.amount)
    if (part === 0) continue
    left -= part
    const leaving = { ...lot, amount: part, until: state.epoch + 2 }
    if (part === lot.amount) lots.set(lot.id, leaving)
    else {
      lots.set(lot.id, { ...lot, amount: lot.amount - part })
      lots.set(nextLot, { ...leaving, id: nextLot })
      nextLot++
    }
  }
  return { ...state, lots, nextLot }
}

function isStaying(lot: Lot, validator: Key, epoch: number): boolean {
  return lot.validator === validator && lot.until === null && lot.from <= epoch
}

/** Takes from lots that count, oldest first. `amount` is what the mode machine took from the same weight. */
export function leakStake(state: StakeState, shares: readonly Shares[]): StakeState {
  if (shares.length === 0) return state
  const lots = new Map(state.lots)
  let taken = 0
  for (const { validator, amount } of shares) {
    let left = amount
    for (const lot of state.lots.values()) {
      if (lot.validator !== validator || !countsIn(lot, state.epoch) || left === 0) continue
      const part = Math.min(left, lot.amount)
      lots.set(lot.id, { ...lot, amount: lot.amount - part })
      left -= part
    }
    assert(left === 0, 'the leak takes no more than there is')
    taken += amount
  }
  return { ...state, lots: withoutEmpty(lots), leaked: state.leaked + taken }
}

/** Deposits that count from now on, oldest first. */
export function activateStake(state: StakeState, shares: readonly Shares[]): StakeState {
  if (shares.length === 0) return state
  const lots = new Map(state.lots)
  let { nextLot } = state
  for (const { validator, amount } of shares) {
    let left = amount
    for (const lot of [...lots.values()]) {
      if (left === 0) break
      if (lot.validator !== validator || lot.until !== null || lot.from <= state.epoch) continue
      const part = Math.min(left, lot.amount)
      left -= part
      if (part === lot.amount) lots.set(lot.id, { ...lot, from: state.epoch })
      else {
        lots.set(lot.id, { ...lot, amount: lot.amount - part })
        lots.set(nextLot, { ...lot, id: nextLot, amount: part, from: state.epoch })
        nextLot++
      }
    }
    assert(left === 0, 'no more is activated than was deposited')
  }
  return { ...state, lots, nextLot }
}

/** The lot's amount leaves the stake; null if it is gone. */
export function payOut(
  state: StakeState,
  id: number,
): { readonly state: StakeState; readonly lot: Lot } | null {
  const lot = state.lots.get(id)
  if (lot === undefined) return null
  const lots = new Map(state.lots)
  lots.delete(id)
  return { state: { ...state, lots }, lot }
}

export function withoutEmpty(lots: Map<number, Lot>): Map<number, Lot> {
  for (const [id, { amount }] of lots) if (amount === 0) lots.delete(id)
  return lots
}

/** Before an exit: deposits that RECORDED did not let in wait for an epoch more, so that the set is what was decided. */
export function deferDeposits(state: StakeState): StakeState {
  const waiting = [...state.lots.values()].filter(({ from }) => from === state.epoch + 1)
  if (waiting.length === 0) return state
  const lots = new Map(state.lots)
  for (const lot of waiting) lots.set(lot.id, { ...lot, from: state.epoch + 2 })
  return { ...state, lots }
}

/** The next epoch begins: the stake chain's own, or by an exit. */
export function turnEpoch(state: StakeState): StakeState {
  return { ...state, epoch: state.epoch + 1 }
}

/** Commits to everything about stake. */
export function stakeRootOf(state: StakeState): Hash {
  const known = roots.get(state)
  if (known !== undefined) return known
  const root = hash('groundwork/stake/1', encodeStake(state))
  roots.set(state, root)
  return root
}

const roots = new WeakMap<StakeState, Hash>()

export function encodeStake(state: StakeState): Bytes {
  return encode((out) => {
    out.u64(state.epoch)
    out.u64(state.nextLot)
    out.u64(state.slashed)
    out.u64(state.leaked)
    out.bigU64(state.fees)
    out.u32(state.lots.size)
    for (const { id, validator, amount, from, until } of [...state.lots.values()].sort(
      (a, b) => a.id - b.id,
    )) {
      out.u64(id)
      out.fixed(fromHex(validator), 32)
      out.u64(amount)
      out.u64(from)
      out.u64(until === null ? 0 : until + 1)
    }
    out.u32(state.offences.length)
    for (const { validator, height, base, burnt } of state.offences) {
      out.fixed(fromHex(validator), 32)
      out.u64(height)
      out.u64(base)
      out.u64(burnt)
    }
  })
}

/** The reverse of `encodeStake`. Throws `CODEC_*`. */
export function decodeStake(bytes: Bytes): StakeState {
  return decode(bytes, (from) => ({
    epoch: from.u64(),
    nextLot: from.u64(),
    slashed: from.u64(),
    leaked: from.u64(),
    fees: from.bigU64(),
    lots: new Map(
      readList(from, 10_000_000, (item): [number, Lot] => {
        const id = item.u64()
        const validator = toHex(item.fixed(32))
        const [amount, from, until] = [item.u64(), item.u64(), item.u64()]
        return [id, { id, validator, amount, from, until: until === 0 ? null : until - 1 }]
      }),
    ),
    offences: readList(from, 10_000_000, (item) => {
      return { validator: toHex(item.fixed(32)), height: item.u64(), base: item.u64(), burnt: item.u64() }
    }),
  }))
}
