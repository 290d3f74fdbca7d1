import { type Prng, prng } from '@groundwork/primitives'
import {
  type HybridParameters,
  type Key,
  type ModeInput,
  mayDeliver,
  maySign,
  rootSource,
  type Target,
} from '../../src/index.ts'
import {
  ancestorAt,
  branch,
  isOn,
  type PhysicalModel,
  type PhysicalNode,
  physicalModel,
  type StakeBlock,
} from './physical.ts'

export interface Validator {
  readonly name: Key
  readonly weight: number
  /** Vetoes blocks that would have to execute a forced transaction; votes in RECORDED. */
  coerced: boolean
  /** Says nothing. */
  gone: boolean
  side: number
  /** Votes for every target, whatever it said before. */
  readonly faithless: boolean
}

export interface Farmer {
  readonly name: Key
  readonly space: number
  gone: boolean
  side: number
  /** Votes on both sides of a partition, farms on its own. */
  readonly straddles: boolean
}

interface Journal {
  readonly epoch: Key
  readonly source: number
  readonly target: Target
}

/** One part of the network: everybody in it sees the same tip. */
interface Side {
  tip: PhysicalNode
  /** The newest final block known here. */
  head: StakeBlock | null
}

export interface Hazard {
  readonly slot: number
  readonly depth: number
}

/** Validators and farmers with a stake chain made of quorums only: the logic of the modes, without messages or signatures. */
export interface Model {
  readonly validators: readonly Validator[]
  readonly farmers: readonly Farmer[]
  readonly sides: readonly Side[]
  readonly slot: number
  readonly stakeBlocks: readonly StakeBlock[]
  readonly reorgs: readonly Hazard[]
  /** Slots in which some side finalized a block in FAST. */
  readonly finalSlots: readonly number[]
  run(slots: number): void
  /** No stake block is made while this holds. */
  stalled: boolean
  partition(): void
  heal(): void
  /** Orphans the newest `depth` blocks in favour of a branch one longer that has the same votes and checkpoints of its own. */
  reorg(depth: number): void
}

export interface ModelInit {
  readonly seed: number | string
  readonly parameters: HybridParameters
  readonly validators: readonly (Partial<Validator> & { readonly weight: number })[]
  readonly farmers: readonly (Partial<Farmer> & { readonly space: number })[]
  /** One block in this many orphans its predecessor; 0 for never. */
  readonly orphanEvery?: number
  /** One physical block in this many carries a forced transaction; 0 for none. */
  readonly forcedEvery?: number
}

