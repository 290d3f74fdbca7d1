import type { Observation } from '@groundwork/stake-core'
import type { Audit } from './audit.ts'
import type { NodeFact } from './node.ts'

/** Adds what a node did, and when, to the fingerprint of a run. */
export function auditFact(audit: Audit, timeMs: number, node: number, fact: NodeFact): void {
  audit.number(timeMs)
  audit.number(node)
  audit.text(fact.kind)
  switch (fact.kind) {
    case 'started':
      return
    case 'stopped':
      return audit.text(fact.reason)
    case 'peer-up':
      return audit.text(fact.peer)
    case 'peer-down':
      return audit.text(`${fact.peer} ${fact.reason}`)
    case 'rejected':
      return audit.text(`${fact.reason} ${fact.from}`)
    case 'finalized':
      for (const { hash } of fact.blocks) audit.hash(hash)
      return
    case 'said':
      audit.text(fact.message.kind)
      if (fact.message.kind === 'vote') audit.hash(fact.message.vote.signature)
      return
    case 'entered':
      return audit.hash(fact.epoch.id)
    case 'observed':
      return auditObservation(audit, fact.observation)
  }
}

function auditObservation(audit: Audit, observation: Observation): void {
  audit.text(observation.kind)
  if ('view' in observation) audit.number(observation.view)
  if ('hash' in observation) audit.hash(observation.hash)
  if (observation.kind === 'evidence') {
    audit.number(observation.evidence.view)
    audit.text(`${observation.evidence.rule} ${observation.evidence.offender}`)
  }
}
