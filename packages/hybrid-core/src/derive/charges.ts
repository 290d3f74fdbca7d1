import { compare, equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import {
  type Header,
  hashHeader,
  hashJustification,
  justificationFault,
  publicKeyOf,
  verifyEvidence,
  voteFault,
} from '@groundwork/stake-core'
import { type Height, type Key, targetHeight } from '../mode/index.ts'
import {
  type Charge,
  type RecordedVote,
  recordedVoteMessage,
  type SpaceVote,
  spaceVoteMessage,
} from '../payload/index.ts'
import { type Input, isSlashed, type OffenceRule, stateRootOf } from '../stake/index.ts'
import { anchorRange, executeBody, type Position } from './segment.ts'
import type { DeriveContext, DeriveState, KnownEpoch } from './state.ts'

/** What a charge proves, or why it proves nothing. */
export type Verdict =
  | { readonly kind: 'validator'; readonly validator: Key; readonly rule: OffenceRule }
  | { readonly kind: 'plot'; readonly plot: Key }
  | { readonly kind: 'nothing'; readonly reason: string }

/** Against what is known before the block's own checkpoint and evidence are counted in. */
export interface Bench
  extends Pick<DeriveState, 'epochs' | 'epoch' | 'execution' | 'tip' | 'pending' | 'spaces'> {
  /** Of the block itself, so far. */
  readonly ordered: readonly Input[]
}

export function judgeCharge(context: DeriveContext, bench: Bench, height: Height, charge: Charge): Verdict {
  switch (charge.kind) {
    case 'stake':
      return judgeStake(context, bench, height, charge)
    case 'state':
      return judgeState(context, bench, charge)
    case 'recorded':
      return judgeRecorded(context, bench, height, charge.a, charge.b)
    case 'space':
      return judgeSpace(context, bench, height, charge.a, charge.b)
  }
}

/** S1 to S3. Clocked by the physical chain at both ends: the newest anchor of the blocks voted for, and this block. */
function judgeStake(
  context: DeriveContext,
  bench: Bench,
  height: Height,
  { evidence, headers }: Extract<Charge, { kind: 'stake' }>,
): Verdict {
  if (evidence.rule === 'S5') return nothing('evidence-rule')
  const known = epochOf(bench, evidence.epochId)
  if (known === undefined) return nothing('evidence-epoch')
  const voted =
    evidence.rule === 'S3' ? [evidence.vote.hash] : [evidence.a.hash, evidence.b.hash].filter(isNamed)
  const all: readonly Header[] = evidence.rule === 'S3' ? [evidence.block.header, ...headers] : headers
  if (all.length === 0) return nothing('evidence-header')
  if (!all.every((header) => voted.some((hash) => equal(hash, hashHeader(header)))))
    return nothing('evidence-header')
  const newest = Math.max(...all.map(({ anchor }) => anchor.height))
  if (height - newest > context.parameters.evidenceMaxAgeBlocks) return nothing('evidence-age')
  const court = { epoch: known.epoch, verify: context.verify, maxSkips: context.parameters.maxSkips }
  const wrong = verifyEvidence(court, evidence)
  if (wrong !== null) return nothing(wrong)
  return guilty(bench, toHex(publicKeyOf(known.epoch, evidence.offender)!), evidence.rule)
}

/** S4, where the parent's state is at hand: the block would have been the next one. */
function judgeState(
  context: DeriveContext,
  bench: Bench,
  { vote, block, body }: Extract<Charge, { kind: 'state' }>,
): Verdict {
  if (!context.parameters.slashBadState) return nothing('evidence-rule')
  const { epoch, tip, execution, pending } = bench
  const { header, justification } = block
  if (!equal(vote.epochId, epoch.id) || !equal(header.epochId, epoch.id)) return nothing('evidence-epoch')
  if (vote.type === 'skip' || !equal(vote.hash, hashHeader(header)) || vote.view !== header.view)
    return nothing('evidence-block')
  if (!equal(header.parentHash, tip.hash)) return nothing('evidence-parent')
  const wrong = voteFault(epoch, vote, context.verify)
  if (wrong !== null) return nothing(wrong)
  const position: Position = { epoch, tip, execution, pending }
  const range = anchorRange(position, header.anchor)
  // Whoever voted may have seen another branch: only what anchors here can be judged here.
  if (range === null || !equal(hashJustification(justification), header.justificationRoot))
    return nothing('evidence-anchor')
  const { maxSkips } = context.parameters
  if (justificationFault(epoch, header, justification, context.verify, maxSkips) !== null)
    return nothing('evidence-justification')
  const executed = executeBody(context, execution, range, { header, justification, body })
  // A body that is not the header's proves nothing; one that cannot be executed does.
  if (executed.kind === 'fault' && executed.reason === 'body-root') return nothing('evidence-body')
  const isRight = executed.kind === 'executed' && equal(stateRootOf(executed.execution), header.stateRoot)
  return isRight ? nothing('evidence-state') : guilty(bench, toHex(publicKeyOf(epoch, vote.voter)!), 'S4')
}

/** R1: two targets for one window. R2: one vote around another. Both under one epoch. */
function judgeRecorded(
  context: DeriveContext,
  bench: Bench,
  height: Height,
  a: RecordedVote,
  b: RecordedVote,
): Verdict {
  if (!equal(a.validator, b.validator) || !equal(a.epochId, b.epochId)) return nothing('evidence-unrelated')
  const known = epochOf(bench, a.epochId)
  if (known === undefined) return nothing('evidence-epoch')
  const rule = contradictionOf(a, b, context.parameters.surroundWindows)
  if (rule === null) return nothing('evidence-no-contradiction')
  const newest = targetHeight(context.parameters, Math.max(a.target.window, b.target.window))
  if (height - newest > context.parameters.evidenceMaxAgeBlocks) return nothing('evidence-age')
  for (const vote of [a, b])
    if (!context.verify(vote.validator, recordedVoteMessage(vote), vote.signature))
      return nothing('evidence-signature')
  return guilty(bench, toHex(a.validator), rule)
}

/**
 * In either order of the two votes. R2 reaches `surroundWindows` far: without an end, one reorganisation below two
 * justified windows would bar every honest validator from the fork that won, and leave it to whoever votes there.
 */
export function contradictionOf(
  a: RecordedVote,
  b: RecordedVote,
  surroundWindows: number,
): 'R1' | 'R2' | null {
  if (a.target.window === b.target.window) {
    const isSame =
      equal(a.target.hash, b.target.hash) &&
      equal(a.target.stateRoot, b.target.stateRoot) &&
      a.source.window === b.source.window &&
      equal(a.source.hash, b.source.hash)
    return isSame ? null : 'R1'
  }
  const [inner, outer] = a.target.window < b.target.window ? [a, b] : [b, a]
  if (outer.target.window - inner.target.window > surroundWindows) return null
  return outer.source.window < inner.source.window ? 'R2' : null
}

/** F2: a plot's votes for two targets of one window. */
function judgeSpace(
  context: DeriveContext,
  bench: Bench,
  height: Height,
  a: SpaceVote,
  b: SpaceVote,
): Verdict {
  if (!equal(a.plotId, b.plotId) || a.window !== b.window || !equal(a.farmer, b.farmer))
    return nothing('evidence-unrelated')
  if (compare(a.targetHash, b.targetHash) >= 0) return nothing('evidence-order')
  if (height - targetHeight(context.parameters, a.window) > context.parameters.evidenceMaxAgeBlocks)
    return nothing('evidence-age')
  const plot: Hex = toHex(a.plotId)
  const registered = [...bench.spaces.values()].find(({ farmers }) => farmers.has(plot))?.farmers.get(plot)
  if (registered === undefined || !equal(registered.farmer, a.farmer)) return nothing('evidence-plot')
  for (const vote of [a, b])
    if (!context.verify(vote.farmer, spaceVoteMessage(vote), vote.signature))
      return nothing('evidence-signature')
  return { kind: 'plot', plot }
}

function guilty({ execution, pending, ordered }: Bench, validator: Key, rule: OffenceRule): Verdict {
  const isOrdered = [ordered, ...pending.map(({ inputs }) => inputs)].some((inputs) =>
    inputs.some((input) => input.kind === 'slash' && input.validator === validator),
  )
  if (isOrdered || isSlashed(execution.stake, validator)) return nothing('evidence-duplicate')
  return { kind: 'validator', validator, rule }
}

function epochOf({ epochs }: Bench, id: Hash): KnownEpoch | undefined {
  return epochs.find(({ epoch }) => equal(epoch.id, id))
}

const isNamed = (hash: Hash): boolean => hash.some((byte) => byte !== 0)
const nothing = (reason: string): Verdict => ({ kind: 'nothing', reason })
