import type { Epoch } from '@groundwork/stake-core'
import {
  epochEnteredFact,
  epochRecord,
  finalizedFacts,
  observedFact,
  type TraceFact,
} from '@groundwork/trace'
import type { NodeFact, SimulatedNode } from './node.ts'

/** A fact with what its record says of the stake chain's epoch. */
export type EpochFact = TraceFact & { readonly stakeEpoch?: number }

/** What the event log says of a validator's facts; `rejected` are counted by whoever asks. */
export function nodeRecords(node: SimulatedNode, genesis: Epoch, fact: NodeFact): readonly EpochFact[] {
  switch (fact.kind) {
    case 'started': {
      const epoch = epochRecord(node.core?.epoch ?? genesis)
      const { validator } = node
      return [{ kind: 'node-started', validator, signatures: 'stand-in', pid: 0, epoch, byzantine: [] }]
    }
    case 'stopped':
      return [{ kind: 'node-stopped', reason: fact.reason }]
    case 'finalized':
      return finalizedFacts(fact.blocks, fact.certificate).map((final) => inEpoch(final, fact.epoch))
    case 'observed': {
      const observed = observedFact(fact.observation)
      return observed === null ? [] : [inEpoch(observed, fact.epoch)]
    }
    case 'entered':
      return [epochEnteredFact(fact.epoch)]
    case 'peer-up':
    case 'peer-down':
      return [fact]
    case 'rejected':
    case 'said':
      return []
  }
}

function inEpoch(fact: TraceFact, stakeEpoch: number): EpochFact {
  return stakeEpoch === 0 ? fact : { ...fact, stakeEpoch }
}
