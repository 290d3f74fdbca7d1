import type { Item } from '@groundwork/physical-core'
import { plotIdOf } from '@groundwork/physical-core'
import { type Hash, hash } from '@groundwork/primitives'
import {
  type Epoch,
  type Header,
  hashHeader,
  type Vote,
  type VoteType,
  voteMessage,
} from '@groundwork/stake-core'
import { describe, expect, test } from 'vitest'
import {
  type Charge,
  type DeriveRecord,
  decodeCheckpoint,
  encodeCharge,
  hybridProfiles,
  type RecordedVote,
  recordedVoteMessage,
  type SpaceVote,
  spaceVoteAttempts,
  spaceVoteMessage,
  stateRootOf,
  supplyOf,
} from '../src/index.ts'
import { forced, type Harness, harness, makeBlock, type Party, party } from './harness.ts'

const { ci } = hybridProfiles
const charge = (one: Charge): Item => ({ kind: 'stake-evidence', bytes: encodeCharge(one) })
const slashedIn = (h: Harness) => h.records.filter((record) => record.kind === 'slashed')
const ignoredIn = (h: Harness) =>
  h.records.flatMap((record: DeriveRecord) => (record.kind === 'ignored' ? [record.reason] : []))
const proceed = (h: Harness, blocks: number, first: readonly Item[] = []) => {
  for (let i = 0; i < blocks; i++)
    h.mine([...(i === 0 ? first : []), ...(h.state.height > ci.kappa ? h.checkpoint() : [])])
}
const voterIn = (epoch: Epoch, { publicKey }: Party) =>
  epoch.validators.validators.findIndex((one) => one.publicKey.every((byte, i) => byte === publicKey[i]))
const vote = (
  h: Harness,
  epoch: Epoch,
  who: Party,
  view: number,
  type: VoteType,
  blockHash: Hash = new Uint8Array(32),
): Vote => {
  const message = voteMessage(epoch.id, view, type, blockHash)
  return {
    epochId: epoch.id,
    view,
    type,
    hash: blockHash,
    voter: voterIn(epoch, who),
    signature: h.sign(who, message),
  }
}
/** The header of the last accepted checkpoint. */
const lastHeader = (h: Harness): Header => {
  const items = h.blocks.at(-1)!.block.items
  const item = items.find(({ kind }) => kind === 'checkpoint') as { bytes: Uint8Array }
  return decodeCheckpoint(item.bytes).blocks.at(-1)!.header
}
const twoVotes = (h: Harness, who: Party, header: Header, age = 0): Item => {
  const epoch = h.epochZero
  const { view } = header
  const a = vote(h, epoch, who, view, 'notar', hashHeader(header))
  const b = vote(h, epoch, who, view, 'final', hash('test/other', Uint8Array.of(age)))
  const evidence = { rule: 'S1', epochId: epoch.id, view, offender: voterIn(epoch, who), a, b } as const
  return charge({ kind: 'stake', evidence, headers: [header] })
}

