import { equal, type Hex, toHex } from '@groundwork/primitives'
import {
  type Court,
  type Epoch,
  type Evidence,
  extractEvidence,
  type FinalChain,
  hashHeader,
  type Peer,
  type ValidatorIndex,
  type View,
  type Vote,
  verifyEvidence,
  weightOf,
} from '@groundwork/stake-core'
import type { NodeFact, SimulatedNode } from './node.ts'

/** Something that must never happen, in words. */
export interface Violation {
  readonly rule:
    | 'agreement'
    | 'double-sign'
    | 'view-regress'
    | 'floor-regress'
    | 'false-blame'
    | 'accountability'
  readonly detail: string
}

/** What two honest nodes finalized differently, and who is to blame. */
export interface Conflict {
  readonly nodes: readonly [Peer, Peer]
  readonly evidence: readonly Evidence[]
  readonly accused: readonly ValidatorIndex[]
  readonly accusedWeight: number
}

/** Watches every honest node, and what it says, as it happens. */
export interface Monitor {
  observe(node: SimulatedNode, fact: NodeFact): void
  /** Looks at all chains once more and at all evidence. `conflictAllowed`: a third or more of the stake is Byzantine. */
  finish(options: { readonly conflictAllowed: boolean }): readonly Violation[]
  readonly violations: readonly Violation[]
  /** Pairs of honest nodes whose finalized chains differ. */
  conflicts(): readonly Conflict[]
  /** Views entered, summed over all nodes. */
  readonly viewChanges: number
  readonly rejected: ReadonlyMap<string, number>
}

export interface MonitorInit {
  readonly court: Court
  readonly epoch: Epoch
  readonly nodes: readonly SimulatedNode[]
  /** Validators with one unmodified process that never lost its disk. */
  isHonest(validator: ValidatorIndex): boolean
}

interface Signed {
  readonly votes: Map<View, { notar?: Vote; skip?: Vote; final?: Vote }>
  readonly proposals: Map<View, Hex>
}

