import { equal } from '@groundwork/primitives'
import type {
  AdmittedProposal,
  BlockRules,
  Draft,
  EpochStart,
  Extended,
  Header,
  Position,
} from '@groundwork/stake-core'
import {
  type DeriveContext,
  type DeriveState,
  extendPosition,
  forcedRootOf,
  nextValidators,
  type PendingBlock,
  successorOf,
} from '../derive/index.ts'
import { isDeepEnough, isFresh, isFreshAnchor, maySign } from '../rules.ts'
import { stateRootOf } from '../stake/index.ts'
import type { PhysicalView } from '../view.ts'
import { goesThroughConfirmed } from './confirmed.ts'
import { draftBlock } from './draft.ts'
import { type HybridPosition, headAt, hybridPosition, isEnded, isOnBranch } from './position.ts'

export interface HybridRulesInit {
  /** Its `execution.verify` judges what is forced; signatures of the stake chain are checked before the rules are asked. */
  readonly context: DeriveContext
  readonly view: PhysicalView
  /** Of the epoch that these rules are for. */
  readonly position: HybridPosition
  /** How often the physical chain had begun an epoch by itself when this one, or one that it grew out of, began. */
  readonly exits: number
  /** Begun in RECORDED, where no position can be built on: every block waits for the exit. */
  readonly isVoid?: boolean
}

/** What a block of the stake chain means while the physical chain records: the code that derive runs, asked by validators. */
export function hybridRules(init: HybridRulesInit): BlockRules {
  const { context, position: start, exits, isVoid = false } = init
  const { parameters } = context
  const { epoch } = start
  // Admission has checked the justification and the body.
  const admitted: DeriveContext = { ...context, verify: () => true }
  let { view } = init
  /** Height of the newest checkpoint that is known to be of this chain. */
  let known = 0

  const isOurs = ({ mode, epoch: running, epochs }: DeriveState): boolean =>
    mode.exits === exits &&
    (running.number < epoch.number || epochs.some((known) => equal(known.epoch.id, epoch.id)))

  const learn = () => {
    const { confirmed } = view
    if (confirmed.mode.recorded === null && isOurs(confirmed)) known = confirmed.tip.height
  }
  learn()

  return {
    generation: exits,
    refusal: () => null,
    extend(parent, block) {
      if (isVoid) return { kind: 'wait', reason: 'recorded' }
      const position = own(parent.position)
      if (isEnded(context, position)) return extendEnded(context, position, block)
      const range = rangeTo(view, position, block.proposal.block.header)
      if (range.kind !== 'range') return range
      const { tip, execution } = position
      const extension = extendPosition(
        admitted,
        { epoch, tip, execution, pending: range.blocks },
        block.proposal.block,
      )
      return extension.kind === 'fault'
        ? extension
        : { kind: 'extended', position: hybridPosition(extension.position) }
    },
    mayNotarize(position) {
      const { tip, isChild } = own(position)
      const { height } = tip.anchor
      if (!isOnBranch(view, tip.anchor)) return false
      // The first block of the physical chain is on every branch.
      if (height > 0 && !isDeepEnough(parameters, view.tip.height, height)) return false
      // What forces nothing more in cannot look away either: an epoch has to end after a stall, too.
      return isChild || isFreshAnchor(parameters, view.tip.height, height)
    },
    holds: (position) => isOnBranch(view, own(position).tip.anchor),
    mayFinalize(segment) {
      const { tip, clockSlot, confirmed } = view
      // Without the present physical chain nobody can know what it has confirmed.
      if (!isFresh(parameters, tip.slot, clockSlot) || !isOurs(confirmed)) return false
      return goesThroughConfirmed(epoch, parameters.epochHeights, segment.map(own), confirmed)
    },
    maySign() {
      const { tip, clockSlot, confirmed, state } = view
      if (confirmed.mode.recorded !== null || state.mode.recorded !== null || !isOurs(confirmed)) return false
      return (
        isFresh(parameters, tip.slot, clockSlot) &&
        maySign(parameters, { tip: tip.height, lastCheckpoint: confirmed.mode.lastCheckpoint })
      )
    },
    draft(parent, request) {
      const position = own(parent.position)
      return isEnded(context, position)
        ? draftEnded(context, position)
        : draftBlock(context, view, position, request)
    },
    ends: (position) => isEnded(context, own(position)),
    successor(position) {
      const next = hybridPosition(successorOf(context, { ...own(position), pending: [] }))
      return startWith({ context, view, position: next, exits })
    },
    physical(next) {
      view = next as PhysicalView
      learn()
      const { confirmed } = view
      if (confirmed.mode.recorded !== null || isOurs(confirmed)) return null
      const start = startAt(context, view, confirmed)
      return { ...start, head: { ...start.head, keep: Math.min(known, start.head.height) } }
    },
  }
}

/** The epoch that runs after a derived state, from the last block that its branch has: after an exit, its first. */
export function startAt(context: DeriveContext, view: PhysicalView, state: DeriveState): EpochStart {
  const { mode } = state
  const isVoid = mode.recorded !== null
  return startWith({ context, view, position: hybridPosition(state), exits: mode.exits, isVoid })
}

function startWith(init: HybridRulesInit): EpochStart {
  const { position } = init
  return { epoch: position.epoch, head: headAt(position), position, rules: hybridRules(init) }
}

type Range =
  | { readonly kind: 'range'; readonly blocks: readonly PendingBlock[] }
  | Exclude<Extended, { kind: 'extended' }>

/** AN-1: what the block has to execute; a fault if its anchor cannot descend from its parent's; else it waits for the branch. */
function rangeTo(view: PhysicalView, { tip }: HybridPosition, { anchor }: Header): Range {
  // Nothing to execute: it is the parent's, or a fault.
  if (anchor.height <= tip.anchor.height) return { kind: 'range', blocks: [] }
  if (!isOnBranch(view, anchor)) return { kind: 'wait', reason: 'anchor' }
  const parent = view.hashAt(tip.anchor.height)
  if (parent !== undefined && !equal(parent, tip.anchor.hash)) return { kind: 'fault', reason: 'anchor' }
  const blocks = view.range(tip.anchor.height, anchor.height)
  return blocks === null ? { kind: 'wait', reason: 'physical-blocks' } : { kind: 'range', blocks }
}

/** R11: below an epoch's last block there is nothing but the proof that it is final. */
function extendEnded(
  context: DeriveContext,
  position: HybridPosition,
  { proposal, transactions }: AdmittedProposal,
): Extended {
  const { header } = proposal.block
  const right = draftEnded(context, position)
  const child: HybridPosition = { ...position, isChild: true }
  const isRight =
    transactions.length === 0 &&
    header.anchor.height === right.anchor.height &&
    equal(header.anchor.hash, right.anchor.hash) &&
    equal(header.forcedRoot, right.forcedRoot) &&
    equal(header.stateRoot, right.stateRoot) &&
    header.credit === right.credit &&
    equal(header.nextValidatorsHash, right.nextValidatorsHash)
  return isRight ? { kind: 'extended', position: child } : { kind: 'fault', reason: 'epoch-ended' }
}

function draftEnded(context: DeriveContext, position: HybridPosition): Draft {
  const { tip, execution } = position
  return {
    transactions: [],
    anchor: { height: tip.anchor.height, hash: tip.anchor.hash },
    forcedRoot: forcedRootOf([]),
    stateRoot: stateRootOf(execution),
    credit: tip.credit,
    nextValidatorsHash: nextValidators(context, position, execution, tip.height).hash,
  }
}

/** Positions of a core come from its own rules only. */
function own(position: Position): HybridPosition {
  return position as HybridPosition
}
