import type {
  ChainRules,
  PhysicalCore,
  PhysicalEffect,
  PhysicalEvent,
  PhysicalJournalEntry,
  Slot,
  SlotProof,
  Stored,
} from '@groundwork/physical-core'
import { equal } from '@groundwork/primitives'
import type { FarmerCoercion } from './coercion.ts'
import { forkMove } from './fork-strategy.ts'
import { type SecretChain, secretChain } from './secret-chain.ts'

export interface ForkingInit {
  readonly rules: ChainRules
  readonly coercion: FarmerCoercion
  /** Another core of the same farmer. */
  resume(stored: Stored): PhysicalCore
}

/**
 * A core that farms in secret while it is told to: to everybody it follows the public chain and has no luck, and on a
 * chain of its own it uses plots and timelord, until that one is shown (`forkMove`). A restart gives the secret chain up.
 * The outermost of a farmer's cores: `state` must be read, not copied.
 */
export function forkingFarmer(honest: PhysicalCore, init: ForkingInit): PhysicalCore {
  const { rules, coercion } = init
  const { kappa } = rules.parameters
  let secret: SecretChain | null = null
  /** Proofs of slots that only the secret chain has. */
  let ownSlots: SlotProof[] = []
  /** What was signed for secret chains before it was let go, and the newest slot of that. */
  let signed: readonly PhysicalJournalEntry[] = []
  let signedUpTo: Slot = -1
  /** What the public chain would have its timelord do. */
  let owed: Extract<PhysicalEffect, { kind: 'evaluate' }> | null = null

  const journal = (): PhysicalJournalEntry[] => secret?.core.journal() ?? [...signed, ...honest.journal()]

  const begin = (): SecretChain => {
    ownSlots = []
    const begun = secretChain({ rules, shown: honest.state, journal: journal(), resume: init.resume })
    secret = begun
    return begun
  }

  /** The public side of it: it farms nothing. What it learns of slots, the secret side learns. */
  const publicly = (hidden: SecretChain, event: PhysicalEvent): PhysicalEffect[] => {
    const effects: PhysicalEffect[] = []
    const live = event.kind === 'slots' && event.live
    for (const effect of honest.step(event)) {
      if (effect.kind === 'evaluate') owed = effect
      else if (effect.kind !== 'look-up' && effect.kind !== 'prove') effects.push(effect)
      if (effect.kind !== 'store-slot') continue
      effects.push(...hidden.step({ kind: 'slots', proofs: [effect.proof], live, from: null }))
    }
    return effects
  }

  /** A slot that the public chain has as well is everybody's. */
  const evaluated = (hidden: SecretChain, proof: SlotProof): PhysicalEffect[] => {
    const isShared = honest.slotFault(proof) === null
    const { taken, effects } = hidden.evaluated(proof)
    if (!taken) return [...effects]
    if (isShared) {
      const said: PhysicalEffect = { kind: 'broadcast', message: { kind: 'slot-proof', proof } }
      const slots: PhysicalEvent = { kind: 'slots', proofs: [proof], live: true, from: null }
      return [...effects, ...publicly(hidden, slots), said]
    }
    ownSlots.push(proof)
    return [...effects]
  }

  const forked = (hidden: SecretChain, event: PhysicalEvent): PhysicalEffect[] => {
    switch (event.kind) {
      case 'evaluated':
        return evaluated(hidden, event.proof)
      case 'looked-up':
      case 'proved':
        return [...hidden.step(event)]
      case 'slots':
      case 'blocks':
      case 'start':
        return publicly(hidden, event)
      default:
        return [...publicly(hidden, event), ...hidden.step(event)]
    }
  }

  /** Block by block: the seed of a later slot is known only once the blocks before are. */
  const show = (hidden: SecretChain): PhysicalEffect[] => {
    const effects: PhysicalEffect[] = []
    const learn = (event: PhysicalEvent): void => {
      const shown = publicly(hidden, event)
      effects.push(...shown.filter((effect) => effect.kind !== 'fetch' && !isRefusal(effect)))
    }
    const learnSlots = (proofs: readonly SlotProof[]): void => {
      if (proofs.length > 0) learn({ kind: 'slots', proofs, live: false, from: null })
    }
    for (const block of hidden.blocks()) {
      const due = ownSlots.filter(({ slot }) => slot <= block.block.trunk.slot)
      ownSlots = ownSlots.slice(due.length)
      learn({ kind: 'blocks', blocks: [block], from: null })
      learnSlots(due)
      effects.push({ kind: 'broadcast', message: { kind: 'block', block: block.block } })
    }
    learnSlots(ownSlots)
    return effects
  }

  const move = (hidden: SecretChain): readonly PhysicalEffect[] => {
    const race = { base: hidden.base, secret: hidden.core.tip(), shown: honest.tip(), kappa }
    switch (forkMove(race)) {
      case 'go-on':
        return []
      case 'show':
        return [...show(hidden), ...begin().begun]
      case 'give-up':
        return begin().begun
    }
  }

  const letGo = (): PhysicalEffect[] => {
    signed = journal()
    signedUpTo = signed.reduce((newest, { slot }) => Math.max(newest, slot), -1)
    secret = null
    const { evaluating } = honest.state
    const due = owed
    owed = null
    if (due === null || evaluating === null || due.slot !== evaluating.slot) return []
    return equal(due.seed, evaluating.seed) ? [due] : []
  }

  /** For slots of its secret chains it signs nothing more. */
  const honestly = (event: PhysicalEvent): readonly PhysicalEffect[] => {
    if ((event.kind === 'looked-up' || event.kind === 'proved') && event.slot <= signedUpTo) return []
    return honest.step(event)
  }

  return {
    ...honest,
    get state() {
      if (secret === null) return honest.state
      const { evaluating, signed } = secret.core.state
      return { ...honest.state, evaluating, signed }
    },
    journal,
    step(event) {
      if (!coercion.does('private-fork')) {
        const before = secret === null ? [] : letGo()
        return [...before, ...honestly(event)]
      }
      if (!honest.state.started) return honestly(event)
      const isNew = secret === null
      const hidden = secret ?? begin()
      return [...(isNew ? hidden.begun : []), ...forked(hidden, event), ...move(hidden)]
    },
  }
}

function isRefusal(effect: PhysicalEffect): boolean {
  return effect.kind === 'observe' && effect.observation.kind === 'refused'
}
