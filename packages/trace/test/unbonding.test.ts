import { fromHex, toHex, zeroHash } from '@groundwork/primitives'
import { type Evidence, encodeEvidence, type Header, hashHeader } from '@groundwork/stake-core'
import { describe, expect, test } from 'vitest'
import type { TraceFact } from '../src/index.ts'
import { brokenBy, type HybridLog, hybridLog, judge, parameters, supply } from './hybrid-log.ts'
import { epochRecord, name, readyMs, syntheticPlan } from './synthetic.ts'

/** I11, its second half: evidence within E_max always bites. The coerced v7 voted for what nothing justifies. */

const epoch = epochRecord(syntheticPlan())
const key = epoch.validators[6]!.publicKey
const heightAt = (height: number) => readyMs + height * 500 + 100

function evidence(anchor: number): TraceFact {
  const header: Header = {
    epochId: fromHex(epoch.epochId, 32),
    view: 9,
    height: 9,
    parentHash: zeroHash,
    parentView: 8,
    justificationRoot: zeroHash,
    anchor: { height: anchor, hash: zeroHash },
    forcedRoot: zeroHash,
    transactionsRoot: zeroHash,
    stateRoot: zeroHash,
    validatorsHash: zeroHash,
    nextValidatorsHash: zeroHash,
    credit: 0,
    proposer: 6,
  }
  const vote = {
    epochId: header.epochId,
    view: 9,
    type: 'notar' as const,
    hash: hashHeader(header),
    voter: 6,
    signature: new Uint8Array(64),
  }
  const block = { header, justification: { parent: null, skips: [] } }
  const found: Evidence = { rule: 'S3', epochId: header.epochId, view: 9, offender: 6, vote, block }
  return { kind: 'evidence', rule: 'S3', view: 9, offender: 6, evidence: toHex(encodeEvidence(found)) }
}

const coerced: NonNullable<HybridLog['more']>[number] = [
  'controller',
  readyMs + 500,
  {
    kind: 'fault-began',
    fault: 'x',
    verb: 'coerce',
    nodes: ['v7'],
    detail: '',
    stopsFinality: false,
  },
]
/** v1 finds evidence with an anchor at a height when the chain is at another. */
function log(anchor: number, found: number, change: HybridLog = {}) {
  const more = [coerced, ['v1', heightAt(found), evidence(anchor)] as const, ...(change.more ?? [])]
  return hybridLog({ ...change, more })
}
const slashedAt = (height: number) => ({
  [height]: [{ kind: 'slashed' as const, validator: key, rule: 'S3' }],
})
const detail = (init: ReturnType<typeof log>) =>
  judge(init).checks.find(({ check }) => check === 'unbonding')?.detail

describe('I11: evidence within E_max', () => {
  test('that was held long enough and slashed nobody is a failure', () => {
    const spared = log(8, 10)
    expect(brokenBy(spared)).toEqual(['I11'])
    expect(detail(spared)).toBe(
      'v1 held evidence against validator 7 from height 10 on, which was good until 56; nobody was slashed for it.',
    )
    expect(brokenBy(log(8, 10, { events: slashedAt(12) }))).toEqual([])
  })

  test('that slashed and burnt nothing is a failure', () => {
    const held = { ...supply, staked: '700' }
    const supplies = Object.fromEntries([8, 16, 24, 32, 40, 48, 56].map((height) => [height, held]))
    const unburnt = log(8, 10, { events: slashedAt(12), supplies })
    expect(brokenBy(unburnt)).toEqual(['I11'])
    expect(detail(unburnt)).toBe(
      'Evidence was recorded at height 12 and burnt nothing within D physical blocks.',
    )
    const burnt = { ...supply, staked: '600', slashed: '100' }
    const paid = { ...supplies, 40: burnt, 48: burnt, 56: burnt }
    expect(brokenBy(log(8, 10, { events: slashedAt(12), supplies: paid }))).toEqual([])
  })

  test.each<[string, ReturnType<typeof log>]>([
    ['was too old', log(8, 8 + parameters.evidenceMaxAgeBlocks - 5)],
    ['came when the run was over', log(40, 50)],
    [
      'was held while the network was cut',
      log(8, 10, {
        more: [
          [
            'controller',
            heightAt(11),
            {
              kind: 'fault-began',
              fault: 'y',
              verb: 'partition',
              nodes: ['v1', 'f1'],
              detail: '',
              stopsFinality: false,
            },
          ],
          ['controller', heightAt(15), { kind: 'fault-healed', fault: 'y' }],
        ],
      }),
    ],
  ])('that %s is not demanded', (_, init) => {
    expect(detail(init)).toBe('Nothing was paid out; no evidence was due.')
  })

  test('that is no evidence to anybody, or of an offence without a punishment, is not demanded', () => {
    const fact = evidence(8) as Extract<TraceFact, { kind: 'evidence' }>
    const broken = hybridLog({ more: [coerced, ['v1', heightAt(10), { ...fact, evidence: name('none') }]] })
    expect(brokenBy(broken)).toEqual([])
  })
})