export function monitor(init: MonitorInit): Monitor {
  const violations: Violation[] = []
  const signed = new Map<ValidatorIndex, Signed>()
  const views = new Map<SimulatedNode, View>()
  const heights = new Map<SimulatedNode, number>()
  const byHeight = new Map<number, Map<Hex, Peer>>()
  const rejected = new Map<string, number>()
  let viewChanges = 0
  const violate = (rule: Violation['rule'], detail: string): void => void violations.push({ rule, detail })

  const onVote = (node: SimulatedNode, vote: Vote): void => {
    const all = signedBy(signed, node.validator).votes
    const own = all.get(vote.view) ?? {}
    all.set(vote.view, own)
    const again = own[vote.type]
    if (again === undefined) own[vote.type] = vote
    const { notar, skip, final } = own
    const text = `${node.name} in view ${vote.view}`
    if (again !== undefined && !equal(again.hash, vote.hash))
      violate('double-sign', `two ${vote.type} votes by ${text}`)
    if (skip !== undefined && final !== undefined) violate('double-sign', `SKIP and FINAL by ${text}`)
    if (final !== undefined && (notar === undefined || !equal(notar.hash, final.hash))) {
      violate('double-sign', `FINAL without its NOTAR by ${text}`)
    }
  }

  const onFinalized = (node: SimulatedNode, fact: Extract<NodeFact, { kind: 'finalized' }>): void => {
    for (const { block, hash } of fact.blocks) {
      const { height } = block.header
      const expected = (heights.get(node) ?? 0) + 1
      if (height > expected)
        violate('floor-regress', `${node.name} finalized height ${height} after ${expected - 1}`)
      heights.set(node, height)
      const known = byHeight.get(height) ?? new Map<Hex, Peer>()
      byHeight.set(height, known)
      const key = toHex(hash)
      if (!known.has(key)) known.set(key, node.name)
    }
  }

  const onObserved = (node: SimulatedNode, fact: Extract<NodeFact, { kind: 'observed' }>): void => {
    const { observation } = fact
    if (observation.kind === 'view-entered') {
      viewChanges++
      const before = views.get(node) ?? 0
      if (observation.view < before)
        violate('view-regress', `${node.name} went from view ${before} to ${observation.view}`)
      views.set(node, observation.view)
    }
    if (observation.kind === 'evidence') {
      const { evidence } = observation
      const fault = verifyEvidence(init.court, evidence)
      if (init.isHonest(evidence.offender)) {
        violate(
          'false-blame',
          `${node.name} accuses honest ${evidence.offender} of ${evidence.rule} in view ${evidence.view}`,
        )
      } else if (fault !== null)
        violate('false-blame', `${node.name} reports evidence that proves nothing: ${fault}`)
    }
  }

  const self: Monitor = {
    observe(node, fact) {
      if (!init.isHonest(node.validator)) {
        if (fact.kind === 'observed' && fact.observation.kind === 'view-entered') viewChanges++
        return
      }
      switch (fact.kind) {
        case 'started':
          views.delete(node)
          if (node.disk.chain.length < (heights.get(node) ?? 0)) {
            violate('floor-regress', `${node.name} came back without blocks that it had finalized`)
          }
          heights.set(node, node.disk.chain.length)
          return
        case 'said':
          if (fact.message.kind === 'vote' && fact.message.vote.voter === node.validator)
            onVote(node, fact.message.vote)
          if (fact.message.kind === 'proposal') {
            const { header } = fact.message.proposal.block
            if (header.proposer !== node.validator) return
            const { proposals } = signedBy(signed, node.validator)
            const key = toHex(hashHeader(header))
            if ((proposals.get(header.view) ?? key) !== key)
              violate('double-sign', `two proposals by ${node.name} in view ${header.view}`)
            proposals.set(header.view, key)
          }
          return
        case 'finalized':
          return onFinalized(node, fact)
        case 'observed':
          return onObserved(node, fact)
        case 'rejected':
          rejected.set(fact.reason, (rejected.get(fact.reason) ?? 0) + 1)
          return
        default:
          return
      }
    },
    finish({ conflictAllowed }) {
      for (const [height, hashes] of byHeight) {
        if (hashes.size > 1 && !conflictAllowed) {
          violate(
            'agreement',
            `height ${height} was finalized ${hashes.size} ways, by ${[...hashes.values()].join(' and ')}`,
          )
        }
      }
      for (const conflict of self.conflicts()) {
        const [a, b] = conflict.nodes
        const { total, quorum } = init.epoch.validators
        const innocents = conflict.accused.filter((validator) => init.isHonest(validator))
        if (conflict.accusedWeight < 2 * quorum - total) {
          violate(
            'accountability',
            `${a} and ${b} conflict, evidence against weight ${conflict.accusedWeight} only`,
          )
        }
        if (innocents.length > 0)
          violate('false-blame', `evidence of ${a} and ${b} accuses ${innocents.join(' and ')}`)
      }
      return violations
    },
    violations,
    conflicts() {
      const honest = init.nodes.filter((node) => init.isHonest(node.validator) && node.disk.chain.length > 0)
      const found: Conflict[] = []
      for (const [i, a] of honest.entries()) {
        for (const b of honest.slice(i + 1)) {
          const shorter = Math.min(a.disk.chain.length, b.disk.chain.length) - 1
          if (
            equal(
              (a.disk.chain[shorter] as { hash: Uint8Array }).hash,
              (b.disk.chain[shorter] as { hash: Uint8Array }).hash,
            )
          )
            continue
          const evidence = extractEvidence(init.court, finalChain(a), finalChain(b))
          const accused = [...new Set(evidence.map(({ offender }) => offender))].sort((x, y) => x - y)
          found.push({
            nodes: [a.name, b.name],
            evidence,
            accused,
            accusedWeight: weightOf(init.epoch, accused),
          })
        }
      }
      return found
    },
    get viewChanges() {
      return viewChanges
    },
    rejected,
  }
  return self
}

function signedBy(signed: Map<ValidatorIndex, Signed>, validator: ValidatorIndex): Signed {
  const known = signed.get(validator) ?? { votes: new Map(), proposals: new Map() }
  signed.set(validator, known)
  return known
}

function finalChain(node: SimulatedNode): FinalChain {
  const { chain, certificate } = node.disk
  if (certificate === undefined) throw new Error(`${node.name} holds blocks without a certificate`)
  const blocks = chain.map(({ block: { header, justification } }) => ({ header, justification }))
  return { blocks, certificate }
}
