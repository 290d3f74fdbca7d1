import type { Ledger } from '@groundwork/ledger'
import type { ActivePlot, PhysicalBlock, PlotId, SpaceCheck } from '@groundwork/physical-core'
import { assert, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { Epoch, Verify, View } from '@groundwork/stake-core'
import { genesisMode, type Height, type Key, type ModeState, type SpaceSnapshot } from '../mode/index.ts'
import { checkHybridParameters, creditBurstBytes, type HybridParameters } from '../params.ts'
import { type Execution, type ExecutionContext, genesisStake, type Input } from '../stake/index.ts'
import { type ExecutedBodies, executedBodies } from './executed.ts'

/** What derive is given beside blocks. The two checks are functions of the bytes alone; a host may look answers up. */
export interface DeriveContext {
  readonly parameters: HybridParameters
  readonly execution: ExecutionContext
  readonly verify: Verify
  /** Whether a proof of space is good; asked for space votes only. */
  readonly verifySpace: (check: Omit<SpaceCheck, 'kind'>) => boolean
  /** Of bodies whose signatures `verify` found good. Missing: everything is executed again. */
  readonly executed?: ExecutedBodies
}

/** A physical block with what its chain says about plots and seeds (`ChainState.epoch` after the block). */
export interface PhysicalInput {
  readonly block: PhysicalBlock
  readonly hash: Hash
  readonly epoch: PhysicalEpochView
}

export interface PhysicalEpochView {
  readonly number: number
  readonly seed: Hash
  readonly active: ReadonlyMap<Hex, Pick<ActivePlot, 'effective'> & { readonly record: PlotView }>
}

export interface PlotView {
  readonly plotId: PlotId
  readonly farmer: Uint8Array
  readonly k: number
}

/** A physical block that the stake chain has not caught up with. */
export interface PendingBlock {
  readonly height: Height
  readonly hash: Hash
  /** Of the physical epoch. */
  readonly seed: Hash
  readonly epoch: number
  /** Of the lanes that FI-1 is about: forced, then evidence. */
  readonly laneRoots: readonly [forced: Hash, evidence: Hash]
  readonly inputs: readonly Input[]
}

/** The last block of the last accepted checkpoint, or the genesis of an epoch. */
export interface CheckpointTip {
  readonly hash: Hash
  readonly height: number
  /** 0 at the genesis of an epoch: views begin anew with every epoch. */
  readonly view: View
  readonly anchor: {
    readonly height: Height
    readonly hash: Hash
    readonly seed: Hash
    readonly epoch: number
  }
  /** Seed of the physical epoch at the parent's anchor. */
  readonly parentSeed: Hash
  readonly credit: number
}

/** An epoch of the stake chain whose votes may still be evidence. */
export interface KnownEpoch {
  readonly epoch: Epoch
  /** Height at which its successor began, while it has one. */
  readonly ended: Height | null
}

export interface SpaceOfEpoch extends SpaceSnapshot {
  readonly farmers: ReadonlyMap<Key, { readonly farmer: Uint8Array; readonly k: number }>
}

/** The last certificate that was accepted, for value at loss. */
export interface LastFinal {
  readonly epochId: Hash
  readonly hash: Hash
  readonly view: View
  readonly signers: readonly Key[]
}

/** What the physical chain makes of the stake chain after one block. Never changes. */
export interface DeriveState {
  readonly height: Height
  /** Of the physical block. */
  readonly hash: Hash
  readonly mode: ModeState
  readonly epoch: Epoch
  readonly tip: CheckpointTip
  /** FAST: after the tip. RECORDED: after every physical block's inputs up to this one. */
  readonly execution: Execution
  /** FAST: blocks above the tip's anchor, oldest first. RECORDED: none. */
  readonly pending: readonly PendingBlock[]
  /** Active space of physical epochs, from the one that a stall would freeze. */
  readonly spaces: ReadonlyMap<number, SpaceOfEpoch>
  /** Physical epoch of the anchor of the last refreshing checkpoint. An exit does not move it. */
  readonly refreshedEpoch: number
  readonly epochs: readonly KnownEpoch[]
  /** When lots may be paid out, by id; -1 once that has been ordered. */
  readonly clocks: ReadonlyMap<number, Height>
  readonly lastFinal: LastFinal | null
  /** Ledgers after the targets of windows that may yet become final. */
  readonly targets: readonly { readonly window: number; readonly execution: Execution }[]
  /** The newest state that is more than available: after the tip, or after a finalised target. */
  readonly anchored: Execution
}

export interface DeriveGenesis {
  readonly parameters: HybridParameters
  /** Of the stake chain, its first. */
  readonly epoch: Epoch
  readonly ledger: Ledger
  readonly physicalGenesis: Hash
  /** The physical chain's first epoch. */
  readonly space: PhysicalEpochView
}

export function createDerivation(
  genesis: DeriveGenesis,
  verify: Verify,
  verifySpace: DeriveContext['verifySpace'],
): { readonly context: DeriveContext; readonly state: DeriveState } {
  const { parameters, epoch, ledger, physicalGenesis, space } = genesis
  checkHybridParameters(parameters)
  const execution = { ledger, stake: genesisStake(epoch.validators.validators) }
  assert(supplyOf(execution) < 1n << 64n, 'all funds and stake together fit a balance')
  const context: DeriveContext = {
    parameters,
    verify,
    verifySpace,
    executed: executedBodies(),
    execution: {
      chainId: epoch.chainId,
      verify,
      periodBlocks: parameters.evidenceMaxAgeBlocks,
      minStake: parameters.minStake,
    },
  }
  const state: DeriveState = {
    height: 0,
    hash: physicalGenesis,
    mode: genesisMode(),
    epoch,
    tip: {
      hash: epoch.genesisHash,
      height: 0,
      view: 0,
      anchor: { height: 0, hash: physicalGenesis, seed: space.seed, epoch: space.number },
      parentSeed: space.seed,
      credit: creditBurstBytes(parameters),
    },
    execution,
    pending: [],
    spaces: new Map([[space.number, spaceOf(space)]]),
    refreshedEpoch: space.number,
    epochs: [{ epoch, ended: null }],
    clocks: new Map(),
    lastFinal: null,
    targets: [],
    anchored: execution,
  }
  return { context, state }
}

/** I12: funds, stake, and what is gone; constant. */
export function supplyOf({ ledger, stake }: Execution): bigint {
  let sum = stake.fees + BigInt(stake.slashed) + BigInt(stake.leaked)
  for (const { amount } of stake.lots.values()) sum += BigInt(amount)
  for (const [, { balance }] of ledger.entries()) sum += balance
  return sum
}

export function spaceOf(view: PhysicalEpochView): SpaceOfEpoch {
  const known = spacesOf.get(view)
  if (known !== undefined) return known
  const plots = new Map<Key, bigint>()
  const farmers = new Map<Key, { farmer: Uint8Array; k: number }>()
  let total = 0n
  for (const { effective, record } of view.active.values()) {
    const key = toHex(record.plotId)
    plots.set(key, effective)
    farmers.set(key, { farmer: record.farmer, k: record.k })
    total += effective
  }
  const space = { plots, farmers, total }
  spacesOf.set(view, space)
  return space
}

/** Blocks of one epoch share their view. */
const spacesOf = new WeakMap<PhysicalEpochView, SpaceOfEpoch>()

/** The space that a stall would freeze: two physical epochs before the last refreshing checkpoint's anchor. */
export function frozenSpace({ spaces, refreshedEpoch }: DeriveState): SpaceOfEpoch {
  const wanted = Math.max(0, refreshedEpoch - 2)
  let found: SpaceOfEpoch | undefined
  // Epochs without a block have no entry of their own: the one before stands for them.
  for (const [number, space] of spaces) if (number <= wanted) found = space
  const space = found ?? [...spaces.values()][0]
  assert(space !== undefined, 'the space of some epoch is known')
  return space
}
