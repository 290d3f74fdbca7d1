import { type HybridPosition, hybridPosition, hybridRules } from '@groundwork/hybrid-core'
import {
  createFarmerPolicy,
  createHybridFollower,
  type FarmerPolicy,
  type FinalSegment,
  type FollowerEffect,
  type FollowerJournalEntry,
  type HybridFollower,
  type LedgerPoint,
  type PolicyChange,
  type Signer,
} from '@groundwork/hybrid-host'
import type { Item, OfferedItem, OwnPlot } from '@groundwork/physical-core'
import { equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { EpochStart, Evidence, FinalChain, Header, Position } from '@groundwork/stake-core'
import { deliveredFact, derivedFact, hazardFact, ledgerFact, type TraceFact } from '@groundwork/trace'
import type { Life } from '../lifecycle.ts'
import type { FarmerDisk } from '../physical/disk.ts'
import { modelSpaceProof } from '../physical/model.ts'
import type { PhysicalPart } from '../physical/part.ts'
import type { HybridWorld } from './world.ts'

/** What outlives a process of what it knows of both chains. */
export interface HybridDisk {
  journal: FollowerJournalEntry[]
  /** What follows from the heads that the stake chain's store has had, by hash. */
  heads: Map<Hex, { readonly position: HybridPosition; readonly exits: number }>
  /** Blocks that were written down as derived; a restart derives again in silence. */
  told: Set<Hex>
}

export function hybridDisk(): HybridDisk {
  return { journal: [], heads: new Map(), told: new Set() }
}

export interface HybridPartInit {
  readonly world: HybridWorld
  readonly life: Life
  readonly part: PhysicalPart
  readonly blocks: FarmerDisk
  readonly disk: HybridDisk
  readonly validator: Signer | null
  readonly farmer: Signer | null
  readonly plots: readonly OwnPlot[]
  readonly slotMs: number
  emit(fact: TraceFact): void
  refuse(reason: string): void
  /** The view of the physical chain changed. */
  viewed(): void
}

/** What a process makes of both chains. */
export interface HybridPart {
  readonly follower: HybridFollower
  /** The best physical chain is another; also once, at a start. */
  followTip(): void
  tick(slot: number): void
  finalized(segment: FinalSegment): void
  accuse(evidence: Evidence, headers: readonly Header[]): void
  /** A final chain that contradicts the own one. */
  conflicting(chain: FinalChain): void
  /** Items from others or (null) from a client. */
  offer(items: readonly Item[], from: string | null): void
  /** Where the stake chain's core begins: after the stored head, or (null) at genesis. */
  stakeStart(head: Hash | null): EpochStart
  /** What follows from a head of the store. */
  keep(position: Position): void
}

const lookUpMs = 10
const ownPolicy = 'policy'
/** A validator tells so many farmers what should lie on the chain. */
const farmersTold = 3

export function createHybridPart(init: HybridPartInit): HybridPart {
  const { world, life, part, disk, emit } = init
  const follower = createHybridFollower({
    genesis: world.genesis,
    verify: world.verify,
    verifySpace: world.verifySpace,
    derive: world.derive,
    onConflict: 'follow-physical',
    slotMs: init.slotMs,
    validator: init.validator,
    farmer: init.farmer,
    journal: disk.journal,
  })
  const beginning = follower.state
  const policy: FarmerPolicy | null =
    init.farmer === null ? null : createFarmerPolicy(follower.context, () => follower.state)
  let turn = part.slotNow()
  const shown = new Map<'anchored' | 'phys', LedgerPoint>()

  const perform = (effects: readonly FollowerEffect[]): void => {
    for (const effect of effects) performOne(effect)
  }
  const performOne = (effect: FollowerEffect): void => {
    switch (effect.kind) {
      case 'persist':
        return void disk.journal.push(...effect.entries)
      case 'items':
        return post(effect.items)
      case 'look-up':
        return life.schedule(lookUpMs, () => lookUp(effect))
      case 'derived': {
        const key = toHex(effect.hash)
        if (disk.told.has(key)) return
        disk.told.add(key)
        return emit(derivedFact(effect.state, effect.records))
      }
      case 'delivered':
      case 'pending':
        return emit(deliveredFact(effect.kind, effect.blocks))
      case 'hazard':
        return emit(hazardFact(effect.hazard))
      case 'store-snapshot':
      case 'missing':
      case 'reorg':
      case 'stake-epoch':
        return
    }
  }

  const lookUp = ({
    plotId,
    k,
    window,
    targetHash,
    challenges,
  }: Extract<FollowerEffect, { kind: 'look-up' }>) => {
    for (const [attempt, challenge] of challenges.entries()) {
      const proof = modelSpaceProof(plotId, k, challenge)
      if (proof === null) continue
      return perform(follower.spaceProof({ plotId, window, targetHash, attempt, proof }))
    }
  }

  /** Farmers put items into their own pool and tell everybody; validators tell a few farmers, others at each turn. */
  const post = (items: readonly Item[]): void => {
    const farmers = [...part.peers]
    if (policy !== null) return offer(items, null)
    turn++
    for (let i = 0; i < Math.min(farmersTold, farmers.length); i++) {
      part.send(farmers[(turn + i) % farmers.length] as string, { kind: 'items', items })
    }
  }

  const change = ({ offer: offered, withdraw, refused }: PolicyChange, from: string | null): void => {
    if (withdraw.length > 0) part.step({ kind: 'withdraw-items', hashes: withdraw })
    if (offered.length > 0) part.step({ kind: 'items', items: offered, from })
    for (const { reason } of refused) init.refuse(reason)
  }
  const offer = (items: readonly Item[], from: string | null): void => {
    perform(follower.offered(items))
    const offered = items.map((item): OfferedItem => ({ item, priority: 0 }))
    if (policy !== null) change(policy.offered(offered), from)
  }

  const showLedgers = (): void => {
    const ledgers = follower.ledgers()
    for (const ledger of ['anchored', 'phys'] as const) {
      const [point, before] = [ledgers[ledger], shown.get(ledger)]
      const isSame =
        before?.physicalHeight === point.physicalHeight && equal(before.stake.hash, point.stake.hash)
      shown.set(ledger, point)
      if (!isSame) emit(ledgerFact(ledger, point))
    }
  }

  const followTip = (): void => {
    const { hash } = part.core.tip()
    if (equal(follower.state.hash, hash)) return
    const adopted = world.branchTo(part.core, init.blocks, hash, follower.knows)
    // A tip that was derived before: the branch goes back to it.
    const again =
      adopted.length > 0 ? adopted : world.branchTo(part.core, init.blocks, hash, (at) => !equal(at, hash))
    if (again.length === 0) return
    perform(follower.physical({ adopted: again }))
    if (policy !== null) change(policy.revise(part.core.state.mempool.items.values()), ownPolicy)
    showLedgers()
    init.viewed()
  }

  perform(follower.plots(init.plots))
  return {
    follower,
    followTip,
    tick(slot) {
      perform(follower.clock(slot))
      init.viewed()
    },
    finalized(segment) {
      // A process that was frozen hears old votes before its next tick: R5a goes by the time that it is.
      perform(follower.clock(part.slotNow()))
      perform(follower.finalized(segment))
      showLedgers()
    },
    accuse: (evidence, headers) => perform(follower.accuse(evidence, headers)),
    conflicting: (chain) => perform(follower.conflicting(chain)),
    offer,
    stakeStart(head) {
      const { context } = follower
      const known = head === null ? undefined : disk.heads.get(toHex(head))
      const { position, exits } = known ?? { position: hybridPosition(beginning), exits: 0 }
      const { tip, epoch } = position
      return {
        epoch,
        head: { view: tip.view, height: tip.height, hash: tip.hash, certificate: null },
        position,
        rules: hybridRules({ context, position, exits, view: follower.view() }),
      }
    },
    keep(position) {
      const { tip } = position as HybridPosition
      const { exits } = follower.confirmed.mode
      disk.heads.set(toHex(tip.hash), { position: position as HybridPosition, exits })
    },
  }
}
