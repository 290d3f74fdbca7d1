import {
  contradictionOf,
  type DeriveContext,
  type DeriveState,
  encodeRecordedVote,
  type RecordedVote,
  recordedVoteMessage,
  stateRootOf,
  votingHeight,
} from '@groundwork/hybrid-core'
import type { Item } from '@groundwork/physical-core'
import { equal, fromHex, toHex, zeroHash } from '@groundwork/primitives'
import type { FollowerEffect } from './effect.ts'
import type { Signer } from './follower.ts'

/** Votes that a validator signed, oldest first, as far back as one could contradict the next. */
export type SignedVotes = readonly RecordedVote[]

const signedMax = 256

/** Journal and duty of one validator in RECORDED. */
export interface RecordedVoter {
  /** What to do about the open window on this tip. `isFresh`: the tip is the network's. */
  vote(state: DeriveState, isFresh: boolean): FollowerEffect[]
}

export function createRecordedVoter(
  context: DeriveContext,
  signer: Signer | null,
  journal: SignedVotes,
): RecordedVoter {
  let signed: SignedVotes = journal
  return {
    vote(state, isFresh) {
      if (signer === null || !isFresh) return []
      const due = dueVote(context, state, signer)
      if (due === null) return []
      const same = signed.find((vote) => isSameVote(vote, due))
      if (same !== undefined) return [offered(same)]
      if (!mayVote(context, signed, due)) return []
      const vote: RecordedVote = { ...due, signature: signer.sign(recordedVoteMessage(due)) }
      signed = [...signed, vote].slice(-signedMax)
      return [{ kind: 'persist', entries: [{ kind: 'recorded-vote', vote }] }, offered(vote)]
    },
  }
}

/**
 * The vote that a validator owes on this tip, or null: target and source are read from the state at the target's own
 * block, which is kappa deep by now; null again once the vote has been counted, and when the window is closed.
 */
export function dueVote(
  { parameters }: DeriveContext,
  state: DeriveState,
  { publicKey }: Pick<Signer, 'publicKey'>,
): Omit<RecordedVote, 'signature'> | null {
  const { recorded } = state.mode
  const key = toHex(publicKey)
  if (recorded === null || recorded.open === null) return null
  if (!recorded.validators.has(key) || recorded.present.has(key)) return null
  const { window, hash, source } = recorded.open
  if (state.height < votingHeight(parameters, window)) return null
  const target = state.targets.find((one) => one.window === window)
  if (target === undefined) return null
  return {
    epochId: state.epoch.id,
    validator: publicKey,
    source: { window: source.window, hash: source.window < 0 ? zeroHash : fromHex(source.hash) },
    target: { window, hash: fromHex(hash), stateRoot: stateRootOf(target.execution) },
  }
}

/** R1 and R2, under one epoch: whatever fork the earlier votes were for. */
export function mayVote(
  { parameters }: DeriveContext,
  signed: SignedVotes,
  due: Omit<RecordedVote, 'signature'>,
): boolean {
  const next: RecordedVote = { ...due, signature: new Uint8Array(64) }
  return signed.every(
    (vote) =>
      !equal(vote.epochId, due.epochId) || contradictionOf(vote, next, parameters.surroundWindows) === null,
  )
}

function isSameVote(a: RecordedVote, b: Omit<RecordedVote, 'signature'>): boolean {
  return equal(recordedVoteMessage(a), recordedVoteMessage(b))
}

function offered(vote: RecordedVote): FollowerEffect {
  const item: Item = { kind: 'recorded-vote', bytes: encodeRecordedVote(vote) }
  return { kind: 'items', why: 'recorded-vote', items: [item] }
}
