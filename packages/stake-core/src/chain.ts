import { equal, type Hash, toHex } from '@groundwork/primitives'
import { type Context, observe } from './context.ts'
import type { FinalizedBlock } from './effect.ts'
import type { AdmittedProposal } from './event.ts'
import { purgeAll, purgePool } from './mempool.ts'
import type { EpochStart, ParentBlock, Position } from './rules.ts'
import { type BlockState, prune, viewState } from './state.ts'
import { armStandstill, fetchBlock } from './sync.ts'
import { accuseVotersOf, addCertificate } from './tally.ts'
import type { Certificate, JustifiedHeader, Peer } from './types.ts'

/** Keeps an admitted block above the floor. */
export function addBlock(context: Context, admitted: AdmittedProposal): void {
  const { state } = context
  const key = toHex(admitted.hash)
  const { header } = admitted.proposal.block
  if (header.view <= state.final.view || state.blocks.has(key)) return
  const fault = admitted.justificationFault ?? admitted.bodyFault
  state.blocks.set(key, { ...admitted, key, position: null, waits: null, fault })
  viewState(state, header.view).proposal ??= key
  state.fetching.delete(key)
  if (admitted.justificationFault !== null) accuseVotersOf(context, header.view, admitted.hash)
  if (fault !== null) {
    const { view, proposer } = header
    observe(context, { kind: 'proposal-invalid', view, hash: admitted.hash, proposer, reason: fault })
  }
}

/** The leader's proposal for a view: only the first counts (R2), a second one is evidence (S5). */
export function onProposal(context: Context, admitted: AdmittedProposal, from: Peer): void {
  const { state } = context
  const { header } = admitted.proposal.block
  if (header.view <= state.final.view) return
  const view = viewState(state, header.view)
  const key = toHex(admitted.hash)
  if (view.proposal === null) {
    view.proposal = key
    const { height, proposer } = header
    observe(context, { kind: 'proposal-received', view: header.view, height, hash: admitted.hash, proposer })
    addBlock(context, admitted)
    learnFrom(context, admitted, from)
  } else if (view.proposal !== key) {
    const first = state.blocks.get(view.proposal)
    if (first !== undefined && !view.doubleProposal) {
      view.doubleProposal = true
      const [a, b] = [first, admitted].map(({ proposal: { block, signature } }) => {
        return { header: block.header, justification: block.justification, signature }
      }) as [never, never]
      const { epochId } = header
      observe(context, {
        kind: 'evidence',
        evidence: { rule: 'S5', epochId, view: header.view, offender: header.proposer, a, b },
      })
    }
  }
}

/** A proposal brings the certificates it builds on: whoever missed them leaves the views that they clear. */
function learnFrom(context: Context, { proposal, justificationFault }: AdmittedProposal, from: Peer): void {
  if (justificationFault !== null) return
  const { parent, skips } = proposal.block.justification
  for (const certificate of [parent, ...skips]) {
    if (certificate !== null) addCertificate(context, certificate, from)
  }
}

/** Blocks that were asked for, newest first; each accepted one vouches for its parent. */
export function onBlocks(context: Context, proposals: readonly AdmittedProposal[], from: Peer): void {
  const { state } = context
  const wanted = new Set(state.fetching.keys())
  let last: AdmittedProposal | undefined
  for (const admitted of proposals) {
    const { header } = admitted.proposal.block
    if (!wanted.has(toHex(admitted.hash)) || header.view <= state.final.view) continue
    wanted.add(toHex(header.parentHash))
    addBlock(context, admitted)
    last = admitted
  }
  const parent = last?.proposal.block.header
  if (parent === undefined || parent.parentView <= state.final.view) return
  if (!state.blocks.has(toHex(parent.parentHash)))
    fetchBlock(context, parent.parentHash, parent.parentView, from)
}

/** Executes every block whose parent is executed; asks for parents that are missing. */
export function executeBlocks(context: Context): boolean {
  const { state } = context
  let changed = false
  const pending = [...state.blocks.values()].filter(isPending)
  for (const block of pending.sort((a, b) => a.proposal.block.header.view - b.proposal.block.header.view)) {
    const { header } = block.proposal.block
    const parent = parentOf(context, block)
    if (parent === 'missing') fetchBlock(context, header.parentHash, header.parentView, null)
    else if (parent === 'conflict') fail(context, block, 'conflicts-with-final')
    else if (parent.fault !== null) fail(context, block, 'parent-invalid')
    else if (parent.position !== null) execute(context, block, { ...parent, position: parent.position })
    else continue
    changed = changed || block.position !== null || block.fault !== null
  }
  return changed
}

const isPending = ({ position, fault, waits }: BlockState): boolean =>
  position === null && fault === null && waits === null

type Parent = Omit<ParentBlock, 'position'> & {
  readonly position: Position | null
  readonly fault: string | null
}

function parentOf({ state }: Context, block: BlockState): Parent | 'missing' | 'conflict' {
  const { parentHash, parentView } = block.proposal.block.header
  const { final } = state
  if (equal(parentHash, final.hash)) return { ...final, fault: null }
  if (parentView <= final.view) return 'conflict'
  const parent = state.blocks.get(toHex(parentHash))
  if (parent === undefined) return 'missing'
  const { height, view } = parent.proposal.block.header
  return { hash: parent.hash, position: parent.position, height, view, fault: parent.fault }
}

