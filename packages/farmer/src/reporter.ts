import { type ChainRules, type PhysicalCore, type Slot, slotStartMs } from '@groundwork/physical-core'
import { createReporting, type Reporting, type ReportingInit } from '@groundwork/program'
import { createPhysicalFacts, type PhysicalFacts } from '@groundwork/program/physical'
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
export interface FarmerReporter extends Reporting, PhysicalFacts {
  evaluated(work: TimelordWork): void
}

/** Older slots become known in a synchronisation, which says nothing about timelords. */
const liveSlots = 64

export function createFarmerReporter(init: FarmerReporterInit): FarmerReporter {
  const { metrics, rules } = init
  const reporting = createReporting({ ...init, onSample: () => facts.flush() })
  const facts = createPhysicalFacts({ metrics, rules, core: init.core, fact: reporting.fact })
  return {
    ...reporting,
    ...facts,
    observed(observation) {
      if (observation.kind !== 'slot-known') return facts.observed(observation)
      const { slot } = observation
      if (slot < init.slotNow() - liveSlots) return
      const lateMs = Math.round(init.wallMs() - slotStartMs(rules.genesis, slot))
      reporting.fact({ kind: 'slot-proof', slot, lateMs })
    },
    evaluated(work) {
      metrics.evaluated(work)
      const { slot, evaluateMs } = work
      const lagSlots = Math.max(0, init.slotNow() - slot)
      reporting.fact({ kind: 'vdf', slot, evaluateMs: Math.round(10 * evaluateMs) / 10, lagSlots })
    },
    close() {
      facts.flush()
      reporting.close()
    },
  }
}
