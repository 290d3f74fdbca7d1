import { type Bytes, type Hash, type Hex, toHex, zeroHash } from '@groundwork/primitives'
import type { AdmittedProposal } from './event.ts'
import type { EnteredEpoch } from './journal.ts'
import { createMempool, type Mempool } from './mempool.ts'
import type { BlockRules, Position } from './rules.ts'
import type {
  Certificate,
  Epoch,
  Height,
  Parameters,
  Peer,
  Proposal,
  ValidatorIndex,
  View,
  Vote,
  VoteType,
} from './types.ts'

/** Everything a validator knows above its floor. Owned and changed by `step` alone; plain data, so a host may copy it. */
export interface CoreState {
  view: View
  /** The floor: the newest finalized block. Never moves backwards. */
  final: Final
  /** The FINAL certificate of the highest view seen, which may cover blocks that are not held yet. */
  finalTarget: Certificate | null
  /** Views above the floor. */
  readonly views: Map<View, ViewState>
  /** Blocks above the floor, by hash. */
  readonly blocks: Map<Hex, BlockState>
  readonly mempool: Mempool
  readonly peers: Set<Peer>
  /** The view that each connected peer is at least in, as far as its messages show. Only saves traffic. */
  readonly peerViews: Map<Peer, View>
  /** Blocks being fetched, by hash. */
  readonly fetching: Map<Hex, Fetch>
  /** Certified blocks that contradict the floor, each reported once. */
  readonly conflicts: Set<Hex>
  /** The view whose propose timer fired and which still lacks a proposal of ours. */
  proposeDue: View
  standstillRound: number
  /** The view at which a peer was last asked to help us catch up. */
  askedAtView: View
  started: boolean
  /** Whether this validator votes and proposes. */
  signing: boolean
  /** R12: the rules forbid signing for now. */
  stopped: boolean
  /** How often signing was allowed again: timers from before are stale. */
  restarts: number
  /** R11: nothing more happens in this epoch. */
  ended: boolean
  /** The newest epoch that the journal knows to be signed in, the first excepted. It bars all others up to it. */
  entered: EnteredEpoch | null
}

export interface Final {
  readonly view: View
  readonly height: Height
  readonly hash: Hash
  /** Null at the epoch's genesis. */
  readonly certificate: Certificate | null
  readonly position: Position
}

export interface ViewState {
  readonly view: View
  /** Distinct votes by voter: at most two of a type, the second one is evidence. */
  readonly votes: Map<ValidatorIndex, Vote[]>
  /** Weight by type and hash. */
  readonly tally: Map<string, number>
  readonly certificates: Map<string, Certificate>
  /** Own votes, by type; what the sign journal holds. */
  readonly own: { notar?: Vote; skip?: Vote; final?: Vote; proposal?: Proposal }
  /** Hash of the first proposal of the leader, the only one that may get our vote. */
  proposal: Hex | null
  /** A relay timer runs for this view. */
  relayDue: boolean
  /** The leader's second proposal was reported; its votes are judged on their own. */
  doubleProposal: boolean
  /** Offenders whose votes were already reported in this view. */
  readonly accused: Set<ValidatorIndex>
}

export interface BlockState extends AdmittedProposal {
  readonly key: Hex
  /** After executing the body; null until the parent is executed, and while the block waits. */
  position: Position | null
  /** What of the physical chain is missing to judge the block; null once the next view of it has come. */
  waits: string | null
  /** Why the block may not get a vote; null while nothing is wrong. */
  fault: string | null
}

export interface Fetch {
  readonly hash: Hash
  readonly view: View
  attempt: number
  /** Peers that named the hash: asked first. */
  readonly hints: Peer[]
}

export interface CoreInit {
  readonly epoch: Epoch
  /** Null for a node that follows without voting. */
  readonly self: ValidatorIndex | null
  readonly parameters: Parameters
  /** Signs with the validator's key; deterministic. */
  readonly sign: (message: Bytes) => Bytes
  /** The newest stored block of the epoch, or its genesis (view 0, no certificate), and what the rules say after it. */
  readonly head: Omit<Final, 'position'>
  readonly position: Position
  /** What blocks mean; the stake chain on its own if left out. */
  readonly rules?: BlockRules
  /** Own votes up to this view may have been lost with a part of the journal: nothing is signed there. */
  readonly lostView?: View
}

export function initialState({ head, position }: CoreInit): CoreState {
  return {
    view: head.view + 1,
    final: { view: head.view, height: head.height, hash: head.hash, certificate: head.certificate, position },
    finalTarget: head.certificate,
    views: new Map(),
    blocks: new Map(),
    mempool: createMempool(),
    peers: new Set(),
    peerViews: new Map(),
    fetching: new Map(),
    conflicts: new Set(),
    proposeDue: 0,
    standstillRound: 0,
    askedAtView: 0,
    started: false,
    signing: false,
    stopped: false,
    restarts: 0,
    ended: false,
    entered: null,
  }
}

export function viewState(state: CoreState, view: View): ViewState {
  const known = state.views.get(view)
  if (known !== undefined) return known
  const created: ViewState = {
    view,
    votes: new Map(),
    tally: new Map(),
    certificates: new Map(),
    own: {},
    proposal: null,
    relayDue: false,
    doubleProposal: false,
    accused: new Set(),
  }
  state.views.set(view, created)
  return created
}

export function tallyKey(type: VoteType, hash: Hash): string {
  return type === 'skip' ? 'skip' : `${type}:${toHex(hash)}`
}

export function certificateOf(
  state: CoreState,
  view: View,
  type: VoteType,
  hash: Hash = zeroHash,
): Certificate | undefined {
  return state.views.get(view)?.certificates.get(tallyKey(type, hash))
}

/** NOTAR certificates of a view: one, unless a third or more of the stake equivocates. */
export function notarizations(view: ViewState | undefined): Certificate[] {
  if (view === undefined) return []
  return [...view.certificates.values()].filter((certificate) => certificate.type === 'notar')
}

/** Views that hold nothing above the floor are forgotten. */
export function prune(state: CoreState): void {
  for (const view of state.views.keys()) if (view <= state.final.view) state.views.delete(view)
  for (const [key, block] of state.blocks) {
    if (block.proposal.block.header.view <= state.final.view) state.blocks.delete(key)
  }
  for (const [key, fetch] of state.fetching) if (fetch.view <= state.final.view) state.fetching.delete(key)
}
