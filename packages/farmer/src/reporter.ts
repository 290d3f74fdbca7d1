import {
  type ChainRules,
  type PhysicalCore,
  type PhysicalObservation,
  type Slot,
  slotStartMs,
} from '@groundwork/physical-core'
import type { TipEffect } from '@groundwork/physical-host'
import { createRejectCounts, createReporting, type Reporting, type ReportingInit } from '@groundwork/program'
import { physicalObservedFact, physicalTipFact } from '@groundwork/trace'
import type { FarmerMetrics } from './metrics.ts'
import type { TimelordWork } from './timelord.ts'

export interface FarmerReporterInit extends ReportingInit {
  readonly metrics: FarmerMetrics
  readonly rules: ChainRules
  readonly core: () => Pick<PhysicalCore, 'chain'>
  readonly wallMs: () => number
  readonly slotNow: () => Slot
}

/** Everything that the node tells the outside: event log, event stream, metrics. */
export interface FarmerReporter extends Reporting {
  observed(observation: PhysicalObservation): void
  tip(effect: TipEffect): void
  refused(reason: string): void
  evaluated(work: TimelordWork): void
}

/** Older slots become known in a synchronisation, which says nothing about timelords. */
const liveSlots = 64

export function createFarmerReporter(init: FarmerReporterInit): FarmerReporter {
  const { metrics, rules } = init
  const refusals = createRejectCounts()
  const reportRefusals = (): void => {
    const counts = refusals.take()
    if (counts !== null) reporting.fact({ kind: 'physical-refused', counts })
  }
  const reporting = createReporting({ ...init, onSample: reportRefusals })
  return {
    ...reporting,
    observed(observation) {
      metrics.observed(observation)
      if (observation.kind === 'slot-known') {
        const { slot } = observation
        if (slot < init.slotNow() - liveSlots) return
        const lateMs = Math.round(init.wallMs() - slotStartMs(rules.genesis, slot))
        return reporting.fact({ kind: 'slot-proof', slot, lateMs })
      }
      const fact = physicalObservedFact(observation, rules, init.core().chain())
      if (fact !== null) reporting.fact(fact)
    },
    tip: (effect) => reporting.fact(physicalTipFact(effect)),
    refused(reason) {
      refusals.add(reason)
      metrics.refused(reason)
    },
    evaluated(work) {
      metrics.evaluated(work)
      const { slot, evaluateMs } = work
      const lagSlots = Math.max(0, init.slotNow() - slot)
      reporting.fact({ kind: 'vdf', slot, evaluateMs: Math.round(10 * evaluateMs) / 10, lagSlots })
    },
    close() {
      reportRefusals()
      reporting.close()
    },
  }
}