describe('offences on the stake chain', () => {
  test('S1: the penalty grows with how many offend, and takes everything from a third', () => {
    const h = harness({ parameters: ci, weights: [10, 10, 10, 10, 10, 10] })
    const supply = supplyOf(h.state.execution)
    proceed(h, 6)
    const header = lastHeader(h)
    h.mine([twoVotes(h, h.validators[0]!, header), twoVotes(h, h.validators[0]!, header), ...h.checkpoint()])
    expect(slashedIn(h)).toHaveLength(1)
    expect(ignoredIn(h)).toEqual(['evidence-duplicate'])
    proceed(h, ci.kappa + 1)
    // One of six: three times a sixth.
    expect(h.state.execution.stake.slashed).toBe(5)
    h.mine([twoVotes(h, h.validators[1]!, header), ...h.checkpoint()])
    proceed(h, ci.kappa + 1)
    // Two of six, of what is left of them.
    const { offences, slashed } = h.state.execution.stake
    expect(offences.map(({ base, burnt }) => [base, burnt])).toEqual([
      [10, 10],
      [10, 10],
    ])
    expect(slashed).toBe(20)
    expect(supplyOf(h.state.execution)).toBe(supply)
    h.mine([forced(h.stake('bond', h.validators[0]!, 5n, 0)), ...h.checkpoint()])
    proceed(h, ci.kappa + 1)
    expect(h.records.filter(({ kind }) => kind === 'forced').at(-1)).toMatchObject({ code: 'SLASHED' })
  })

  test('S2: SKIP and FINAL; a header that nobody voted for does not make it younger', () => {
    const h = harness({ parameters: ci })
    proceed(h, 6)
    const header = lastHeader(h)
    const who = h.validators[2]!
    const a = vote(h, h.epochZero, who, header.view, 'skip')
    const b = vote(h, h.epochZero, who, header.view, 'final', hashHeader(header))
    const evidence = {
      rule: 'S2',
      epochId: h.epochZero.id,
      view: header.view,
      offender: voterIn(h.epochZero, who),
      a,
      b,
    } as const
    h.mine([charge({ kind: 'stake', evidence, headers: [] })])
    h.mine([charge({ kind: 'stake', evidence, headers: [header, { ...header, credit: 1 }] })])
    h.mine([
      charge({
        kind: 'stake',
        evidence: { ...evidence, b: { ...b, signature: a.signature } },
        headers: [header],
      }),
    ])
    expect(ignoredIn(h)).toEqual(['evidence-header', 'evidence-header', 'vote-signature'])
    h.mine([charge({ kind: 'stake', evidence, headers: [header] })])
    expect(slashedIn(h)).toMatchObject([{ rule: 'S2', validator: who.key }])
  })

  test('evidence older than E_max by the newest anchor bites no more; until then it does', () => {
    for (const late of [0, 1]) {
      const h = harness({ parameters: ci })
      proceed(h, 6)
      const header = lastHeader(h)
      proceed(h, header.anchor.height + ci.evidenceMaxAgeBlocks - h.state.height - 1 + late)
      h.mine([twoVotes(h, h.validators[0]!, header)])
      expect(slashedIn(h)).toHaveLength(late === 0 ? 1 : 0)
      if (late === 1) expect(ignoredIn(h)).toEqual(['evidence-age'])
    }
  })

  test('S3 and S4: votes for what is not justified, and for what does not execute', () => {
    const h = harness({ parameters: { ...ci, slashBadState: true } })
    proceed(h, 6)
    const who = h.validators[1]!
    const { epoch } = h.state
    const bad = makeBlock(
      h.context,
      h.certificate,
      h.state,
      undefined,
      [],
      h.state.tip.anchor.height,
      (header) => ({
        ...header,
        stateRoot: new Uint8Array(32),
      }),
    )
    const skipped = makeBlock(
      h.context,
      h.certificate,
      h.state,
      undefined,
      [],
      h.state.tip.anchor.height,
      (header) => ({
        ...header,
        view: header.view + 1,
      }),
    )
    const forBad = vote(h, epoch, who, bad.header.view, 'notar', hashHeader(bad.header))
    const other = h.validators[2]!
    const forSkipped = vote(h, epoch, other, skipped.header.view, 'notar', hashHeader(skipped.header))
    const evidence = {
      rule: 'S3',
      epochId: epoch.id,
      view: skipped.header.view,
      offender: voterIn(epoch, other),
      vote: forSkipped,
      block: skipped,
    } as const
    h.mine([
      charge({ kind: 'state', vote: forBad, block: bad, body: bad.body }),
      charge({ kind: 'stake', evidence, headers: [] }),
    ])
    expect(slashedIn(h)).toMatchObject([
      { rule: 'S4', validator: who.key },
      { rule: 'S3', validator: other.key },
    ])
    const good = makeBlock(h.context, h.certificate, h.state, undefined, [], h.state.tip.anchor.height)
    const forGood = vote(h, epoch, h.validators[0]!, good.header.view, 'notar', hashHeader(good.header))
    h.mine([charge({ kind: 'state', vote: forGood, block: good, body: good.body })])
    expect(ignoredIn(h)).toEqual(['evidence-state'])
  })

  test('a slashed validator is out of the next set', () => {
    const h = harness({ parameters: { ...ci, epochHeights: 8 } })
    proceed(h, 6)
    h.mine([twoVotes(h, h.validators[0]!, lastHeader(h)), ...h.checkpoint()])
    proceed(h, 5)
    expect(h.state.epoch.number).toBe(1)
    expect(voterIn(h.state.epoch, h.validators[0]!)).toBe(-1)
    expect(h.state.epoch.validators.total).toBe(30)
  })
})

