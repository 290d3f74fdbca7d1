import { type Bytes, equal, forgetOldest, type Hash, toHex } from '@groundwork/primitives'
import { onBlock } from './blocks.ts'
import { activePlot, advance, type ChainState, seedFor } from './chain-state.ts'
import { plotChallengeOf, slotChallengeOf } from './challenge.ts'
import { type Context, observe, refuse } from './context.ts'
import { blockHashOf, foliageMessage, laneRootsOf, trunkHashOf } from './encoding.ts'
import type { PhysicalEvent, Ticket } from './event.ts'
import { isBetter } from './fork-choice.ts'
import { isWin, lotteryNumber, lotteryTarget } from './lottery.ts'
import { selectItems } from './mempool.ts'
import { epochOf } from './rules.ts'
import { maySign, noteSigned } from './sign-record.ts'
import { yOf } from './slots.ts'
import { type BlockNode, type LookUp, nodeOf, tipOf } from './state.ts'
import type { Foliage, PhysicalBlock, PlotId, Slot, Trunk } from './types.ts'
import { validate } from './validity.ts'

const maxLookUps = 256
const maxProving = 1024
/** A block may replace the tip, or one of those just below it. */
const heightsBack = 2

/** PC14. Asks own plots about every slot that is live, due, known, and may still give the next tip. */
export function lookUp(context: Context): void {
  const { state, init } = context
  forgetOldest(state.lookUps, maxLookUps)
  for (const [key, due] of [...state.lookUps]) {
    if (due.slot > state.clock) continue
    state.lookUps.delete(key)
    if (init.farmer !== null) askPlots(context, due)
  }
}

function askPlots(context: Context, { seed, slot }: LookUp): void {
  const { state, others } = context
  const place = placeFor(context, slot, seed)
  const y = yOf(context, seed, slot)
  if (place === null || y === undefined) return
  const { chain } = place
  const slotChallenge = slotChallengeOf(y)
  for (const { plotId, k } of state.plots) {
    const plot = activePlot(chain, toHex(plotId))
    if (plot === undefined || plot.record.k !== k || !maySign(state.signed, plotId, slot)) continue
    const target = lotteryTarget(chain.epoch.difficulty, plot.effective)
    const challenge = plotChallengeOf(plotId, slotChallenge)
    others.push({ kind: 'look-up', plotId, k, slot, seed, slotChallenge, challenge, target })
  }
}

interface Place {
  readonly parent: BlockNode
  /** The parent's chain as the block of the slot meets it. */
  readonly chain: ChainState
}

/** The best block to build on in a slot, if what is built there can become the tip; u, if known, decides ties. */
function placeFor(context: Context, slot: Slot, seed: Hash, u = 0n): Place | null {
  const { state, rules } = context
  const tip = tipOf(state)
  let parent: BlockNode | null = null
  for (let back = 0; back <= heightsBack; back++) {
    for (const key of state.byHeight.get(tip.chain.height - back) ?? []) {
      const node = nodeOf(state, key)
      if (node.chain.slot < slot && (parent === null || isBetter(node, parent))) parent = node
    }
  }
  if (parent === null) return null
  const chain = advance(rules, parent.chain, epochOf(rules, slot))
  if (!equal(chain.epoch.seed, seed)) return null
  const made = { chain: { weight: chain.weight + chain.epoch.difficulty }, u }
  return isBetter(made, tip) ? { parent, chain } : null
}

