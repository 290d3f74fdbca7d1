import {
  type DeriveContext,
  type DeriveState,
  encodeSpaceVote,
  frozenSpace,
  type SpaceVote,
  spaceVoteAttempts,
  spaceVoteChallenge,
  spaceVoteMessage,
  votingHeight,
} from '@groundwork/hybrid-core'
import type { Item, OwnPlot } from '@groundwork/physical-core'
import { assert, equal, fromHex, type Hex, toHex } from '@groundwork/primitives'
import type { FollowerEffect } from './effect.ts'
import type { Signer, SpaceProof } from './follower.ts'

/** Journal and duty of one farmer in RECORDED: one target in a window for each plot. */
export interface SpaceVoter {
  plots(own: readonly OwnPlot[]): void
  vote(state: DeriveState, isFresh: boolean): FollowerEffect[]
  proved(state: DeriveState, answer: SpaceProof): FollowerEffect[]
}

const keptWindows = 64

export function createSpaceVoter(
  context: DeriveContext,
  signer: Signer | null,
  journal: readonly SpaceVote[],
): SpaceVoter {
  let own: readonly OwnPlot[] = []
  const signed = new Map<string, SpaceVote>(
    journal.map((vote) => [keyOf(toHex(vote.plotId), vote.window), vote]),
  )
  /** Look-ups that were asked for. */
  let asked = new Set<string>()

  const remember = (vote: SpaceVote): void => {
    signed.set(keyOf(toHex(vote.plotId), vote.window), vote)
    for (const [key, { window }] of signed) if (window < vote.window - keptWindows) signed.delete(key)
  }

  return {
    plots(next) {
      own = next
    },
    vote(state, isFresh) {
      const open = openWindow(context, state)
      if (signer === null || open === null || !isFresh) return []
      const { recorded, window, targetHash } = open
      const items: Item[] = []
      const effects: FollowerEffect[] = []
      for (const { plotId, k } of duePlots(state, signer, own)) {
        const plot = toHex(plotId)
        const vote = signed.get(keyOf(plot, window))
        const lookUp = `${keyOf(plot, window)}:${recorded.open.hash}`
        if (vote !== undefined) {
          if (equal(vote.targetHash, targetHash)) items.push(itemOf(vote))
        } else if (!asked.has(lookUp)) {
          asked.add(lookUp)
          const challenges = challengesOf(targetHash, plotId)
          effects.push({ kind: 'look-up', plotId, k, window, targetHash, challenges })
        }
      }
      if (asked.size > 4096) asked = new Set()
      if (items.length > 0) effects.push({ kind: 'items', why: 'space-vote', items })
      return effects
    },
    proved(state, { plotId, window, targetHash, attempt, proof }) {
      const open = openWindow(context, state)
      const plot = toHex(plotId)
      if (signer === null || open === null) return []
      // The tip may have moved on meanwhile: only what is due now is signed, and only once for a window.
      if (open.window !== window || !equal(open.targetHash, targetHash)) return []
      if (signed.has(keyOf(plot, window))) return []
      if (!duePlots(state, signer, own).some((due) => equal(due.plotId, plotId))) return []
      if (!Number.isInteger(attempt) || attempt < 0 || attempt >= spaceVoteAttempts) return []
      const fields = { plotId, farmer: signer.publicKey, window, targetHash, attempt, proof }
      const vote: SpaceVote = { ...fields, signature: signer.sign(spaceVoteMessage(fields)) }
      remember(vote)
      return [
        { kind: 'persist', entries: [{ kind: 'space-vote', vote }] },
        { kind: 'items', why: 'space-vote', items: [itemOf(vote)] },
      ]
    },
  }
}

/** Own plots whose vote would count on this tip and was not counted yet. */
export function duePlots(
  state: DeriveState,
  { publicKey }: Pick<Signer, 'publicKey'>,
  own: readonly OwnPlot[],
): OwnPlot[] {
  const { recorded, banned } = state.mode
  assert(recorded !== null, 'plots vote in RECORDED')
  const { farmers } = frozenSpace(state)
  return own.filter(({ plotId, k }) => {
    const plot = toHex(plotId)
    const registered = farmers.get(plot)
    if (registered === undefined || registered.k !== k || !equal(registered.farmer, publicKey)) return false
    return recorded.snapshot.plots.has(plot) && !banned.has(plot) && !recorded.space.has(plot)
  })
}

function openWindow({ parameters }: DeriveContext, { height, mode: { recorded } }: DeriveState) {
  if (recorded === null || recorded.open === null) return null
  const { window, hash } = recorded.open
  if (height < votingHeight(parameters, window)) return null
  return { recorded: { ...recorded, open: recorded.open }, window, targetHash: fromHex(hash) }
}

function challengesOf(targetHash: Uint8Array, plotId: Uint8Array): Uint8Array[] {
  return Array.from({ length: spaceVoteAttempts }, (_, attempt) =>
    spaceVoteChallenge(targetHash, plotId, attempt),
  )
}

function keyOf(plot: Hex, window: number): string {
  return `${plot}:${window}`
}

function itemOf(vote: SpaceVote): Item {
  return { kind: 'space-vote', bytes: encodeSpaceVote(vote) }
}
