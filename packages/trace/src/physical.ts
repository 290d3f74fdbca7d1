import type {
  ChainRules,
  ChainState,
  PhysicalCore,
  PhysicalEffect,
  PhysicalObservation,
  TipSummary,
} from '@groundwork/physical-core'
import { toHex } from '@groundwork/primitives'
import type { PhysicalFact } from './record.ts'

/** The record of what a core of the physical chain observed; null for what is only counted. `chain`: after the tip. */
export function physicalObservedFact(
  observation: PhysicalObservation,
  rules: ChainRules,
  chain: ChainState,
): PhysicalFact | null {
  switch (observation.kind) {
    case 'block-made':
    case 'block-accepted': {
      const { hash, height, slot, plotId, items } = observation
      const block = { height, hash: toHex(hash), slot, plot: toHex(plotId), items }
      return observation.kind === 'block-made'
        ? { kind: 'farmed', ...block }
        : { kind: 'physical-block', ...block }
    }
    case 'reorg': {
      const { depth, from, to } = observation
      return {
        kind: 'reorg',
        depth,
        fromHeight: from.height,
        fromHash: toHex(from.hash),
        toHeight: to.height,
        toHash: toHex(to.hash),
      }
    }
    case 'epoch':
      return physicalEpochFact(rules, chain)
    case 'equivocation': {
      const { trunk } = observation.evidence.a
      return { kind: 'farmer-equivocation', plot: toHex(trunk.plotId), slot: trunk.slot }
    }
    default:
      return null
  }
}

/** Who may win in the epoch of the best chain's tip. */
function physicalEpochFact({ genesis }: ChainRules, { epoch }: ChainState): PhysicalFact {
  return {
    kind: 'physical-epoch',
    epoch: epoch.number,
    difficulty: `${epoch.difficulty}`,
    space: `${epoch.space}`,
    plots: [...epoch.active].map(([plot, { record, located, effective }]) => ({
      plot,
      region: genesis.regions[record.region]?.name ?? '',
      located,
      effective: `${effective}`,
    })),
  }
}

export function physicalTipFact(effect: Extract<PhysicalEffect, { kind: 'tip' }>): PhysicalFact {
  return tipFact(effect.tip, effect.reverted.length, effect.adopted.map(toHex))
}

/** What a process that starts says of the chain that its disk gave back: the tip, and who may win in its epoch. */
export function startingFacts(rules: ChainRules, core: Pick<PhysicalCore, 'tip' | 'chain'>): PhysicalFact[] {
  const tip = core.tip()
  return [tipFact(tip, 0, [toHex(tip.hash)]), physicalEpochFact(rules, core.chain())]
}

function tipFact(
  { height, hash, slot, weight }: TipSummary,
  reverted: number,
  adopted: string[],
): PhysicalFact {
  return { kind: 'physical-tip', height, hash: toHex(hash), slot, weight: `${weight}`, reverted, adopted }
}
