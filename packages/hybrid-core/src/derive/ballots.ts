import { equal, isZero, toHex } from '@groundwork/primitives'
import { type ModeBlock, type ModeInput, rootSource, type Target } from '../mode/index.ts'
import {
  type RecordedVote,
  recordedVoteMessage,
  type SpaceVote,
  spaceVoteAttempts,
  spaceVoteChallenge,
  spaceVoteMessage,
} from '../payload/index.ts'
import { stateRootOf } from '../stake/index.ts'
import type { DeriveContext, DeriveState, SpaceOfEpoch } from './state.ts'

/** Counts a validator's vote, or says why not. What costs least is asked first. */
export function countRecordedVote(
  { verify }: DeriveContext,
  before: DeriveState,
  block: ModeBlock,
  vote: RecordedVote,
): string | null {
  const { window } = vote.source
  if (window < 0 && !isZero(vote.source.hash)) return 'vote-source'
  const source: Target = window < 0 ? rootSource : { window, hash: toHex(vote.source.hash) }
  const target = { window: vote.target.window, hash: toHex(vote.target.hash) }
  const input: ModeInput = { kind: 'recorded-vote', validator: toHex(vote.validator), target, source }
  const fault = block.fault(input)
  if (fault !== null) return fault
  if (!equal(vote.epochId, before.epoch.id)) return 'vote-epoch'
  const state = before.targets.find((one) => one.window === target.window)
  if (state === undefined || !equal(stateRootOf(state.execution), vote.target.stateRoot))
    return 'vote-state-root'
  if (!verify(vote.validator, recordedVoteMessage(vote), vote.signature)) return 'vote-signature'
  return block.apply(input)
}

/** Counts a plot's vote, or says why not. `space` is what was frozen. */
export function countSpaceVote(
  { verify, verifySpace }: DeriveContext,
  space: SpaceOfEpoch,
  block: ModeBlock,
  vote: SpaceVote,
): string | null {
  const plot = toHex(vote.plotId)
  const target = { window: vote.window, hash: toHex(vote.targetHash) }
  const input: ModeInput = { kind: 'space-vote', plot, target }
  const fault = block.fault(input)
  if (fault !== null) return fault
  const registered = space.farmers.get(plot)
  if (registered === undefined || !equal(registered.farmer, vote.farmer)) return 'vote-farmer'
  if (vote.attempt >= spaceVoteAttempts) return 'vote-attempt'
  if (!verify(vote.farmer, spaceVoteMessage(vote), vote.signature)) return 'vote-signature'
  const challenge = spaceVoteChallenge(vote.targetHash, vote.plotId, vote.attempt)
  if (!verifySpace({ plotId: vote.plotId, k: registered.k, challenge, proof: vote.proof }))
    return 'vote-proof'
  return block.apply(input)
}
