import {
  ascii,
  type Hash,
  hash,
  keyPair,
  referenceSignatures,
  type SignatureScheme,
  standInSignatures,
  toHex,
  zeroHash,
} from '@groundwork/primitives'
import { type Check, validatorsOf } from '@groundwork/scenario'
import {
  type Certificate,
  createEpoch,
  type Epoch,
  encodeCertificate,
  encodeEvidence,
  encodeJustifiedHeader,
  hashHeader,
  hashJustification,
  type JustifiedHeader,
  type VoteType,
  validatorSet,
  voteMessage,
} from '@groundwork/stake-core'
import { describe, expect, test } from 'vitest'
import { analyze, type EpochRecord, epochFromRecord, type TraceRecord } from '../src/index.ts'
import { record, syntheticPlan } from './synthetic.ts'

const label = (text: string) => hash('test', ascii(text))
const secrets = Array.from({ length: 7 }, (_, i) => label(`secret ${i}`))
const validators = validatorSet(
  secrets.map((secret) => ({ publicKey: keyPair(secret).publicKey, weight: 1 })),
)
const epoch: Epoch = createEpoch({
  chainId: label('chain'),
  number: 0,
  genesisHash: label('genesis'),
  seed: label('seed'),
  validators,
})
const epochRecord: EpochRecord = {
  epochId: toHex(epoch.id),
  chainId: toHex(epoch.chainId),
  number: 0,
  genesisHash: toHex(epoch.genesisHash),
  seed: toHex(epoch.seed),
  validators: validators.validators.map(({ publicKey, weight }) => ({ publicKey: toHex(publicKey), weight })),
}

function certify(
  scheme: SignatureScheme,
  voters: readonly number[],
  view: number,
  type: VoteType,
  hash: Hash,
): Certificate {
  const message = voteMessage(epoch.id, view, type, hash)
  const signatures = voters.map((voter) => ({ voter, signature: scheme.sign(secrets[voter]!, message) }))
  return { epochId: epoch.id, view, type, hash, signatures }
}

function block(
  text: string,
  view: number,
  parent: JustifiedHeader | null,
  certificate: Certificate | null,
): JustifiedHeader {
  const justification = { parent: certificate, skips: [] }
  const header = {
    epochId: epoch.id,
    view,
    height: view,
    parentHash: parent === null ? epoch.genesisHash : hashHeader(parent.header),
    parentView: view - 1,
    justificationRoot: hashJustification(justification),
    anchor: { height: 0, hash: zeroHash },
    forcedRoot: zeroHash,
    transactionsRoot: zeroHash,
    stateRoot: label(text),
    credit: 0,
    validatorsHash: validators.hash,
    nextValidatorsHash: validators.hash,
    proposer: 0,
  }
  return { header, justification }
}

/**
 * v1, v2, v3 are twins. Both sides share block 1; then v4 and v5 follow one fork, v6 and v7 the other, whose quorums
 * (five of seven) overlap in the twins: 2q - W = 3.
 */
function forked(scheme: SignatureScheme, overlapping: readonly number[] = [0, 1, 2]) {
  const plan = {
    ...syntheticPlan({ twins: ['v1', 'v2', 'v3'] }),
    checks: [
      { check: 'accountability', expect: 'conflict' },
      { check: 'no-false-blame' },
    ] as readonly Check[],
  }
  const records: TraceRecord[] = [
    record('controller', 1000, { kind: 'run-started', scenario: 'x', runtime: 'process', seed: 1 }),
    record('controller', 3000, { kind: 'network-ready' }),
    record('controller', 9000, { kind: 'run-ended', reason: 'done' }),
  ]
  for (const { name, validator } of validatorsOf(plan.nodes)) {
    records.push(
      record(name, 1500, {
        kind: 'node-started',
        validator,
        signatures: scheme.name,
        pid: 1,
        epoch: epochRecord,
        byzantine: [],
      }),
    )
  }
  const first = block('shared', 1, null, null)
  const everybody = [0, 1, 2, 3, 4]
  const notarized = certify(scheme, everybody, 1, 'notar', hashHeader(first.header))
  const side = (text: string, voters: readonly number[], nodes: readonly string[]) => {
    const second = block(`${text} 2`, 2, first, notarized)
    const third = block(
      `${text} 3`,
      3,
      second,
      certify(scheme, voters, 2, 'notar', hashHeader(second.header)),
    )
    const final = certify(scheme, voters, 3, 'final', hashHeader(third.header))
    const firstFinal = certify(scheme, everybody, 1, 'final', hashHeader(first.header))
    for (const node of nodes) {
      for (const [i, { header, justification }] of [first, second, third].entries()) {
        const certificate = i === 0 ? firstFinal : i === 2 ? final : null
        records.push(
          record(node, 4000 + i, {
            kind: 'finalized',
            view: header.view,
            height: header.height,
            hash: toHex(hashHeader(header)),
            parent: toHex(header.parentHash),
            proposer: 0,
            proof: toHex(encodeJustifiedHeader({ header, justification })),
            certificate: certificate === null ? null : toHex(encodeCertificate(certificate)),
            transactions: [],
          }),
        )
      }
    }
    return { second, third }
  }
  const a = side('a', [0, 1, 2, 3, 4], ['v1', 'v2', 'v3', 'v4', 'v5'])
  const b = side('b', [...overlapping, 5, 6], ['v1-twin', 'v2-twin', 'v3-twin', 'v6', 'v7'])
  return { plan, records: records.sort((x, y) => x.monoMs - y.monoMs), a, b }
}