function execute(context: Context, block: BlockState, parent: ParentBlock): void {
  const { header } = block.proposal.block
  if (header.height !== parent.height + 1) return fail(context, block, 'height')
  if (header.parentView !== parent.view) return fail(context, block, 'parent-view')
  if (!equal(header.validatorsHash, context.init.epoch.validators.hash))
    return fail(context, block, 'validators-hash')
  const extended = context.rules.extend(parent, block)
  switch (extended.kind) {
    case 'extended':
      block.position = extended.position
      return
    case 'fault':
      return fail(context, block, extended.reason)
    case 'wait':
      block.waits = extended.reason
  }
}

function fail(context: Context, block: BlockState, reason: string): void {
  block.fault = reason
  const { view, proposer } = block.proposal.block.header
  observe(context, { kind: 'proposal-invalid', view, hash: block.hash, proposer, reason })
}

/** R5, second part: on a FINAL certificate, finalize its block and all ancestors, once every body is held. */
export function finalize(context: Context): boolean {
  const { state } = context
  const certificates = [...state.views.values()]
    .flatMap((view) => [...view.certificates.values()])
    .filter((certificate) => certificate.type === 'final' && certificate.view > state.final.view)
    .sort((a, b) => b.view - a.view)
  for (const certificate of certificates) {
    const segment = segmentTo(context, certificate)
    if (segment === null) continue
    commit(context, segment, certificate)
    return true
  }
  return false
}

/**
 * The executed blocks from the floor (exclusive) to the certified one, oldest first; null while any is missing, or while
 * they do not hold on the physical branch that this node takes for the best.
 */
function segmentTo(context: Context, certificate: Certificate): BlockState[] | null {
  const { state, rules } = context
  const segment: BlockState[] = []
  let hash = certificate.hash
  let view = certificate.view
  while (!equal(hash, state.final.hash)) {
    const block = state.blocks.get(toHex(hash))
    if (block === undefined) {
      if (view > state.final.view) fetchBlock(context, hash, view, null)
      return null
    }
    if (block.fault !== null) reportConflict(context, certificate)
    if (block.position === null) return null
    segment.unshift(block)
    hash = block.proposal.block.header.parentHash
    view = block.proposal.block.header.parentView
  }
  if (segment.length === 0) return segment
  const mayFinalize = rules.mayFinalize(segment.map(({ position }) => position as Position))
  return mayFinalize && rules.holds(positionOf(segment)) ? segment : null
}

const positionOf = (segment: readonly BlockState[]): Position =>
  (segment.at(-1) as BlockState).position as Position

/** A quorum finalized what we hold for invalid: a third or more of the stake broke the rules. Recorded, never followed. */
function reportConflict(context: Context, certificate: Certificate): void {
  const key = toHex(certificate.hash)
  if (context.state.conflicts.has(key)) return
  context.state.conflicts.add(key)
  observe(context, { kind: 'conflict', certificate, blocks: chainTo(context, certificate.hash) })
}

/** Whatever is held of a chain, down to where it parts from ours. */
function chainTo({ state }: Context, hash: Hash): JustifiedHeader[] {
  const blocks: JustifiedHeader[] = []
  for (let at = state.blocks.get(toHex(hash)); at !== undefined && at.position === null; ) {
    const { header, justification } = at.proposal.block
    blocks.unshift({ header, justification })
    at = state.blocks.get(toHex(header.parentHash))
  }
  return blocks
}

/** Moves the floor. R11: empty children of the epoch's last block are no part of the chain, but prove that it is final. */
function commit(context: Context, segment: readonly BlockState[], certificate: Certificate): void {
  const { state, rules } = context
  const lastIndex = segment.findIndex(({ position }) => rules.ends(position as Position))
  const kept = lastIndex < 0 ? segment : segment.slice(0, lastIndex + 1)
  const newest = kept.at(-1) as BlockState
  const { view, height } = newest.proposal.block.header
  const position = positionOf(kept)
  const { ledger } = position
  const blocks: FinalizedBlock[] = kept.map(({ proposal, hash, transactions }) => {
    return {
      block: proposal.block,
      hash,
      signature: proposal.signature,
      transactionIds: transactions.map(({ id }) => id),
    }
  })
  state.final = { view, height, hash: newest.hash, certificate, position }
  state.standstillRound = 0
  context.entries.push({ kind: 'finalized', certificate, height })
  const finalized = { kind: 'finalize', blocks, certificate, ledger } as const
  for (const block of kept) purgePool(state.mempool, ledger, block.transactions)
  if (newest.proposal.block.header.anchor.height > 0) purgeAll(state.mempool, ledger)
  if (lastIndex < 0) {
    context.others.push(finalized)
    prune(state)
    armStandstill(context)
    return
  }
  const children = segment.slice(lastIndex + 1).map(({ proposal }) => proposal)
  context.others.push({ ...finalized, end: { final: certificate, children } })
  endEpoch(context, rules.successor(position), false)
}

/** Nothing is signed or said by this core any more. */
export function endEpoch(context: Context, next: EpochStart, rebased: boolean): void {
  context.state.ended = true
  context.others.push({ kind: 'ended', next, rebased })
}

/** The physical chain went on: what waited for it is looked at again. */
export function wake(context: Context): void {
  for (const block of context.state.blocks.values()) block.waits = null
}
