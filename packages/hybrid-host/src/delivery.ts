import {
  type DeriveContext,
  type DeriveState,
  type Height,
  isFresh,
  mayDeliver,
  type Position,
} from '@groundwork/hybrid-core'
import { equal, forgetOldest, type Hash, type Hex } from '@groundwork/primitives'
import type { Certificate, FinalChain, Header } from '@groundwork/stake-core'
import type { Adoption, Branch, DerivedBlock } from './branch.ts'
import { type Earlier, voidReason } from './earlier.ts'
import type { DeliveredBlock, FollowerEffect, Hazard, HazardKind } from './effect.ts'
import type { Finals, Held } from './finals.ts'
import type { FinalSegment, OnConflict } from './follower.ts'
import type { ToldBlock } from './journal.ts'

export interface DeliveryInit {
  readonly context: DeriveContext
  readonly branch: () => Branch
  readonly finals: Finals
  readonly earlier: Earlier
  readonly onConflict: OnConflict
  readonly clockSlot: () => number
  readonly keepBlocks: number
  /** A certified block that does not execute here. */
  readonly onInvalid: (held: Held) => void
}

/** What clients were told, and what became of it. */
export interface Delivery {
  /** The best branch moved; null after a rewind to a snapshot. */
  moved(adoption: Adoption | null): FollowerEffect[]
  finalized(segment: FinalSegment): FollowerEffect[]
  /** Two final chains: recorded, whatever is done about it. */
  conflicting(chains: readonly FinalChain[], reason: string): FollowerEffect[]
  /** What ledgers are read from. */
  readonly told: Told
  readonly hazards: readonly Hazard[]
  readonly isHalted: boolean
}

export interface Told {
  readonly confirmed: DeriveState
  /** After the newest delivered block. */
  readonly fast: Position | null
}

const forgottenMax = 4096
const hazardsMax = 256
/** After these, clients that were told something have to be told that it was wrong. */
const halting: ReadonlySet<HazardKind> = new Set([
  'confirmed-reverted',
  'fast-reverted',
  'final-conflict',
  'final-invalid',
])