const outcome = (analysis: ReturnType<typeof analyze>, check: string) =>
  analysis.checks.find((c) => c.check === check)!

test('an epoch comes back from its record', () => {
  expect(epochFromRecord(epochRecord).id).toEqual(epoch.id)
})

describe.each([referenceSignatures, standInSignatures])('a fork among honest nodes, $name', (scheme) => {
  const { plan, records } = forked(scheme)
  const { verify } = scheme

  test('was expected: the chains name the twins and nobody else, and the run passes', () => {
    const analysis = analyze(plan, records, { verify })
    expect(outcome(analysis, 'accountability')).toMatchObject({ verdict: 'pass' })
    expect(outcome(analysis, 'accountability').detail).toContain('validators v1, v2 and v3')
    expect(outcome(analysis, 'no-false-blame').verdict).toBe('pass')
    expect(analysis.metrics.accusedWeight).toBe(3)
    expect(analysis.metrics.forkedBlocks).toBe(2)
    expect(analysis.reasons).toEqual([])
    expect(analysis.verdict).toBe('pass')
  })

  test('was not expected: fail', () => {
    const checks = [{ check: 'accountability', expect: 'no-conflict' }] as const
    const analysis = analyze({ ...plan, checks }, records, { verify })
    expect(outcome(analysis, 'accountability').verdict).toBe('fail')
    expect(outcome(analysis, 'agreement').verdict).toBe('fail')
    expect(analysis.verdict).toBe('fail')
  })

  test('is expected and does not happen: fail', () => {
    const level = records.filter((r) => r.kind !== 'finalized' || !['v6', 'v7'].includes(r.node))
    expect(outcome(analyze(plan, level, { verify }), 'accountability')).toMatchObject({
      verdict: 'fail',
      concerns: 'liveness',
    })
  })
})

describe('evidence that is not enough', () => {
  const { verify } = standInSignatures

  test('certificates with forged signatures accuse nobody: fail', () => {
    const { plan, records } = forked({ ...standInSignatures, sign: () => new Uint8Array(64) })
    const analysis = analyze(plan, records, { verify })
    expect(outcome(analysis, 'accountability')).toMatchObject({ verdict: 'fail' })
    expect(outcome(analysis, 'accountability').detail).toContain('too little')
    expect(analysis.metrics.accusedWeight).toBe(0)
  })

  test('an honest validator in the overlap is a failure, whatever was expected', () => {
    const { plan, records } = forked(standInSignatures, [0, 1, 3])
    const analysis = analyze(plan, records, { verify })
    expect(outcome(analysis, 'accountability')).toMatchObject({
      verdict: 'fail',
      detail: 'Evidence names honest validator v4.',
    })
    expect(outcome(analysis, 'no-false-blame').verdict).toBe('fail')
  })

  test('without a way to check signatures a fork cannot be judged', () => {
    const { plan, records } = forked(standInSignatures)
    expect(outcome(analyze(plan, records), 'accountability').verdict).toBe('invalid')
  })

  test('a log that lost its final certificate is made up for by another on the same side', () => {
    const { plan, records } = forked(standInSignatures)
    const torn = records.map((r) =>
      r.kind === 'finalized' && r.node === 'v6' ? { ...r, certificate: null } : r,
    )
    expect(outcome(analyze(plan, torn, { verify }), 'accountability').verdict).toBe('pass')
  })
})

test('evidence recorded by a node counts once it verifies', () => {
  const { plan, records, a, b } = forked(standInSignatures)
  const vote = (hash: Hash, voter: number) =>
    certify(standInSignatures, [voter], 2, 'notar', hash).signatures[0]!
  const votes = [a, b].map(({ second }) => {
    const hash = hashHeader(second.header)
    return { epochId: epoch.id, view: 2, type: 'notar' as const, hash, ...vote(hash, 1) }
  })
  const evidence = toHex(
    encodeEvidence({ rule: 'S1', epochId: epoch.id, view: 2, offender: 1, a: votes[0]!, b: votes[1]! }),
  )
  const found = record('v4', 5000, { kind: 'evidence', rule: 'S1', view: 2, offender: 1, evidence })
  const calm = [...records.filter((r) => r.kind !== 'finalized' || r.node === 'v4'), found]
  const analysis = analyze({ ...plan, checks: [] }, calm, { verify: standInSignatures.verify })
  expect(analysis.metrics.accusedWeight).toBe(1)
  expect(outcome(analysis, 'no-false-blame')).toMatchObject({
    verdict: 'pass',
    detail: 'Accused: validator v2, all faulty; nobody honest.',
  })
})
