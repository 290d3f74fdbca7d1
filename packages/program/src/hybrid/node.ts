import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { createEffectLoop, nodeSignatures } from '@groundwork/host'
import type { DeriveGenesis, DeriveState, PhysicalView } from '@groundwork/hybrid-core'
import {
  createHybridFollower,
  type FollowerEffect,
  type FollowerJournalEntry,
  type HybridFollower,
  type ItemPurpose,
  type Ledgers,
  type OnConflict,
  type Signer,
} from '@groundwork/hybrid-host'
import type { Item, Slot } from '@groundwork/physical-core'
import { type Bytes, type KeyPair, toHex } from '@groundwork/primitives'
import { verify as verifySpace } from '@groundwork/proof-of-space/verify'
import type { Verify } from '@groundwork/stake-core'
import { deliveredFact, derivedFact, hazardFact, ledgerFact, type TraceFact } from '@groundwork/trace'
import type { Log } from '../log.ts'
import type { PhysicalNode } from '../physical/node.ts'
import { wayToTip } from './feed.ts'
import { openFollowerMemory } from './journal.ts'
import type { HybridMetrics } from './metrics.ts'
import { openRoots } from './roots.ts'
import { openSnapshots } from './snapshots.ts'

export type LookUpEffect = Extract<FollowerEffect, { kind: 'look-up' }>

export interface HybridNodeInit {
  readonly genesis: DeriveGenesis
  readonly node: Pick<PhysicalNode, 'rules' | 'core' | 'store' | 'host'>
  readonly dataDir: string
  /** The public key of the node, whatever it may sign: its journal belongs to it. Null: it remembers nothing. */
  readonly owner: Bytes | null
  /** Signs votes of RECORDED; null if it has none, or must not sign. */
  readonly validator: KeyPair | null
  readonly farmer: KeyPair | null
  /** Shared with whoever else checks signatures of the stake chain. */
  readonly verify: Verify
  readonly onConflict: OnConflict
  readonly log: Log
  readonly metrics: HybridMetrics
  readonly onSync: (durationMs: number) => void
  readonly fact: (fact: TraceFact) => void
  readonly events: {
    /** To be put on the physical chain. */
    items(items: readonly Item[], why: ItemPurpose): void
    lookUp?(effect: LookUpEffect): void
    /** After each change, and in each slot. */
    view(view: PhysicalView): void
  }
  readonly onFailure: (error: unknown) => void
}

/** A node that follows both chains: the follower between the stores of both, with its journal and its snapshots. */
export interface HybridNode {
  readonly follower: HybridFollower
  /** What it began with: final blocks of the stake chain above its tip are to be told. */
  readonly beginning: DeriveState
  /** Derives what the disk holds; nothing is voted or said before. */
  start(): Promise<void>
  tipMoved(): void
  /** Where the wall clock is; cheap if that is known. */
  slot(slot: Slot): void
  /** Something that the follower is told, and what it asks for then. */
  tell(step: (follower: HybridFollower) => readonly FollowerEffect[]): void
  stop(): Promise<void>
}

