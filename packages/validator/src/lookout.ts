import { type Bytes, equal } from '@groundwork/primitives'
import {
  type Certificate,
  type Epoch,
  type Message,
  type StakeCore,
  type Verify,
  type View,
  type Vote,
  voteFault,
  voteMessage,
  voteOf,
} from '@groundwork/stake-core'

export interface LookoutInit {
  readonly epoch: Epoch
  readonly self: number
  readonly core: Pick<StakeCore, 'isForeign'>
  readonly verify: Verify
  /** Own votes up to this view may be missing from the journal. */
  readonly lostView: View
}

/**
 * Finds a vote under our own key that our journal does not know, alone or inside a certificate, also of the blocks that a
 * message carries: another process runs with the key, or the journal is an old copy. Either way this one must not sign.
 */
export function findForeignVote(init: LookoutInit, message: Message): Vote | null {
  const { epoch, self, core, verify, lostView } = init
  const votes =
    message.kind === 'vote' ? [message.vote] : certificatesIn(message).map((each) => voteOf(each, self))
  for (const vote of votes) {
    if (vote === undefined || vote.view <= lostView || !core.isForeign(vote)) continue
    if (voteFault(epoch, vote, verify) === null) return vote
  }
  return null
}

function certificatesIn(message: Message): Certificate[] {
  if (message.kind === 'certificate') return [message.certificate]
  const proposals =
    message.kind === 'proposal'
      ? [message.proposal]
      : message.kind === 'block-response'
        ? message.proposals
        : []
  return proposals.flatMap(({ block: { justification } }) => {
    return justification.parent === null
      ? [...justification.skips]
      : [justification.parent, ...justification.skips]
  })
}

/**
 * From an empty folder nothing was ever signed: a vote of any other epoch under our key is somebody else's, or of an
 * earlier life, wherever the key stands in that epoch's set. The node would come to that epoch without knowing.
 */
export function findVoteElsewhere(
  { epoch, publicKey, verify }: Pick<LookoutInit, 'epoch' | 'verify'> & { readonly publicKey: Bytes },
  message: Message,
): Vote | null {
  const votes = message.kind === 'vote' ? [message.vote] : certificatesIn(message).flatMap(votesOf)
  for (const vote of votes) {
    if (equal(vote.epochId, epoch.id)) continue
    const said = voteMessage(vote.epochId, vote.view, vote.type, vote.hash)
    if (verify(publicKey, said, vote.signature)) return vote
  }
  return null
}

function votesOf({ epochId, view, type, hash, signatures }: Certificate): Vote[] {
  return signatures.map(({ voter, signature }) => ({ epochId, view, type, hash, voter, signature }))
}

/** How long a node listens before it signs: max(2 s, 2 * T_0). */
export function listenMs(timeoutBaseMs: number): number {
  return Math.max(2_000, 2 * timeoutBaseMs)
}
