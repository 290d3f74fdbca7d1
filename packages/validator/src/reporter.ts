import { createReporting, type Log, type Reporting, type ReportingInit } from '@groundwork/program'
import type { Certificate, Epoch, FinalizedBlock, Observation } from '@groundwork/stake-core'
import { epochEnteredFact, finalizedFacts, observedFact, type TraceFact } from '@groundwork/trace'
import type { Metrics } from './metrics.ts'

export interface ReporterInit extends ReportingInit {
  readonly log: Log
  readonly metrics: Metrics
}

/** Everything that the node tells the outside: event log, event stream, metrics, log. */
export interface Reporter extends Reporting {
  /** `epoch`: the number of the running one. */
  observed(observation: Observation, epoch: number): void
  finalized(blocks: readonly FinalizedBlock[], certificate: Certificate, epoch: number): void
  /** R11: the process takes part in this epoch from now on. */
  entered(epoch: Epoch): void
}

export function createReporter(init: ReporterInit): Reporter {
  const { log, metrics } = init
  const reporting = createReporting(init)
  return {
    ...reporting,
    observed(observation, epoch) {
      metrics.observed(observation)
      const fact = observedFact(observation)
      if (fact !== null) return reporting.fact(inEpoch(fact, epoch))
      if (observation.kind === 'ignored') return reporting.rejected(observation.reason)
      log.error({ observed: observation.kind }, 'a final block of others contradicts our own chain')
    },
    finalized(blocks, certificate, epoch) {
      metrics.finalized(blocks)
      for (const fact of finalizedFacts(blocks, certificate)) reporting.fact(inEpoch(fact, epoch))
      const newest = blocks.at(-1)
      if (newest !== undefined) log.debug({ height: newest.block.header.height }, 'finalized')
    },
    entered(epoch) {
      log.info({ epoch: epoch.number }, 'entered an epoch of the stake chain')
      reporting.fact(epochEnteredFact(epoch))
    },
  }
}

/** Views begin anew with every epoch; the first one goes without saying. */
function inEpoch(fact: TraceFact, epoch: number): TraceFact {
  return epoch === 0 ? fact : Object.assign({ stakeEpoch: epoch }, fact)
}
