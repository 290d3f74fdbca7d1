import type { Bytes, Hash } from '@groundwork/primitives'

/** Counted from the genesis block, which is slot 0; epoch e holds slots e * epochSlots + 1 to (e + 1) * epochSlots. */
export type Slot = number
export type PhysicalEpoch = number
export type Height = number
/** 32 bytes: `plotIdOf(farmer's public key, index)`. */
export type PlotId = Hash
/** A position in the genesis' list of regions. */
export type RegionIndex = number
/** The name of a process in the network. */
export type Peer = string

/** Bytes of a group element at the boundary: big-endian, as the VDF's modulus. */
export const groupBytes = 256

/**
 * One step of an epoch's chain of delay proofs. Stateless part, checked before it becomes an event: `y` is the VDF of
 * the input (`previous`, or the seed mapped into the group at the epoch's first slot), and `proof` shows it.
 */
export interface SlotProof {
  readonly slot: Slot
  /** 32 bytes: names the epoch's challenge chain, hence the fork if forks differ before the seed's cut-off. */
  readonly seed: Hash
  /** y of the slot before; null at the epoch's first slot, whose input is the seed. */
  readonly previous: Bytes | null
  /** 256 bytes. */
  readonly y: Bytes
  /** 256 bytes. */
  readonly proof: Bytes
}

/** What challenges of later epochs depend on. Nothing in it can be ground: the proof is fixed by plot and challenge. */
export interface Trunk {
  readonly slot: Slot
  readonly parentTrunk: Hash
  readonly plotId: PlotId
  /** Size of the plot; 0 under proof of work. */
  readonly k: number
  /** Space: 8k bytes. Work: the nonce, 8 bytes. */
  readonly proof: Bytes
  /** 256 bytes: the slot's VDF output, from which the challenge follows. */
  readonly y: Bytes
}

/** Items lie in lanes; each has limits of its own, so that no kind can crowd out another. */
export const lanes = ['checkpoint', 'forced', 'evidence', 'votes', 'registry'] as const
export type Lane = (typeof lanes)[number]
/** In the order of `lanes`; zero for an empty lane. */
export type LaneRoots = readonly Hash[]

/** What challenges never depend on. Its hash names the block. */
export interface Foliage {
  readonly height: Height
  readonly parentHash: Hash
  readonly trunkHash: Hash
  /** 32 bytes, the public key that registered the plot. */
  readonly farmer: Bytes
  readonly laneRoots: LaneRoots
}

export interface PhysicalHeader {
  readonly trunk: Trunk
  readonly foliage: Foliage
  /** 64 bytes, the farmer's over the foliage. */
  readonly signature: Bytes
}

export interface PhysicalBlock extends PhysicalHeader {
  /** In the order of their lanes. */
  readonly items: readonly Item[]
}

/** Registers a plot for the epoch after the next. The proof of space shows that there is one. */
export interface RegisterPlot {
  readonly kind: 'register-plot'
  /** 32 bytes. */
  readonly farmer: Bytes
  /** Of the farmer's plots: the id is the hash of key and index, so nobody can register somebody else's plot. */
  readonly index: number
  readonly k: number
  /** Claimed; worth its full weight only while attestations support it. */
  readonly region: RegionIndex
  /** Which of the registration challenges the proof answers: one plot has no proof for a third of all challenges. */
  readonly attempt: number
  /** Empty under proof of work. */
  readonly proof: Bytes
  readonly signature: Bytes
}

export interface RetirePlot {
  readonly kind: 'retire-plot'
  readonly plotId: PlotId
  readonly farmer: Bytes
  readonly signature: Bytes
}

/** A challenger's signed word on how fast a plot answered. */
export interface LocationAttestation {
  readonly kind: 'location'
  readonly plotId: PlotId
  /** In which it was measured, and in which it may enter the chain. */
  readonly epoch: PhysicalEpoch
  /** 32 bytes. */
  readonly challenger: Bytes
  /** The best round trip of the samples. */
  readonly rttUs: number
  readonly transcriptHash: Hash
  readonly signature: Bytes
}

/** F1: two signed foliages of one plot and slot. */
export interface FarmerEquivocation {
  readonly kind: 'farmer-equivocation'
  /** Ordered by block hash. */
  readonly a: PhysicalHeader
  readonly b: PhysicalHeader
}

/** Carried for the stake chain; only their size means anything here. */
export const opaqueKinds = [
  'checkpoint',
  'checkpoint-bodies',
  'forced-transaction',
  'stake-evidence',
  'recorded-vote',
  'space-vote',
] as const
export type OpaqueKind = (typeof opaqueKinds)[number]

export interface OpaqueItem {
  readonly kind: OpaqueKind
  readonly bytes: Bytes
}

export type Item = RegisterPlot | RetirePlot | LocationAttestation | FarmerEquivocation | OpaqueItem
export type ItemKind = Item['kind']

/** What a node says about its tip; claims only, nothing follows from them but whom to ask. */
export interface ChainStatus {
  readonly height: Height
  readonly hash: Hash
  readonly slot: Slot
  /** Sum of difficulties from genesis. */
  readonly weight: bigint
}

/** What nodes of the physical chain say to each other. */
export type PhysicalMessage =
  | { readonly kind: 'slot-proof'; readonly proof: SlotProof }
  | { readonly kind: 'block'; readonly block: PhysicalBlock }
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  | { readonly kind: 'status'; readonly status: ChainStatus }
  /** The block of this hash and up to `ancestors` of its ancestors. */
  | { readonly kind: 'block-request'; readonly hash: Hash; readonly ancestors: number }
  /** What follows the newest of these hashes (newest first) on the sender's best chain. */
  | { readonly kind: 'range-request'; readonly locator: readonly Hash[]; readonly max: number }
  /** Slot proofs of one challenge chain, `from` to `to` inclusive. */
  | { readonly kind: 'slots-request'; readonly seed: Hash; readonly from: Slot; readonly to: Slot }
  /** Oldest first. */
  | { readonly kind: 'blocks'; readonly blocks: readonly PhysicalBlock[] }
  /** Ascending, of one challenge chain. */
  | { readonly kind: 'slots'; readonly proofs: readonly SlotProof[] }
