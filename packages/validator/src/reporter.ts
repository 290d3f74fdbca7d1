import { createReporting, type Log, type Reporting, type ReportingInit } from '@groundwork/program'
import type { Certificate, FinalizedBlock, Observation } from '@groundwork/stake-core'
import { finalizedFacts, observedFact } from '@groundwork/trace'
import type { Metrics } from './metrics.ts'

export interface ReporterInit extends ReportingInit {
  readonly log: Log
  readonly metrics: Metrics
}

/** Everything that the node tells the outside: event log, event stream, metrics, log. */
export interface Reporter extends Reporting {
  observed(observation: Observation): void
  finalized(blocks: readonly FinalizedBlock[], certificate: Certificate): void
}

export function createReporter(init: ReporterInit): Reporter {
  const { log, metrics } = init
  const reporting = createReporting(init)
  return {
    ...reporting,
    observed(observation) {
      metrics.observed(observation)
      const fact = observedFact(observation)
      if (fact !== null) return reporting.fact(fact)
      if (observation.kind === 'ignored') return reporting.rejected(observation.reason)
      log.error({ observed: observation.kind }, 'a final block of others contradicts our own chain')
    },
    finalized(blocks, certificate) {
      metrics.finalized(blocks)
      for (const fact of finalizedFacts(blocks, certificate)) reporting.fact(fact)
      const newest = blocks.at(-1)
      if (newest !== undefined) log.debug({ height: newest.block.header.height }, 'finalized')
    },
  }
}
