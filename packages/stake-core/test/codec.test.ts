import { readFileSync } from 'node:fs'
import { CodedError, fromHex, standInSignatures, toHex, zeroHash } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeEvidence,
  decodeMessage,
  decodeProposal,
  encodeEvidence,
  encodeMessage,
  encodeProposal,
  hashHeader,
  type Message,
  type Vote,
  voteMessage,
} from '../src/index.ts'
import { rich, seedOf, testCluster, transferFrom } from './cluster.ts'
import { fixedMessages } from './fixed.ts'

/** Messages of every kind, from a real run. */
function samples(): Message[] {
  const cluster = testCluster([3, 2, 2])
  cluster.nodes[0]!.submit(transferFrom(cluster.epoch, rich, 0))
  cluster.run(300)
  cluster.cut = (from) => from === 0
  cluster.run(2_000)
  cluster.cut = () => false
  cluster.run(2_000)
  const sent = cluster.nodes.flatMap(({ effects }) =>
    effects.flatMap((effect) =>
      effect.kind === 'broadcast' || effect.kind === 'send' ? [effect.message] : [],
    ),
  )
  const first = new Map<string, Message>()
  for (const message of sent) if (!first.has(message.kind)) first.set(message.kind, message)
  for (const message of sent)
    if (message.kind === 'proposal' && message.proposal.block.justification.skips.length > 0)
      first.set('proposal', message)
  const proposal = first.get('proposal') as Extract<Message, { kind: 'proposal' }>
  first.set('transactions', { kind: 'transactions', transactions: [transferFrom(cluster.epoch, rich, 1)] })
  first.set('block-request', {
    kind: 'block-request',
    hash: hashHeader(proposal.proposal.block.header),
    ancestors: 199,
  })
  first.set('block-response', { kind: 'block-response', proposals: [proposal.proposal] })
  return [...first.values()]
}

const messages = samples()
const golden = JSON.parse(
  readFileSync(new URL('../../../test/vectors/messages-v1.json', import.meta.url), 'utf8'),
) as Record<string, string>

test('version 1 of every message is pinned byte for byte', () => {
  const encoded = Object.fromEntries(
    fixedMessages.map((message) => [message.kind, toHex(encodeMessage(message))]),
  )
  const header = (fixedMessages[2] as Extract<Message, { kind: 'proposal' }>).proposal.block.header
  expect({ ...encoded, headerHash: toHex(hashHeader(header)) }).toEqual(golden)
})

test('every message survives the round trip', () => {
  expect(messages.map(({ kind }) => kind).sort()).toEqual(
    ['block-request', 'block-response', 'certificate', 'proposal', 'status', 'transactions', 'vote'].sort(),
  )
  for (const message of [...messages, ...fixedMessages])
    expect(decodeMessage(encodeMessage(message))).toEqual(message)
})

test('P8: cut, changed or extended frames are decoded canonically or refused with a code, never anything else', () => {
  const frames = messages.map(encodeMessage)
  const attempt = (frame: Uint8Array) => {
    try {
      expect(toHex(encodeMessage(decodeMessage(frame)))).toBe(toHex(frame))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      expect(error.code).toMatch(/^CODEC_/)
    }
  }
  for (const frame of frames)
    for (let cut = 0; cut < Math.min(frame.length, 400); cut++) attempt(frame.slice(0, cut))
  fc.assert(
    fc.property(
      fc.constantFrom(...frames),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (frame, at, value) => {
        const changed = frame.slice()
        changed[at % changed.length] = value
        attempt(changed)
      },
    ),
    { numRuns: 3_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 2_000 })
})

test('a proposal of an unknown version is refused', () => {
  const proposal = (
    messages.find(({ kind }) => kind === 'proposal') as Extract<Message, { kind: 'proposal' }>
  ).proposal
  const bytes = encodeProposal(proposal)
  bytes[0] = 2
  expect(() => decodeProposal(bytes)).toThrow('unknown header version')
})

test('evidence survives the round trip', () => {
  const epochId = seedOf('epoch')
  const vote = (type: Vote['type'], hash: Uint8Array): Vote => {
    return {
      epochId,
      view: 7,
      type,
      hash,
      voter: 3,
      signature: standInSignatures.sign(seedOf('k'), voteMessage(epochId, 7, type, hash)),
    }
  }
  const evidence = {
    rule: 'S2',
    epochId,
    view: 7,
    offender: 3,
    a: vote('skip', zeroHash),
    b: vote('final', seedOf('b')),
  } as const
  expect(decodeEvidence(encodeEvidence(evidence))).toEqual(evidence)
  expect(() => decodeEvidence(fromHex('09'))).toThrow(CodedError)
})
