import { decodeCheckpoint, decodeCheckpointBodies, deriveRoot, hybridProfiles } from '@groundwork/hybrid-core'
import type { Item, OpaqueItem } from '@groundwork/physical-core'
import { type Hash, standInSignatures, toHex } from '@groundwork/primitives'
import { forced, type Harness, harness, type Party } from '../../hybrid-core/test/harness.ts'
import {
  createHybridFollower,
  type FinalSegment,
  type FollowerEffect,
  type FollowerInit,
  type Hazard,
  type HybridFollower,
} from '../src/index.ts'

export const { ci } = hybridProfiles

export const newHarness = (weights = [10, 10, 10, 10]): Harness => harness({ parameters: ci, weights })

export function signerOf(who: Party): NonNullable<FollowerInit['validator']> {
  return { publicKey: who.publicKey, sign: (message) => standInSignatures.sign(who.secretKey, message) }
}

/** A follower of the harness' chain, from its genesis. */
export function followerOf(h: Harness, change: Partial<FollowerInit> = {}): HybridFollower {
  const { states, context } = h
  const start = states[0]!
  const [number, space] = [...start.spaces][0]!
  const active = [...space.farmers].map(([key, { farmer, k }]) => {
    const record = { plotId: bytesOf(key), farmer, k }
    return [key, { effective: space.plots.get(key)!, record }] as const
  })
  return createHybridFollower({
    genesis: {
      parameters: context.parameters,
      epoch: start.epoch,
      ledger: start.execution.ledger,
      physicalGenesis: start.hash,
      space: { number, seed: start.tip.anchor.seed, active: new Map(active) },
    },
    verify: standInSignatures.verify,
    verifySpace: context.verifySpace,
    onConflict: 'follow-physical',
    slotMs: 1000,
    validator: null,
    farmer: null,
    keepBlocks: 64,
    snapshotBlocks: 8,
    ...change,
  })
}

/** Tells the follower everything of the harness' chain that it does not know yet, as one step. */
export function feed(follower: HybridFollower, h: Harness): FollowerEffect[] {
  let from = h.blocks.length
  while (from > 0 && !follower.knows(h.states[from]!.hash)) from--
  const adopted = h.blocks.slice(from)
  follower.clock(h.state.height)
  if (adopted.length > 0) return [...follower.physical({ adopted })]
  // A shorter branch of blocks that are known: its last block is adopted again.
  return [...follower.physical({ adopted: h.blocks.slice(-1) })]
}

/** Garbage that makes a block differ from its siblings. */
export const mark = (name: number): Item => forced(Uint8Array.of(name & 255, name >> 8))

/** The stake-chain blocks of a checkpoint's two items, as the stake chain finalises them. */
export function segmentOf(items: readonly Item[]): FinalSegment {
  const bytes = (kind: OpaqueItem['kind']) => (items.find((item) => item.kind === kind) as OpaqueItem).bytes
  const { blocks, path, final } = decodeCheckpoint(bytes('checkpoint'))
  const { bodies } = decodeCheckpointBodies(bytes('checkpoint-bodies'))
  return { blocks: blocks.map((block, i) => ({ ...block, body: bodies[i]! })), path, certificate: final }
}

export const rootOf = (follower: HybridFollower): string => toHex(deriveRoot(follower.state))

export const hazardsIn = (effects: readonly FollowerEffect[]): Hazard[] =>
  effects.flatMap((effect) => (effect.kind === 'hazard' ? [effect.hazard] : []))

export const itemsIn = (effects: readonly FollowerEffect[], why: string): Item[] =>
  effects.flatMap((effect) => (effect.kind === 'items' && effect.why === why ? effect.items : []))

export function deliveredIn(effects: readonly FollowerEffect[]): Hash[] {
  return effects.flatMap((effect) =>
    effect.kind === 'delivered' ? effect.blocks.map(({ hash }) => hash) : [],
  )
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
