import {
  createDerivation,
  decodeRecordedVote,
  decodeSpaceVote,
  decodeState,
  derive,
  deriveRoot,
  encodeState,
  type Height,
  isFresh,
  type PhysicalView,
} from '@groundwork/hybrid-core'
import type { Item } from '@groundwork/physical-core'
import { type Bytes, CodedError, equal, type Hash, toHex } from '@groundwork/primitives'
import type { FinalChain } from '@groundwork/stake-core'
import { type Accuser, createAccuser } from './accuser.ts'
import { type Adoption, type Branch, createBranch, type DerivedBlock } from './branch.ts'
import { checkpointItems, isCheckpointTurn } from './checkpoint-duty.ts'
import { chainOfCheckpoint, checkpointIn, conflictWith, headerIn } from './conflicts.ts'
import { createDelivery } from './delivery.ts'
import { createEarlier } from './earlier.ts'
import type { FollowerEffect } from './effect.ts'
import { createFinals } from './finals.ts'
import type { FollowerInit, HybridFollower, PhysicalStep } from './follower.ts'
import { toldIn } from './journal.ts'
import { ledgersFrom } from './ledgers.ts'
import { createRecordedVoter } from './recorded-votes.ts'
import { verifiedProofs } from './signatures.ts'
import { createSpaceVoter } from './space-votes.ts'
import { createTransactions } from './transactions.ts'

const snapshotBlocksDefault = 64
const keepBlocksDefault = 64

/** Throws `CODEC_*` on a snapshot that is none. */
export function createHybridFollower(init: FollowerInit): HybridFollower {
  const { snapshotBlocks = snapshotBlocksDefault, journal = [] } = init
  const { context, state: genesis } = createDerivation(
    init.genesis,
    init.verify,
    verifiedProofs(init.verifySpace),
  )
  const { parameters } = context
  // What stake blocks may look back to, and a reorganisation on top of it.
  const leastKept = 2 * parameters.kappa + parameters.stallDeadlineBlocks
  const { keepBlocks = Math.max(keepBlocksDefault, leastKept) } = init
  if (keepBlocks < leastKept)
    throw new CodedError(
      'FOLLOWER_KEEP',
      `keepBlocks: ${keepBlocks} states are too few; expected at least ${leastKept}`,
    )

  const branchFrom = (snapshot: Bytes | null): Branch =>
    createBranch({
      context,
      root: snapshot === null ? genesis : decodeState(snapshot),
      keepBlocks,
      derive: init.derive ?? derive,
      knownRoot: init.knownRoot ?? (() => null),
    })
  let branch = branchFrom(init.snapshot ?? null)
  let clockSlot = 0
  /** Nothing follows from the branch before it has reached the tip. */
  let isRewound = false
  /** Items of blocks on the way there, young enough to be evidence. */
  let unseen: { readonly height: Height; readonly items: readonly Item[] }[] = []
  let epochId: Hash = branch.confirmed.state.epoch.id

  const finals = createFinals(context, () => branch)
  const earlier = createEarlier(toldIn(journal), (key) => finals.held.some((held) => held.key === key))
  earlier.begin(branch.tip.state)
  const delivery = createDelivery({
    context,
    branch: () => branch,
    finals,
    earlier,
    onConflict: init.onConflict,
    clockSlot: () => clockSlot,
    keepBlocks,
    onInvalid: ({ block, certificate }) => accuser.badState(block, certificate),
  })
  const accuser = createAccuser({
    context,
    state: () => branch.tip.state,
    headerOf: (hash) => headerIn(branch, finals, hash),
  })
  const recordedVoter = createRecordedVoter(
    context,
    init.validator,
    journal.flatMap((entry) => (entry.kind === 'recorded-vote' ? [entry.vote] : [])),
  )
  const spaceVoter = createSpaceVoter(
    context,
    init.farmer,
    journal.flatMap((entry) => (entry.kind === 'space-vote' ? [entry.vote] : [])),
  )
  const transaction = createTransactions({ context, branch: () => branch, finals, slotMs: init.slotMs })

  /**
   * What a final chain that contradicts ours proves: both of them. Null if it does not; `isNews`: it is the first, or
   * somebody was not accused before. A history that goes on contradicts ours with every block.
   */
  const accuseBy = (other: FinalChain) => {
    const conflict = conflictWith(context, branch, finals, other)
    if (conflict === null) return null
    const { epoch, own, other: theirs } = conflict
    const isFirst = !delivery.hazards.some(({ kind }) => kind === 'final-conflict')
    return { chains: [own, theirs], isNews: accuser.chains(epoch, own, theirs) > 0 || isFirst }
  }

  const confront = (other: FinalChain, reason: string): FollowerEffect[] => {
    const shown = accuseBy(other)
    return shown?.isNews ? delivery.conflicting(shown.chains, reason) : []
  }

  const look = (items: readonly Item[]): FollowerEffect[] =>
    items.flatMap((item) => lookAt(accuser, item, (other) => confront(other, 'checkpoint')))

  /** Votes, evidence and checkpoints that are due on this tip, said again while they are missing. */
  const duties = (): FollowerEffect[] => {
    const { state, slot } = branch.tip
    const fresh = isFresh(parameters, slot, clockSlot)
    return [
      ...recordedVoter.vote(state, fresh),
      ...spaceVoter.vote(state, fresh),
      ...accuser.due(state),
      ...checkpoint(),
    ]
  }

  const checkpoint = (): FollowerEffect[] => {
    const { state } = branch.tip
    const self = init.validator?.publicKey
    if (self === undefined) return []
    const index = state.epoch.validators.validators.findIndex(({ publicKey }) => equal(publicKey, self))
    if (index < 0 || !isCheckpointTurn(context, state, index)) return []
    const items = checkpointItems(context, state, finals.held)
    return items === null ? [] : [{ kind: 'items', why: 'checkpoint', items }]
  }

  const epochChange = (): FollowerEffect[] => {
    const { epoch } = branch.confirmed.state
    if (equal(epoch.id, epochId)) return []
    epochId = epoch.id
    return [{ kind: 'stake-epoch', number: epoch.number, id: epoch.id }]
  }

  /** Snapshots are of blocks that are kappa deep: those of forks would be of no use. */
  const snapshots = (from: number, to: number): FollowerEffect[] => {
    const effects: FollowerEffect[] = []
    for (let height = from + 1; height <= to; height++) {
      const block = height % snapshotBlocks === 0 ? branch.at(height) : null
      if (block === null) continue
      const { state } = block
      effects.push({ kind: 'store-snapshot', height, hash: state.hash, bytes: encodeState(state) })
    }
    return effects
  }

  const physical = ({ adopted, more = false }: PhysicalStep): readonly FollowerEffect[] => {
    const confirmedBefore = branch.confirmed.state.height
    const adoption = branch.adopt(adopted)
    if (adoption === null) {
      const { parentHash, height } = adopted[0]!.block.foliage
      return [{ kind: 'missing', hash: parentHash, height: height - 1 }]
    }
    earlier.adopted(adoption, branch.confirmed.state.height)
    const effects: FollowerEffect[] = adoption.derived.map(derivedEffect)
    if (adoption.reverted.length > 0) effects.push(reorgEffect(adoption))
    effects.push(...snapshots(confirmedBefore, branch.confirmed.state.height))
    const inputs = new Map(adopted.map((input) => [toHex(input.hash), input]))
    for (const { key, state } of adoption.derived)
      unseen.push({ height: state.height, items: inputs.get(key)!.block.items })
    const oldestEvidence = branch.tip.state.height - parameters.evidenceMaxAgeBlocks
    unseen = unseen.filter(({ height }) => height >= oldestEvidence)
    if (more) {
      isRewound ||= adoption.reverted.length > 0
      return effects
    }
    effects.push(...delivery.moved(isRewound ? null : adoption))
    isRewound = false
    for (const { items } of unseen.splice(0)) effects.push(...look(items))
    return [...effects, ...epochChange(), ...duties()]
  }

  return {
    context,
    physical,
    rewind(snapshot) {
      branch = branchFrom(snapshot)
      unseen = []
      earlier.begin(branch.tip.state)
      isRewound = true
    },
    clock(slot) {
      if (slot <= clockSlot) return []
      clockSlot = slot
      return []
    },
    finalized(segment) {
      const shown = accuseBy(segment)
      const effects = delivery.finalized(segment)
      return !shown?.isNews || effects.some(isConflict)
        ? effects
        : [...effects, ...delivery.conflicting(shown.chains, 'checkpoint')]
    },
    conflicting(chain) {
      const shown = accuseBy(chain)
      // Too little of it is held to say where it parts from ours.
      if (shown === null) return delivery.conflicting([chain], 'stake-chain')
      return shown.isNews ? delivery.conflicting(shown.chains, 'stake-chain') : []
    },
    accuse(evidence, headers) {
      accuser.accuse(evidence, headers)
      return accuser.due(branch.tip.state)
    },
    offered: look,
    plots(own) {
      spaceVoter.plots(own)
      return spaceVoter.vote(branch.tip.state, isFresh(parameters, branch.tip.slot, clockSlot))
    },
    spaceProof: (answer) => spaceVoter.proved(branch.tip.state, answer),

    knows: (hash) => branch.get(toHex(hash)) !== null,
    stateOf: (hash) => branch.get(toHex(hash))?.state ?? null,
    view: () => viewOf(branch, clockSlot),
    get state() {
      return branch.tip.state
    },
    get confirmed() {
      return branch.confirmed.state
    },
    ledgers: () => ledgersFrom(context, delivery.told),
    transaction,
    stakeEpoch() {
      const base = branch.confirmed.state
      return { epoch: base.epoch, isRecorded: base.mode.recorded !== null, base }
    },
    get hazards() {
      return delivery.hazards
    },
    get isHalted() {
      return delivery.isHalted
    },
  }
}