export function createDelivery(init: DeliveryInit): Delivery {
  const { context, finals, earlier, onConflict, clockSlot } = init
  const { parameters } = context
  const hazards: Hazard[] = []
  /** Names of delivered blocks that are not held any more, for reorganisations that reach below. */
  const forgotten = new Map<Hex, DeliveredBlock>()
  /** Confirmed blocks of the last moment at which the whole branch was looked at. */
  let confirmed: DerivedBlock = init.branch().confirmed
  let halted: Told | null = null
  let effects: FollowerEffect[] = []

  const told = (): Told => {
    const fast = finals.held.findLast(({ delivered }) => delivered)?.position ?? null
    return { confirmed: init.branch().confirmed.state, fast }
  }
  /** As it was after the last event: what stays, if the next one halts. */
  let before: Told = told()

  const say = (
    kind: HazardKind,
    reason: string,
    lost: readonly Held[],
    more: Partial<Pick<Hazard, 'lost' | 'instead' | 'certificates' | 'chains'>> & {
      readonly fork?: Height
    } = {},
  ): void => {
    const { state } = init.branch().tip
    const { fork = state.height, ...rest } = more
    const hazard: Hazard = {
      kind,
      reason,
      branch: { tip: state.hash, height: state.height, fork },
      lost: lost.map(named),
      instead: [],
      certificates: certificatesOf(lost),
      chains: [],
      ...rest,
    }
    hazards.push(hazard)
    if (hazards.length > hazardsMax) hazards.shift()
    if (onConflict === 'halt' && halting.has(kind)) halted ??= before
    effects.push({ kind: 'hazard', hazard })
    // After it: rather said twice than never.
    if (kind === 'fast-reverted')
      effects.push({
        kind: 'persist',
        entries: [{ kind: 'taken-back', hashes: hazard.lost.map(({ hash }) => hash) }],
      })
  }

  /** What was told before this start, and does not hold. */
  const lookBack = (): void => {
    for (const { reason, blocks, by } of earlier.takeLost())
      say('fast-reverted', reason, [], { lost: blocks.map(toldAs), instead: [tipOf(by)] })
  }

  const isTimely = (): boolean => {
    const { tip, confirmed: deep } = init.branch()
    const view = { tip: tip.state.height, lastCheckpoint: deep.state.mode.lastCheckpoint }
    const isFast = tip.state.mode.recorded === null && deep.state.mode.recorded === null
    return isFast && mayDeliver(parameters, view) && isFresh(parameters, tip.slot, clockSlot())
  }

  /** A reorganisation deeper than kappa takes back what was confirmed. */
  const checkConfirmed = (fork: Height): readonly DeliveredBlock[] => {
    const branch = init.branch()
    const { height, hash } = confirmed.state
    const now = branch.hashAt(height)
    if (now === undefined ? branch.tip.state.height >= height : equal(now, hash)) return []
    const index = checkpointedOn(branch, 0)
    // What was checkpointed below all that is known stands, if the branches part above.
    const oldest = branch.lastCarried
    const kept = fork >= oldest.height ? oldest.tipHeight : -1
    const lost = finals.held.filter(
      ({ anchored, key, block }) => anchored && !index.has(key) && block.header.height > kept,
    )
    for (const held of lost) held.anchored = false
    const isGone = ([key, one]: readonly [Hex, DeliveredBlock]) =>
      !index.has(key) && one.height > oldest.tipHeight
    const gone = [...forgotten].filter(isGone)
    for (const [key] of gone) forgotten.delete(key)
    const below = gone.map(([, one]) => one)
    say('confirmed-reverted', 'deep-reorganisation', lost, { fork, lost: [...below, ...lost.map(named)] })
    return below
  }

  /** `below`: what was delivered and forgotten since, and is gone too. */
  const rewind = (fork: Height, below: readonly DeliveredBlock[]): void => {
    const lost = finals.rewind(fork).filter(({ delivered }) => delivered)
    if (lost.length + below.length === 0) return
    for (const held of lost) held.delivered = false
    say('fast-reverted', 'anchor-orphaned', lost, { fork, lost: [...below, ...lost.map(named)] })
  }

  const execute = (): void => {
    const invalid = finals.execute()
    if (invalid === null || invalid.held.isLost) return
    invalid.held.isLost = true
    say('final-invalid', invalid.reason, [invalid.held])
    init.onInvalid(invalid.held)
  }

  /** Blocks whose checkpoint is confirmed, and those that never will have one. */
  const settle = (): void => {
    const branch = init.branch()
    const deep = branch.confirmed.state
    const waiting = finals.held.filter(({ anchored }) => !anchored)
    if (waiting[0] === undefined) return
    const index = checkpointedOn(branch, waiting[0].block.header.height)
    for (const held of waiting) {
      const at = index.get(held.key)
      const isOlder = at === undefined && held.block.header.height <= branch.lastCarried.tipHeight
      if (isOlder || (at !== undefined && at <= deep.height)) held.anchored = true
    }
    for (const [i, { anchored, block }] of finals.held.entries()) {
      const reason = anchored ? null : (voidReason(deep, block.header) ?? orphanReason(deep, block.header))
      if (reason === null) continue
      giveUp(finals.held.slice(i), reason)
      break
    }
  }

  const giveUp = (all: readonly Held[], reason: string): void => {
    const lost = all.filter(({ isLost, anchored }) => !isLost && !anchored)
    const wasTold = ({ delivered, key }: Held) => delivered || earlier.has(key)
    const reverted = lost.filter(wasTold)
    const unseen = lost.filter((held) => !wasTold(held) && !earlier.wasLost(held.key))
    for (const held of lost) {
      held.isLost = true
      held.delivered = false
      earlier.release(held.key)
    }
    const instead = [tipOf(init.branch().confirmed.state)]
    if (reverted.length > 0) say('fast-reverted', reason, reverted, { instead })
    if (unseen.length > 0) say('final-void', reason, unseen, { instead })
  }

  /** R5a. Whoever is told of a block is told of its ancestors. */
  const deliver = (): void => {
    const isOpen = isTimely()
    const newest = finals.held.findLastIndex(
      (held) =>
        held.position !== null &&
        !held.isLost &&
        (held.anchored || (held.timely && isOpen) || earlier.has(held.key)),
    )
    const fresh: DeliveredBlock[] = []
    const journaled: ToldBlock[] = []
    const late: DeliveredBlock[] = []
    for (const [i, held] of finals.held.entries()) {
      if (held.position === null || held.isLost || held.delivered) continue
      if (i <= newest) {
        held.delivered = true
        fresh.push(named(held))
        if (!earlier.has(held.key)) journaled.push(toldOf(held, held.position))
        earlier.release(held.key)
      } else if (!held.isLate) {
        held.isLate = true
        late.push(named(held))
      }
    }
    if (journaled.length > 0)
      effects.push({ kind: 'persist', entries: [{ kind: 'delivered', blocks: journaled }] })
    if (fresh.length > 0) effects.push({ kind: 'delivered', blocks: fresh })
    if (late.length > 0) effects.push({ kind: 'pending', blocks: late })
  }

  const forget = (): void => {
    const branch = init.branch()
    const floor = branch.tip.state.height - Math.floor(init.keepBlocks / 2)
    const oldest = branch.at(Math.max(floor, branch.oldest))!.state.tip.height
    const keep = finals.held.findIndex(({ anchored, block }) => !anchored || block.header.height >= oldest)
    for (const held of finals.held.slice(0, Math.max(0, keep)))
      if (held.delivered) forgotten.set(held.key, named(held))
    forgetOldest(forgotten, forgottenMax)
    if (keep > 0) finals.drop(keep)
  }

  const run = (work: () => void): FollowerEffect[] => {
    effects = []
    work()
    execute()
    settle()
    if (halted === null) deliver()
    forget()
    confirmed = init.branch().confirmed
    before = told()
    return effects
  }

  return {
    moved(adoption) {
      return run(() => {
        lookBack()
        if (adoption !== null && adoption.reverted.length === 0) return
        const isKnown = adoption !== null && !adoption.isDeep
        const fork = isKnown ? adoption.fork : sharedWith(init.branch(), finals)
        rewind(fork, checkConfirmed(fork))
      })
    },
    finalized(segment) {
      return run(() => {
        const added = finals.add(segment, isTimely())
        if (added.kind === 'added') giveUp(added.replaced, 'other-lineage')
        if (added.kind === 'conflict') {
          const own = { blocks: finals.held.map(({ block }) => block), certificate: lastCertificate(finals) }
          say('final-conflict', 'other-chain', [], { chains: [own, segment] })
        }
      })
    },
    conflicting(chains, reason) {
      return run(() => say('final-conflict', reason, [], { chains }))
    },
    get told() {
      return halted ?? told()
    },
    hazards,
    get isHalted() {
      return halted !== null
    },
  }
}