/** Throws one line for what a person must mend. */
export function openHybridNode(init: HybridNodeInit): HybridNode {
  const { node, metrics, log, fact, events } = init
  const dir = join(init.dataDir, 'hybrid')
  const snapshots = openSnapshots(join(dir, 'snapshots'))
  const newestSnapshot = () => snapshots.newest((height) => node.core.hashAt(height))
  const snapshot = newestSnapshot()
  const roots = openRoots(join(dir, 'roots'))
  const memory = openFollowerMemory({ ...init, dir })
  const follower = createHybridFollower({
    genesis: init.genesis,
    verify: init.verify,
    verifySpace: (check) => verifySpace(check) !== undefined,
    onConflict: init.onConflict,
    slotMs: node.rules.parameters.slotMs,
    validator: memory.isSound ? signerOf(init.validator) : null,
    farmer: memory.isSound ? signerOf(init.farmer) : null,
    journal: memory.entries,
    knownRoot: roots.known,
    ...(snapshot && { snapshot }),
  })
  const beginning = follower.state
  let isCaughtUp = false
  let slotTold = 0
  let isStopped = false

  const perform = (effect: FollowerEffect): void => {
    switch (effect.kind) {
      case 'items':
        metrics.said(effect.why, effect.items.length)
        return events.items(effect.items, effect.why)
      case 'look-up':
        return events.lookUp?.(effect)
      case 'store-snapshot':
        return snapshots.write(effect.height, effect.hash, effect.bytes)
      case 'derived': {
        roots.note(effect.height, effect.hash, effect.root)
        if (isCaughtUp) fact(derivedFact(effect.state, effect.records))
        return
      }
      case 'delivered':
      case 'pending':
        return fact(deliveredFact(effect.kind, effect.blocks))
      case 'hazard': {
        const { kind, reason } = effect.hazard
        metrics.hazard(effect.hazard)
        log.error({ hazard: kind, reason, lost: effect.hazard.lost.length }, 'finality hazard')
        return fact(hazardFact(effect.hazard))
      }
      case 'stake-epoch':
        return log.info({ epoch: effect.number, id: toHex(effect.id) }, 'the physical chain names an epoch')
      case 'missing':
        return void catchUp()
      case 'persist':
      case 'reorg':
    }
  }

  const tellLedgers = ledgerTeller(fact)
  const loop = createEffectLoop<() => readonly FollowerEffect[], FollowerEffect, FollowerJournalEntry>({
    step: (take) => take(),
    entriesOf(effect) {
      if (effect.kind !== 'persist') return null
      memory.note(effect.entries)
      return effect.entries
    },
    isSaid: ({ kind }) => kind === 'items' || kind === 'delivered',
    perform,
    journal: memory.journal,
    compacted: () => memory.compacted(),
    maxQueued: 0,
    failed: init.onFailure,
    settled() {
      if (!isCaughtUp) return
      tellLedgers(follower.ledgers())
      events.view(follower.view())
    },
  })

  /** At a snapshot of the best branch, if there is one; else at genesis. */
  const rewind = (): boolean => {
    const newest = newestSnapshot()
    loop.push(() => {
      follower.rewind(newest)
      return []
    })
    return newest !== null
  }

  const feed = async (): Promise<void> => {
    for await (const step of wayToTip(node, follower, rewind)) {
      if (isStopped) return
      loop.push(() => {
        const beganMs = performance.now()
        const effects = follower.physical(step)
        metrics.derived(step.adopted.length, performance.now() - beganMs)
        return effects
      })
      if (step.more) await turn()
    }
  }

  let isFeeding = false
  let isWanted = false
  const catchUp = async (): Promise<void> => {
    isWanted = true
    if (isFeeding) return
    isFeeding = true
    try {
      while (isWanted && !isStopped) {
        isWanted = false
        await feed()
      }
    } catch (error) {
      if (!isStopped) init.onFailure(error)
    } finally {
      isFeeding = false
    }
  }

  const tellSlot = (slot: Slot): void => {
    if (slot <= slotTold) return
    slotTold = slot
    loop.push(() => follower.clock(slot))
  }

  return {
    follower,
    beginning,
    async start() {
      const beganMs = performance.now()
      await feed()
      isCaughtUp = true
      const { height } = follower.state
      log.info({ height, durationMs: Math.round(performance.now() - beganMs) }, 'derived the physical chain')
      fact(derivedFact(follower.state, []))
    },
    tipMoved: () => void catchUp(),
    slot: tellSlot,
    tell(step) {
      // A process that was frozen may hear old votes before its next slot: R5a goes by the time that it is.
      tellSlot(node.host.slotNow())
      loop.push(() => step(follower))
    },
    async stop() {
      isStopped = true
      loop.stop()
      roots.close()
      await memory.journal.close()
    },
  }
}

function signerOf(key: KeyPair | null): Signer | null {
  if (key === null) return null
  return { publicKey: key.publicKey, sign: (message) => nodeSignatures.sign(key.secretKey, message) }
}

/** Says of `anchored` and `phys` when they moved. */
function ledgerTeller(fact: (fact: TraceFact) => void): (ledgers: Ledgers) => void {
  const told = { anchored: '', phys: '' }
  return (ledgers) => {
    for (const name of ['anchored', 'phys'] as const) {
      const { stake, physicalHeight } = ledgers[name]
      const at = `${stake.epoch}:${stake.height}:${physicalHeight}`
      if (at === told[name]) continue
      told[name] = at
      fact(ledgerFact(name, ledgers[name]))
    }
  }
}
