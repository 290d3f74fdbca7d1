import type { ChainRules, PhysicalCore, PhysicalObservation } from '@groundwork/physical-core'
import type { TipEffect } from '@groundwork/physical-host'
import { physicalObservedFact, physicalTipFact, type TraceFact } from '@groundwork/trace'
import { createRejectCounts } from '../reject-counts.ts'
import type { PhysicalMetrics } from './metrics.ts'

/** What a node tells of the physical chain: event log and metrics. */
export interface PhysicalFacts {
  observed(observation: PhysicalObservation): void
  tip(effect: TipEffect): void
  refused(reason: string): void
  /** Records what was refused since the last time. */
  flush(): void
}

export interface PhysicalFactsInit {
  readonly metrics: PhysicalMetrics
  readonly rules: ChainRules
  readonly core: () => Pick<PhysicalCore, 'chain'>
  readonly fact: (fact: TraceFact) => void
}

export function createPhysicalFacts({ metrics, rules, core, fact }: PhysicalFactsInit): PhysicalFacts {
  const refusals = createRejectCounts()
  return {
    observed(observation) {
      metrics.observed(observation)
      const made = physicalObservedFact(observation, rules, core().chain())
      if (made !== null) fact(made)
    },
    tip: (effect) => fact(physicalTipFact(effect)),
    refused(reason) {
      refusals.add(reason)
      metrics.refused(reason)
    },
    flush() {
      const counts = refusals.take()
      if (counts !== null) fact({ kind: 'physical-refused', counts })
    },
  }
}