/** Whether a block stands on another one than the last that is checkpointed. */
function orphanReason({ epoch, tip }: DeriveState, { epochId, height, parentHash }: Header): string | null {
  const isNext = equal(epochId, epoch.id) && height === tip.height + 1
  return isNext && !equal(parentHash, tip.hash) ? 'other-checkpoint' : null
}

/** Hashes of stake blocks, from a height on, that checkpoints brought, with the height of the physical block. */
function checkpointedOn(branch: Branch, from: number): Map<Hex, Height> {
  const found = new Map<Hex, Height>()
  for (const { height, tipHeight, hashes } of branch.carried()) {
    if (tipHeight < from) break
    for (const key of hashes) found.set(key, height)
  }
  return found
}

/** After a rewind: up to here, positions that are held stand on the new branch too. */
function sharedWith(branch: Branch, { held }: Finals): Height {
  const last = held.findLast(({ position }) => {
    if (position === null) return false
    const { anchor } = position.tip
    const hash: Hash | undefined = branch.hashAt(anchor.height)
    return hash !== undefined && equal(hash, anchor.hash)
  })
  return last?.position?.tip.anchor.height ?? 0
}

function named({ block: { header }, hash, epoch }: Held): DeliveredBlock {
  return { epoch, epochId: header.epochId, height: header.height, hash }
}

function toldOf(held: Held, { epoch, tip }: Position): ToldBlock {
  const { height, hash } = tip.anchor
  return { ...named(held), epoch: epoch.number, anchor: { height, hash } }
}

function toldAs({ epoch, epochId, height, hash }: ToldBlock): DeliveredBlock {
  return { epoch, epochId, height, hash }
}

function tipOf({ epoch, tip }: DeriveState): DeliveredBlock {
  return { epoch: epoch.number, epochId: epoch.id, height: tip.height, hash: tip.hash }
}

function certificatesOf(lost: readonly Held[]): Certificate[] {
  return [...new Set(lost.map(({ certificate }) => certificate))]
}

function lastCertificate({ held }: Finals): Certificate {
  return held.at(-1)!.certificate
}