/** The lottery: the best winning ticket of a plot is worth a proof, if it can still lead. */
export function onLookedUp(context: Context, event: Extract<PhysicalEvent, { kind: 'looked-up' }>): void {
  const { state, others } = context
  const { plotId, slot, seed, tickets } = event
  const y = yOf(context, seed, slot)
  if (y === undefined || tickets.length === 0) return
  const slotChallenge = slotChallengeOf(y)
  const plot = ownPlot(context, plotId)
  const place = placeFor(context, slot, seed)
  const active = place === null ? undefined : activePlot(place.chain, toHex(plotId))
  if (!plot || place === null || active === undefined) return
  let best: { ticket: Ticket; u: bigint } | undefined
  for (const ticket of tickets) {
    const u = lotteryNumber(ticket.quality, slotChallenge)
    if (best === undefined || u < best.u) best = { ticket, u }
  }
  const { ticket, u } = best!
  if (!isWin(u, place.chain.epoch.difficulty, active.effective)) return
  observe(context, { kind: 'won', slot, plotId, u })
  if (placeFor(context, slot, seed, u) === null || !maySign(state.signed, plotId, slot)) return
  const { quality, handle } = ticket
  state.proving.set(provingKey(plotId, slot, seed), { plotId, slot, seed, quality })
  forgetOldest(state.proving, maxProving)
  const challenge = plotChallengeOf(plotId, slotChallenge)
  others.push({ kind: 'prove', plotId, slot, seed, challenge, quality, handle })
}

function ownPlot({ state }: Context, plotId: PlotId): boolean {
  return state.plots.some((own) => equal(own.plotId, plotId))
}

function provingKey(plotId: PlotId, slot: Slot, seed: Hash): string {
  return `${toHex(plotId)}:${slot}:${toHex(seed)}`
}

/** A proof that was asked for becomes a block on the best chain of the moment, unless that has moved on. */
export function onProved(context: Context, event: Extract<PhysicalEvent, { kind: 'proved' }>): void {
  const { state, init } = context
  const { plotId, slot, seed, quality, proof } = event
  const key = provingKey(plotId, slot, seed)
  const asked = state.proving.get(key)
  if (asked === undefined || !equal(asked.quality, quality))
    return refuse(context, 'ticket', 'ticket-unasked', null)
  state.proving.delete(key)
  const y = yOf(context, seed, slot)
  if (y === undefined || init.farmer === null) return
  const u = lotteryNumber(quality, slotChallengeOf(y))
  const place = placeFor(context, slot, seed, u)
  if (place === null || !maySign(state.signed, plotId, slot)) return
  make(context, place, { plotId, slot, quality, proof, y })
}

interface Winner {
  readonly plotId: PlotId
  readonly slot: Slot
  readonly quality: Hash
  readonly proof: Bytes
  readonly y: Bytes
}

function make(context: Context, { parent, chain }: Place, winner: Winner): void {
  const { state, init, rules, entries, others } = context
  const { plotId, slot, quality, proof, y } = winner
  const farmer = init.farmer!
  const items = selectItems(state.mempool, rules, parent.chain, slot)
  const k = activePlot(chain, toHex(plotId))?.record.k ?? 0
  const trunk: Trunk = { slot, parentTrunk: parent.chain.trunkHash, plotId, k, proof, y }
  const foliage: Foliage = {
    height: parent.chain.height + 1,
    parentHash: parent.chain.hash,
    trunkHash: trunkHashOf(trunk),
    farmer: farmer.publicKey,
    laneRoots: laneRootsOf(items),
  }
  const unsigned: PhysicalBlock = { trunk, foliage, items, signature: noSignature }
  const verdict = validate(rules, parent.chain, { block: unsigned, quality })
  if (verdict.kind === 'invalid') return refuse(context, 'ticket', `own-${verdict.reason}`, null)
  const hash = blockHashOf(foliage)
  noteSigned(state.signed, plotId, slot, hash)
  entries.push({ kind: 'signed', plotId, slot, hash })
  const block = { ...unsigned, signature: farmer.sign(foliageMessage(rules.chainId, foliage)) }
  const { height } = foliage
  observe(context, { kind: 'block-made', hash, height, slot, plotId, items: items.length })
  onBlock(context, { block, quality }, null)
  others.push({ kind: 'broadcast', message: { kind: 'block', block } })
}

const noSignature = new Uint8Array(64)

/** Without a VDF a slot is known when its time comes. */
export function lookUpWithoutVdf(context: Context): void {
  const { state, rules } = context
  if (rules.parameters.vdf.kind !== 'none' || state.clock < 1) return
  const seed = seedFor(rules, tipOf(state).chain, Math.max(state.clock, tipOf(state).chain.slot))
  state.lookUps.set(`${toHex(seed)}:${state.clock}`, { seed, slot: state.clock })
}
