import {
  type ChainRules,
  type CheckedBlock,
  encodeSnapshot,
  firstSlotOf,
  type Height,
  type OfferedItem,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEpoch,
  type PhysicalEvent,
  type PhysicalJournalEntry,
  type PhysicalState,
  type SlotProof,
  type Stored,
} from '@groundwork/physical-core'
import { assert, type Hex, toHex } from '@groundwork/primitives'

export interface SecretChainInit {
  readonly rules: ChainRules
  /** Of the core that follows the public chain: the secret one begins at its tip. */
  readonly shown: PhysicalState
  /** What was ever signed with the key. */
  readonly journal: readonly PhysicalJournalEntry[]
  resume(stored: Stored): PhysicalCore
}

/** A chain that nobody hears of, farmed by a core of its own. */
export interface SecretChain {
  readonly core: PhysicalCore
  readonly base: Height
  /** What the farmer must do for it; of what the core would say or store, nothing. */
  readonly begun: readonly PhysicalEffect[]
  step(event: PhysicalEvent): readonly PhysicalEffect[]
  /** The slot proof is its own: true if the chain took it. */
  evaluated(proof: SlotProof): { readonly taken: boolean; readonly effects: readonly PhysicalEffect[] }
  /** From the base to its tip, oldest first. */
  blocks(): CheckedBlock[]
}

const nothing = new Uint8Array(0)

export function secretChain({ rules, shown, journal, resume }: SecretChainInit): SecretChain {
  const root = shown.nodes.get(shown.tip)
  assert(root !== undefined, 'the tip is held')
  const slots = knownSlots(rules, shown, root.chain.epoch.number)
  const core = resume({ snapshot: encodeSnapshot(root), slots, journal })
  const made = new Map<Hex, CheckedBlock>()

  const step = (event: PhysicalEvent): PhysicalEffect[] => {
    const effects = core.step(event)
    for (const effect of effects)
      if (effect.kind === 'store-block') made.set(toHex(effect.hash), effect.block)
    return effects.filter(isInward)
  }
  const waiting: OfferedItem[] = [...shown.mempool.items.values()]
  const begun: readonly PhysicalEvent[] = [
    { kind: 'plots', plots: shown.plots },
    { kind: 'start', slot: shown.clock },
    { kind: 'items', items: waiting, from: 'public' },
  ]
  return {
    core,
    base: root.chain.height,
    begun: begun.flatMap(step),
    step,
    evaluated(proof) {
      const effects = core.step({ kind: 'evaluated', proof })
      const taken = effects.some((effect) => effect.kind === 'store-slot' && effect.proof === proof)
      return { taken, effects: effects.filter(isInward) }
    },
    blocks() {
      const found: CheckedBlock[] = []
      let at = made.get(toHex(core.tip().hash))
      while (at !== undefined) {
        found.unshift(at)
        at = made.get(toHex(at.block.foliage.parentHash))
      }
      return found
    },
  }
}

/** Of an epoch and later ones. What is stored is not checked again, so what checks would need is left out. */
function* knownSlots(
  rules: ChainRules,
  { chains }: PhysicalState,
  from: PhysicalEpoch,
): Generator<SlotProof> {
  for (const { epoch, seed, ys } of chains.values()) {
    if (epoch < from) continue
    const first = firstSlotOf(rules, epoch)
    for (const [i, y] of ys.entries()) yield { slot: first + i, seed, previous: null, y, proof: nothing }
  }
}

/** Between the farmer and its own plots, delays, journal and log. */
function isInward(effect: PhysicalEffect): boolean {
  switch (effect.kind) {
    case 'persist':
    case 'look-up':
    case 'prove':
    case 'evaluate':
      return true
    case 'observe':
      return effect.observation.kind === 'won' || effect.observation.kind === 'block-made'
    default:
      return false
  }
}
