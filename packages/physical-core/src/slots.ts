import { type Bytes, equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import { seedFor } from './chain-state.ts'
import { yWithoutVdf } from './challenge.ts'
import { type Context, observe, refuse, want } from './context.ts'
import { epochOf, firstSlotOf, lastSlotOf } from './rules.ts'
import { type ChallengeChain, tipOf } from './state.ts'
import type { Peer, PhysicalEpoch, Slot, SlotProof } from './types.ts'

const maxChains = 64
const maxHeld = 64

/** The y of a slot in the challenge chain of `seed`, if it is known. */
export function yOf({ rules, state }: Context, seed: Hash, slot: Slot): Bytes | undefined {
  if (rules.parameters.vdf.kind === 'none') return yWithoutVdf(seed, slot)
  return state.chains.get(toHex(seed))?.ys[slot - firstSlotOf(rules, epochOf(rules, slot))]
}

/** The first slot of a chain that is not known. */
export function nextSlotOf({ rules }: Context, chain: ChallengeChain): Slot {
  return firstSlotOf(rules, chain.epoch) + chain.ys.length
}

export function challengeChain(context: Context, seed: Hash, epoch: PhysicalEpoch): ChallengeChain {
  const { chains } = context.state
  const key = toHex(seed)
  const known = chains.get(key)
  if (known !== undefined) return known
  const made: ChallengeChain = { key, seed, epoch, ys: [], held: new Map() }
  chains.set(key, made)
  if (chains.size > maxChains) forgetOne(context, key)
  return made
}

/** An unused chain if there is one, else the oldest. */
function forgetOne({ state }: Context, except: Hex): void {
  let oldest: ChallengeChain | undefined
  for (const chain of state.chains.values()) {
    if (chain.key === except) continue
    if (chain.ys.length === 0) return void state.chains.delete(chain.key)
    if (oldest === undefined || chain.epoch < oldest.epoch) oldest = chain
  }
  if (oldest !== undefined) state.chains.delete(oldest.key)
}

/** PC3. A slot proof whose VDF is good: whether its input is the chain's is asked here. */
export function onSlotProof(context: Context, proof: SlotProof, live: boolean, from: Peer | null): void {
  const fault = takeSlot(context, proof, live, from)
  if (fault !== null) refuse(context, 'slot', fault, from)
}

/** Why a host need not verify a slot proof: it is known, or of no use. Null if it is worth it. */
export function slotFault(context: Context, proof: SlotProof): string | null {
  const { rules, state } = context
  const { slot, seed } = proof
  if (rules.parameters.vdf.kind === 'none') return 'slot-unexpected'
  if (slot < 1) return 'slot-range'
  if (slot > state.clock + 1 + rules.parameters.maxFutureSlots) return 'slot-far-future'
  const epoch = epochOf(rules, slot)
  const chain = state.chains.get(toHex(seed))
  if (chain === undefined) {
    const { chain: tip } = tipOf(state)
    if (epoch < tip.epoch.number || !equal(seedFor(rules, tip, slot), seed)) return 'slot-seed-unknown'
  } else if (chain.epoch !== epoch) return 'slot-epoch'
  const first = firstSlotOf(rules, epoch)
  if ((proof.previous === null) !== (slot === first)) return 'slot-previous'
  const known = chain?.ys[slot - first]
  if (known !== undefined) return equal(known, proof.y) ? 'slot-known' : 'slot-conflict'
  const before = slot === first ? undefined : chain?.ys[slot - first - 1]
  if (before !== undefined && !equal(before, proof.previous!)) return 'slot-previous'
  return null
}

function takeSlot(context: Context, proof: SlotProof, live: boolean, from: Peer | null): string | null {
  const fault = slotFault(context, proof)
  if (fault === 'slot-known') return null
  if (fault !== null) return fault
  const { slot } = proof
  const chain = challengeChain(context, proof.seed, epochOf(context.rules, slot))
  const next = nextSlotOf(context, chain)
  if (slot > next) {
    if (chain.held.size >= maxHeld) return 'slot-held-full'
    chain.held.set(slot, { proof, live })
    wantSlots(context, chain, Math.min(...chain.held.keys()) - 1, from)
    return null
  }
  append(context, chain, proof, live)
  for (;;) {
    const held = chain.held.get(nextSlotOf(context, chain))
    if (held === undefined) return null
    chain.held.delete(held.proof.slot)
    if (!equal(held.proof.previous!, chain.ys.at(-1)!)) return 'slot-previous'
    append(context, chain, held.proof, held.live)
  }
}

function append(context: Context, chain: ChallengeChain, proof: SlotProof, live: boolean): void {
  const { state, others } = context
  const { slot, seed } = proof
  chain.ys.push(proof.y)
  others.push({ kind: 'store-slot', proof })
  observe(context, { kind: 'slot-known', slot, seed })
  if (live) state.lookUps.set(`${chain.key}:${slot}`, { seed, slot })
  const key = `slots:${chain.key}`
  const wanted = state.wanted.get(key)?.want
  if (wanted?.kind === 'slots' && wanted.to <= slot) state.wanted.delete(key)
}

/** Fetches a chain's slots from the first unknown one up to `to`. */
export function wantSlots(context: Context, chain: ChallengeChain, to: Slot, hint: Peer | null): void {
  const from = nextSlotOf(context, chain)
  if (to >= from) want(context, { kind: 'slots', seed: chain.seed, from, to }, hint)
}

/** What a block of this slot misses: as much of its epoch as can exist by now, so that one answer serves many blocks. */
export function wantSlotsFor(context: Context, seed: Hash, slot: Slot, hint: Peer | null): void {
  const { rules, state } = context
  const epoch = epochOf(rules, slot)
  const to = Math.max(slot, Math.min(lastSlotOf(rules, epoch), state.clock))
  wantSlots(context, challengeChain(context, seed, epoch), to, hint)
}
