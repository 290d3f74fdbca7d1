import { type Hash, standInSignatures, toHex, zeroHash } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import {
  type Certificate,
  doContradict,
  type Evidence,
  extractEvidence,
  type FinalChain,
  hashHeader,
  hashJustification,
  type Justification,
  type JustifiedHeader,
  proposalMessage,
  type Vote,
  type VoteType,
  verifyEvidence,
  voteMessage,
  weightOf,
} from '../src/index.ts'
import { seedOf, testEpoch } from './cluster.ts'

const weights = [3, 2, 2, 1, 1, 1]
const { epoch, secrets } = testEpoch(weights)
const court = { epoch, verify: standInSignatures.verify, maxSkips: 4096 }
const guilty = 2 * epoch.validators.quorum - epoch.validators.total

const vote = (voter: number, view: number, type: VoteType, hash: Hash = zeroHash): Vote => {
  const signature = standInSignatures.sign(secrets[voter]!, voteMessage(epoch.id, view, type, hash))
  return { epochId: epoch.id, view, type, hash, voter, signature }
}

const certify = (
  voters: readonly number[],
  view: number,
  type: VoteType,
  hash: Hash = zeroHash,
): Certificate => {
  expect(weightOf(epoch, voters)).toBeGreaterThanOrEqual(epoch.validators.quorum)
  const signatures = voters.map((voter) => ({ voter, signature: vote(voter, view, type, hash).signature }))
  return { epochId: epoch.id, view, type, hash, signatures }
}

const block = (
  label: string,
  view: number,
  parent: JustifiedHeader | null,
  justification: Justification,
): JustifiedHeader => ({
  justification,
  header: {
    epochId: epoch.id,
    view,
    height: (parent?.header.height ?? 0) + 1,
    parentHash: parent === null ? epoch.genesisHash : hashHeader(parent.header),
    parentView: parent?.header.view ?? 0,
    justificationRoot: hashJustification(justification),
    anchor: { height: 0, hash: zeroHash },
    forcedRoot: zeroHash,
    transactionsRoot: zeroHash,
    stateRoot: seedOf(label),
    credit: 0,
    validatorsHash: epoch.validators.hash,
    nextValidatorsHash: epoch.validators.hash,
    proposer: 0,
  },
})

const genesis: Justification = { parent: null, skips: [] }
/** Two quorums whose overlap weighs exactly 2q - W. */
const left = [0, 1, 2]
const right = [0, 3, 4, 5, 1].sort()
const overlap = left.filter((voter) => right.includes(voter))

const chain = (blocks: readonly JustifiedHeader[], voters: readonly number[]): FinalChain => {
  const last = blocks.at(-1)!
  return { blocks, certificate: certify(voters, last.header.view, 'final', hashHeader(last.header)) }
}

const offenders = (evidence: readonly Evidence[]) => evidence.map(({ offender }) => offender).sort()

