import { type DeriveGenesis, type DeriveRecord, startAt } from '@groundwork/hybrid-core'
import {
  createHybridFollower,
  type FollowerEffect,
  type HybridFollower,
  type TransactionStatus,
} from '@groundwork/hybrid-host'
import { defaultLimits, type Slot } from '@groundwork/physical-core'
import { forgetOldest, type Hash, type Hex, toHex } from '@groundwork/primitives'
import { verify as verifySpace } from '@groundwork/proof-of-space/verify'
import type { EpochStart, Parameters, Verify } from '@groundwork/stake-core'
import type { ClientEvent } from './event.ts'
import type { PhysicalStep } from './physical.ts'
import type { TransactionReport } from './report.ts'
import { createStakeChain, type FinalBlocks, type StakeChain } from './stake-chain.ts'

export interface HybridInit {
  readonly genesis: DeriveGenesis
  readonly parameters: Parameters
  readonly slotMs: number
  readonly verify: Verify
  readonly onEvent: (event: ClientEvent) => void
}

/** What both chains together say: derived here, block by block, as every node derives it. */
export interface Hybrid {
  /** The epoch of the stake chain that is followed at this moment. */
  chain(): StakeChain
  physical(step: PhysicalStep): void
  clock(slot: Slot): void
  finalized(final: FinalBlocks): void
  /** Null if neither chain's last blocks have it. */
  transaction(id: Hash): TransactionReport | null
  readonly follower: HybridFollower
}

/** No reorganisation goes back further: nothing is ever missing. */
const keepBlocks = defaultLimits.reorgDepth + 128
/** What was reported of transactions that both chains have left behind. */
const maxRemembered = 1_024

export function createHybrid({ genesis, parameters, slotMs, verify, onEvent }: HybridInit): Hybrid {
  const follower = createHybridFollower({
    genesis,
    verify,
    verifySpace: (check) => verifySpace(check) !== undefined,
    onConflict: 'follow-physical',
    slotMs,
    validator: null,
    farmer: null,
    keepBlocks,
    // Every start begins at genesis.
    snapshotBlocks: Number.MAX_SAFE_INTEGER,
  })
  const remembered = new Map<Hex, TransactionReport>()

  const enter = (start: EpochStart): StakeChain => {
    const { epoch, head, position, rules } = start
    const { view, height, hash } = head
    return createStakeChain({ epoch, parameters, verify, rules, base: { view, height, hash, position } })
  }
  const fromConfirmed = (): StakeChain => {
    const view = follower.view()
    return enter(startAt(follower.context, view, view.confirmed))
  }
  let chain = fromConfirmed()

  /** The physical chain may have ended the epoch, or have recorded more of the stake chain than was followed here. */
  const look = (): void => {
    const view = follower.view()
    const start = chain.rules.physical(view)
    if (start !== null) chain = enter(start)
    else if (view.confirmed.mode.recorded === null && view.confirmed.tip.height > chain.final.height)
      chain = fromConfirmed()
  }

  const tell = (effects: readonly FollowerEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'derived') for (const record of effect.records) tellRecord(record, onEvent)
      if (effect.kind === 'hazard') {
        const { kind: what, reason, lost } = effect.hazard
        onEvent({ kind: 'hazard', what, reason, lost: lost.map(({ height, hash }) => ({ height, hash })) })
      }
      if (effect.kind === 'stake-epoch') {
        const { number, id } = effect
        onEvent({ kind: 'epoch', number, id })
      }
    }
  }

  return {
    follower,
    chain: () => chain,
    physical({ adopted }) {
      tell(follower.physical({ adopted }))
      look()
    },
    clock(slot) {
      tell(follower.clock(slot))
      look()
    },
    finalized({ blocks, certificate }) {
      const { rules } = chain
      const last = blocks.findIndex(({ position }) => rules.ends(position))
      const own = last < 0 ? blocks : blocks.slice(0, last + 1)
      const path = blocks.slice(own.length).map(({ admitted }) => admitted.proposal.block.header)
      tell(
        follower.finalized({
          blocks: own.map(({ admitted }) => admitted.proposal.block),
          path,
          certificate,
        }),
      )
      // R11: nothing follows in this epoch but the proof that it ended, which is here.
      if (last >= 0) chain = enter(rules.successor(chain.final.position))
      look()
    },
    transaction(id) {
      const status = follower.transaction(id)
      const key = toHex(id)
      if (status === null) return remembered.get(key) ?? null
      const report = reportOf(id, status, (height) => follower.view().hashAt(height) ?? null)
      if (report.anchored && report.phys) {
        remembered.set(key, report)
        forgetOldest(remembered, maxRemembered)
      } else remembered.delete(key)
      return report
    },
  }
}

function reportOf(
  id: Hash,
  { included, ...rest }: TransactionStatus,
  hashAt: (height: number) => Hash | null,
): TransactionReport {
  if (included.by === 'stake') return { id, included, ...rest }
  const { posted, code } = included
  return { id, included: { by: 'physical', height: posted, hash: hashAt(posted), code }, ...rest }
}

function tellRecord(record: DeriveRecord, onEvent: (event: ClientEvent) => void): void {
  switch (record.kind) {
    case 'checkpoint-accepted': {
      const { height, epoch, blocks, tipHeight, refreshing } = record
      return onEvent({ kind: 'checkpoint', height, epoch, blocks, tipHeight, refreshing })
    }
    case 'slashed':
      return onEvent({
        kind: 'slashed',
        height: record.height,
        validator: record.validator,
        rule: record.rule,
      })
    case 'mode': {
      const { height, event } = record
      if (event.kind === 'trigger') return onEvent({ kind: 'mode', height, mode: 'RECORDED' })
      if (event.kind === 'exit') return onEvent({ kind: 'mode', height, mode: 'FAST' })
      if (event.kind !== 'window-closed') return
      const { target, justified, present, weight } = event
      return onEvent({ kind: 'window', height, window: target.window, justified, present, weight })
    }
    default:
      return
  }
}