describe('offences in RECORDED', () => {
  const recordedVote = (h: Harness, who: Party, source: number, target: number, mark = 0): RecordedVote => {
    const vote = {
      epochId: h.state.epoch.id,
      validator: who.publicKey,
      source: {
        window: source,
        hash: source < 0 ? new Uint8Array(32) : hash('test/t', Uint8Array.of(source)),
      },
      target: {
        window: target,
        hash: hash('test/t', Uint8Array.of(target, mark)),
        stateRoot: stateRootOf(h.state.execution),
      },
    }
    return { ...vote, signature: h.sign(who, recordedVoteMessage(vote)) }
  }

  test('R1 and R2 count at once; votes that an honest validator casts on two forks accuse nobody', () => {
    const h = harness({ parameters: ci })
    proceed(h, 6)
    while (h.state.mode.recorded === null) h.mine()
    const [a, b, c] = h.validators as [Party, Party, Party]
    h.mine([charge({ kind: 'recorded', a: recordedVote(h, a, -1, 4), b: recordedVote(h, a, -1, 4, 1) })])
    h.mine([charge({ kind: 'recorded', a: recordedVote(h, b, -1, 6), b: recordedVote(h, b, 4, 5) })])
    expect(slashedIn(h)).toMatchObject([
      { rule: 'R1', validator: a.key },
      { rule: 'R2', validator: b.key },
    ])
    expect([...h.state.mode.recorded!.validators.keys()]).toEqual([c.key, h.validators[3]!.key])
    // One fork after another, with the source that each had.
    h.mine([charge({ kind: 'recorded', a: recordedVote(h, c, -1, 4), b: recordedVote(h, c, -1, 5, 1) })])
    h.mine([charge({ kind: 'recorded', a: recordedVote(h, c, -1, 4), b: recordedVote(h, c, 4, 5) })])
    expect(ignoredIn(h)).toEqual(['evidence-no-contradiction', 'evidence-no-contradiction'])
  })

  test('R2 binds the honest: after two windows on a lost fork they have no vote with a lower source', () => {
    const h = harness({ parameters: ci })
    const [a] = h.validators as [Party]
    proceed(h, 6)
    while (h.state.mode.recorded === null) h.mine()
    h.mine([charge({ kind: 'recorded', a: recordedVote(h, a, 4, 5), b: recordedVote(h, a, -1, 7, 1) })])
    expect(slashedIn(h)).toMatchObject([{ rule: 'R2' }])
  })

  test('F1 and F2: a plot that says two things in one window or slot votes no more', () => {
    const h = harness({ parameters: ci })
    proceed(h, 6)
    const farmer = h.farmers[0]!
    const spaceVote = (mark: number): SpaceVote => {
      const fields = {
        plotId: plotIdOf(farmer.publicKey, 0),
        farmer: farmer.publicKey,
        window: 1,
        targetHash: new Uint8Array(32).fill(mark),
        attempt: 0,
        proof: new Uint8Array(0),
      }
      return { ...fields, signature: h.sign(farmer, spaceVoteMessage(fields)) }
    }
    h.mine([charge({ kind: 'space', a: spaceVote(2), b: spaceVote(1) })])
    h.mine([charge({ kind: 'space', a: spaceVote(1), b: spaceVote(2) })])
    expect(ignoredIn(h)).toEqual(['evidence-order'])
    expect(h.records.filter(({ kind }) => kind === 'banned')).toHaveLength(1)
    while (h.state.mode.recorded?.open == null) h.mine()
    for (let i = 0; i < ci.kappa; i++) h.mine()
    h.mine(h.farmers.map((one) => h.spaceVote(one)))
    expect(h.state.mode.recorded.space.size).toBe(2)
    expect(ignoredIn(h).at(-1)).toBe('vote-banned')
  })

  test('votes are counted once, only in their window, for their target, with state root and proof', () => {
    const h = harness({ parameters: ci })
    proceed(h, 6)
    while (h.state.mode.recorded?.open == null) h.mine()
    const [v] = h.validators as [Party]
    const [f] = h.farmers as [Party]
    h.mine([h.recordedVote(v)])
    for (let i = 1; i < ci.kappa; i++) h.mine()
    const zero = new Uint8Array(32)
    const { window } = h.state.mode.recorded!.open!
    h.mine([
      h.recordedVote(v, { epochId: zero }),
      h.recordedVote(v, { target: { window, hash: zero, stateRoot: zero } }),
      h.recordedVote(v, { source: { window: 3, hash: zero } }),
      h.recordedVote(v, { signature: new Uint8Array(64) }),
      h.recordedVote(party('newcomer')),
      h.spaceVote(f, { proof: new Uint8Array(128) }),
      h.spaceVote(f, { attempt: spaceVoteAttempts }),
      h.spaceVote(f, { farmer: v.publicKey }),
      h.recordedVote(v),
      h.recordedVote(v),
    ])
    expect(ignoredIn(h)).toEqual([
      'vote-window',
      'vote-epoch',
      'vote-target',
      'vote-source',
      'vote-signature',
      'vote-validator',
      'vote-proof',
      'vote-attempt',
      'vote-farmer',
      'vote-duplicate',
    ])
    expect([...h.state.mode.recorded!.present]).toEqual([v.key])
  })
})