export function createModel(init: ModelInit): Model {
  const { parameters } = init
  const random = prng(init.seed)
  const lottery = random.split('lottery')
  const leaders = random.split('leaders')
  const extras = random.split('extras')
  const validators = init.validators.map((one, i): Validator => {
    return { name: `v${i}`, coerced: false, gone: false, side: 0, faithless: false, ...one }
  })
  const farmers = init.farmers.map((one, i): Farmer => {
    return { name: `f${i}`, gone: false, side: 0, straddles: false, ...one }
  })
  const allSpace = farmers.reduce((sum, { space }) => sum + space, 0)
  const snapshot = {
    plots: new Map(farmers.map(({ name, space }) => [name, BigInt(space)])),
    total: BigInt(allSpace),
  }
  const set = new Map(validators.map(({ name, weight }) => [name, weight]))
  const model: PhysicalModel = physicalModel(parameters, set, snapshot)
  let sides: Side[] = [{ tip: model.genesis, head: null }]
  let slot = 0
  let stalled = false
  let posted = 0
  const stakeBlocks: StakeBlock[] = []
  const reorgs: Hazard[] = []
  const finalSlots: number[] = []
  const journals = new Map<Key, Journal[]>()
  const spaceJournals = new Map<Key, Map<number, Set<Key>>>()

  const votesFor = (tip: PhysicalNode, sideIndex: number): ModeInput[] => {
    const { recorded } = tip.mode
    if (
      recorded?.open == null ||
      tip.height < recorded.open.window * parameters.windowBlocks + parameters.kappa
    )
      return []
    const { source, ...target } = recorded.open
    const inputs: ModeInput[] = []
    for (const { name, side, gone, faithless } of validators) {
      if (gone || side !== sideIndex || recorded.present.has(name)) continue
      if (
        !faithless &&
        !mayVote(parameters, journals, name, { epoch: tip.epoch, source: source.window, target })
      )
        continue
      inputs.push({
        kind: 'recorded-vote',
        validator: name,
        target,
        source: source.window < 0 ? rootSource : source,
      })
    }
    for (const { name, side, gone, straddles } of farmers) {
      if (gone || (side !== sideIndex && !straddles) || recorded.space.has(name)) continue
      const known = spaceJournals.get(name) ?? new Map<number, Set<Key>>()
      const said = known.get(target.window) ?? new Set()
      if (!straddles && said.size > 0 && !said.has(target.hash)) continue
      spaceJournals.set(name, known.set(target.window, said.add(target.hash)))
      inputs.push({ kind: 'space-vote', plot: name, target })
    }
    return inputs
  }

  const mine = (side: Side, index: number) => {
    const content = () => {
      const forced = init.forcedEvery && extras.chance(1, init.forcedEvery) ? [`t${++posted}`] : []
      return { slot, forced }
    }
    const base =
      init.orphanEvery && side.tip.parent !== null && extras.chance(1, init.orphanEvery)
        ? side.tip.parent
        : side.tip
    // A sibling that wins the tie takes nothing that the orphan did not have a chance to take.
    const node = model.extend(base, {
      ...content(),
      checkpoint: candidateFor(base, side.head),
      inputs: votesFor(base, index),
    })
    side.tip = node
  }

  const propose = (side: Side, index: number, random: Prng) => {
    const { tip } = side
    if (stalled || tip.mode.recorded !== null) return
    const deep = ancestorAt(tip, Math.max(0, tip.height - parameters.kappa))
    if (deep.epoch !== tip.epoch) return
    if (side.head !== null && side.head.epoch !== tip.epoch) side.head = null
    const { head } = side
    if (head !== null && !isOn(tip, head.anchor)) return
    const parentAnchor = head === null ? tip.epochStart : head.anchor.height
    const facts = { tip: tip.height, lastCheckpoint: Math.max(deep.mode.lastCheckpoint, tip.epochStart) }
    const total = [...tip.set.values()].reduce((sum, weight) => sum + weight, 0)
    const quorum = Math.floor((2 * total) / 3) + 1
    const here = validators.filter(({ gone, side: at, name }) => !gone && at === index && tip.set.has(name))
    if (here.length === 0) return
    const leader = random.pick(here)
    const wanted = Math.max(parentAnchor, tip.height - parameters.kappa - 1)
    const censors = firstForced(tip, parentAnchor, wanted)
    const anchorHeight = leader.coerced && censors !== null ? censors - 1 : wanted
    const includes = firstForced(tip, parentAnchor, anchorHeight) !== null
    const honestSign =
      maySign(parameters, facts) &&
      tip.height - anchorHeight <= parameters.maxAnchorAgeBlocks - parameters.stopMarginBlocks
    let weight = 0
    for (const { name, coerced } of here) if (coerced ? !includes : honestSign) weight += tip.set.get(name)!
    if (weight < quorum) return
    const block: StakeBlock = {
      id: stakeBlocks.length,
      parent: head,
      epoch: tip.epoch,
      anchor: ancestorAt(tip, anchorHeight),
      height: (head?.height ?? 0) + 1,
      delivered: here.some(({ coerced }) => !coerced) && mayDeliver(parameters, facts),
    }
    stakeBlocks.push(block)
    finalSlots.push(slot)
    side.head = block
  }

  return {
    validators,
    farmers,
    get sides() {
      return sides
    },
    get slot() {
      return slot
    },
    get stalled() {
      return stalled
    },
    set stalled(value) {
      stalled = value
    },
    stakeBlocks,
    reorgs,
    finalSlots,
    run(slots) {
      for (let end = slot + slots; slot < end; ) {
        slot++
        for (const [index, side] of sides.entries()) {
          // First the proposal: who comes back at some height signs on that very tip.
          propose(side, index, leaders)
          const space = farmers.filter((f) => f.side === index && !f.gone)
          const share = space.reduce((sum, f) => sum + f.space, 0) / allSpace
          // 1 - exp(-share): whether anybody wins.
          if (lottery.below(1_000_000) < 1_000_000 * (1 - Math.exp(-share))) mine(side, index)
        }
      }
    },
    partition() {
      sides = [0, 1].map(() => ({ ...sides[0]! }))
    },
    heal() {
      const [a, b] = sides as [Side, Side]
      const winner = b.tip.height > a.tip.height ? b : a
      const loser = winner === a ? b : a
      reorgs.push({ slot, depth: branch(loser.tip, winner.tip).length })
      for (const one of [...validators, ...farmers]) one.side = 0
      const heads = [a.head, b.head].filter((head) => head !== null && head.epoch === winner.tip.epoch)
      // Final blocks are known everywhere after the heal; conflicting ones need more than a third to be two-faced.
      const head = heads.sort((x, y) => y!.height - x!.height)[0] ?? null
      sides = [{ tip: winner.tip, head }]
    },
    reorg(depth) {
      const side = sides[0]!
      const old = side.tip
      let node = ancestorAt(old, old.height - depth)
      for (let i = 0; i <= depth; i++) {
        const checkpoint = candidateFor(node, side.head)
        node = model.extend(node, { slot, checkpoint, inputs: votesFor(node, 0) })
      }
      reorgs.push({ slot, depth })
      side.tip = node
    },
  }
}

/** The newest final block that a farmer can carry on this branch: a cut of the segment if its last anchors are not here. */
function candidateFor(tip: PhysicalNode, head: StakeBlock | null): StakeBlock | null {
  if (tip.mode.recorded !== null || head?.epoch !== tip.epoch) return null
  let block: StakeBlock | null = head
  while (block !== null && !isOn(tip, block.anchor)) block = block.parent
  return block
}

function firstForced(tip: PhysicalNode, after: number, upTo: number): number | null {
  let found: number | null = null
  for (let at: PhysicalNode | null = ancestorAt(tip, upTo); at !== null && at.height > after; at = at.parent)
    if (at.forced.length > 0) found = at.height
  return found
}

/** R1 and R2 as an honest validator keeps them: one target per window, no vote around an earlier one. */
function mayVote(
  { surroundWindows }: HybridParameters,
  journals: Map<Key, Journal[]>,
  name: Key,
  vote: Journal,
): boolean {
  const said = journals.get(name) ?? []
  for (const { epoch, source, target } of said) {
    if (epoch !== vote.epoch) continue
    if (target.window === vote.target.window && target.hash !== vote.target.hash) return false
    if (Math.abs(vote.target.window - target.window) > surroundWindows) continue
    if (vote.source < source && target.window < vote.target.window) return false
    if (source < vote.source && vote.target.window < target.window) return false
  }
  if (!said.some(({ epoch, target }) => epoch === vote.epoch && target.hash === vote.target.hash))
    journals.set(name, [...said, vote])
  return true
}