describe('Theorem 1: conflicting finality names at least 2q - W, and only who signed both', () => {
  test('two blocks of one view: S1', () => {
    const a = chain([block('a', 1, null, genesis)], left)
    const b = chain([block('b', 1, null, genesis)], right)
    for (const evidence of [extractEvidence(court, a, b), extractEvidence(court, b, a)]) {
      expect(offenders(evidence)).toEqual(overlap)
      expect(evidence.every(({ rule }) => rule === 'S1')).toBe(true)
      expect(weightOf(epoch, offenders(evidence))).toBeGreaterThanOrEqual(guilty)
    }
  })

  test('a notarized block of the finalized view under a later final block: S1', () => {
    const a = chain([block('a', 1, null, genesis)], left)
    const first = block('b', 1, null, genesis)
    const second = block('c', 2, first, {
      parent: certify(right, 1, 'notar', hashHeader(first.header)),
      skips: [],
    })
    const evidence = extractEvidence(court, a, chain([first, second], right))
    expect(offenders(evidence)).toEqual(overlap)
    expect(evidence[0]!.rule).toBe('S1')
  })

  test('a chain that skips the finalized view: S2', () => {
    const a = chain([block('a', 1, null, genesis)], left)
    const jump = block('c', 2, null, { parent: null, skips: [certify(right, 1, 'skip')] })
    const evidence = extractEvidence(court, a, chain([jump], right))
    expect(offenders(evidence)).toEqual(overlap)
    expect(evidence[0]!.rule).toBe('S2')
  })

  test('a chain that skips the finalized view without a certificate: S3 for everybody who voted for it', () => {
    const a = chain([block('a', 1, null, genesis)], left)
    const jump = block('c', 2, null, genesis)
    const evidence = extractEvidence(court, a, chain([jump], right))
    expect(offenders(evidence)).toEqual(right)
    expect(evidence[0]!.rule).toBe('S3')
  })

  describe('of a chain whose first blocks are missing', () => {
    const justified = (parent: JustifiedHeader, skips: Certificate[] = []): Justification => {
      const { view } = parent.header
      return { parent: certify(right, view, 'notar', hashHeader(parent.header)), skips }
    }
    const first = block('b', 2, null, { parent: null, skips: [certify(right, 1, 'skip')] })

    test('the certificate below its first block is enough: S1', () => {
      const a = chain([block('a', 2, null, { parent: null, skips: [certify(left, 1, 'skip')] })], left)
      const part = chain([block('c', 3, first, justified(first))], right)
      for (const evidence of [extractEvidence(court, a, part), extractEvidence(court, part, a)]) {
        expect(offenders(evidence)).toEqual(overlap)
        expect(evidence.every(({ rule }) => rule === 'S1')).toBe(true)
      }
      expect(doContradict(a, part)).toBe(true)
    })

    test('so is what it skips: S2', () => {
      const own = block('a', 1, null, genesis)
      const a = chain([own, block('d', 3, own, justified(own, [certify(right, 2, 'skip')]))], left)
      const part = chain([block('c', 4, first, justified(first, [certify(right, 3, 'skip')]))], right)
      const evidence = extractEvidence(court, a, part)
      expect(offenders(evidence)).toEqual(overlap)
      expect(evidence.every(({ rule }) => rule === 'S2')).toBe(true)
      expect(doContradict(part, a)).toBe(true)
    })

    test('one that goes on where the other ends, or above that, is no contradiction', () => {
      const next = block('c', 3, first, justified(first))
      const last = block('d', 4, next, justified(next))
      const a = chain([first], left)
      for (const part of [chain([next], right), chain([next, last], right), chain([last], right)]) {
        expect(doContradict(a, part)).toBe(false)
        expect(extractEvidence(court, part, a)).toEqual([])
      }
    })
  })

  test('prefixes accuse nobody', () => {
    const first = block('a', 1, null, genesis)
    const second = block('b', 3, first, {
      parent: certify(left, 1, 'notar', hashHeader(first.header)),
      skips: [certify(left, 2, 'skip')],
    })
    expect(extractEvidence(court, chain([first], left), chain([first, second], right))).toEqual([])
    expect(extractEvidence(court, chain([first, second], right), chain([first], left))).toEqual([])
  })
})

describe('P9: evidence counts only with every signature in it good', () => {
  const a = vote(1, 4, 'final', seedOf('a'))
  const b = vote(1, 4, 'notar', seedOf('b'))
  const good: Evidence = { rule: 'S1', epochId: epoch.id, view: 4, offender: 1, a, b }

  test('good evidence holds', () => expect(verifyEvidence(court, good)).toBeNull())

  test.each<[string, Evidence]>([
    [
      'a signature of another',
      { ...good, b: { ...b, signature: vote(2, 4, 'notar', seedOf('b')).signature } },
    ],
    ['another offender', { ...good, offender: 2 }],
    ['a voter out of range', { ...good, offender: 77, a: { ...a, voter: 77 }, b: { ...b, voter: 77 } }],
    ['another view', { ...good, view: 5 }],
    ['another epoch', { ...good, epochId: seedOf('other') }],
    ['two equal votes', { ...good, b: a }],
    ['SKIP and NOTAR, which honest nodes may both sign', { ...good, rule: 'S2', a: vote(1, 4, 'skip'), b }],
    ['the wrong rule', { ...good, rule: 'S2' }],
  ])('%s proves nothing', (_, evidence) => expect(verifyEvidence(court, evidence)).not.toBeNull())

  test('S3 with a preimage that the header does not commit to proves nothing', () => {
    const sound = block('a', 1, null, genesis)
    const framed = {
      header: sound.header,
      justification: { parent: null, skips: [certify(left, 1, 'skip')] },
    }
    const signed = vote(0, 1, 'notar', hashHeader(sound.header))
    const evidence: Evidence = {
      rule: 'S3',
      epochId: epoch.id,
      view: 1,
      offender: 0,
      vote: signed,
      block: framed,
    }
    expect(verifyEvidence(court, evidence)).toBe('evidence-justified')
    expect(verifyEvidence(court, { ...evidence, block: sound })).toBe('evidence-justified')
  })

  test('S5: two proposals of one leader for one view', () => {
    const signed = (label: string) => {
      const made = block(label, 1, null, genesis)
      return {
        ...made,
        signature: standInSignatures.sign(secrets[0]!, proposalMessage(hashHeader(made.header))),
      }
    }
    const evidence: Evidence = {
      rule: 'S5',
      epochId: epoch.id,
      view: 1,
      offender: 0,
      a: signed('a'),
      b: signed('b'),
    }
    expect(verifyEvidence(court, evidence)).toBeNull()
    expect(verifyEvidence(court, { ...evidence, b: evidence.a })).toBe('evidence-no-contradiction')
    expect(toHex(evidence.a.signature)).not.toBe(toHex(evidence.b.signature))
  })
})