/** What an item of a block, or of the mempool, shows about offences. */
function lookAt(
  accuser: Accuser,
  item: Item,
  confront: (other: FinalChain) => FollowerEffect[],
): FollowerEffect[] {
  try {
    if (item.kind === 'recorded-vote') accuser.recordedVote(decodeRecordedVote(item.bytes))
    if (item.kind === 'space-vote') accuser.spaceVote(decodeSpaceVote(item.bytes))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return []
  }
  const checkpoint = item.kind === 'checkpoint' ? checkpointIn(item.bytes) : null
  const other = checkpoint === null ? null : chainOfCheckpoint(checkpoint)
  return other === null ? [] : confront(other)
}

function isConflict(effect: FollowerEffect): boolean {
  return effect.kind === 'hazard' && effect.hazard.kind === 'final-conflict'
}

function viewOf(branch: Branch, clockSlot: number): PhysicalView {
  const { tip, confirmed } = branch
  return {
    tip: { height: tip.state.height, hash: tip.state.hash, slot: tip.slot },
    clockSlot,
    state: tip.state,
    confirmed: confirmed.state,
    ...branch.reader(),
  }
}

function derivedEffect({ state, records }: DerivedBlock): FollowerEffect {
  return { kind: 'derived', height: state.height, hash: state.hash, root: deriveRoot(state), state, records }
}

function reorgEffect({ reverted, fork, adopted }: Adoption): FollowerEffect {
  return { kind: 'reorg', depth: reverted.length, fork, tip: adopted.at(-1)!.state.hash }
}
