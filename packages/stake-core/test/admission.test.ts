import { standInSignatures, zeroHash } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import {
  type Certificate,
  certificateFault,
  type Message,
  type Vote,
  viewsAbove,
  voteFault,
} from '../src/index.ts'
import { rich, testCluster, transferFrom } from './cluster.ts'

const cluster = testCluster([1, 1, 1, 1])
cluster.run(1_000)
const node = cluster.nodes[0]!
const sent = <K extends Message['kind']>(kind: K, from = 1): Extract<Message, { kind: K }> => {
  const messages = cluster.nodes[from]!.effects.flatMap((effect) =>
    effect.kind === 'broadcast' ? [effect.message] : [],
  )
  return messages.findLast((message) => message.kind === kind) as Extract<Message, { kind: K }>
}
const { vote } = sent('vote')
const { certificate } = cluster.nodes[1]!.journal.findLast(({ kind }) => kind === 'certificate') as {
  certificate: Certificate
}
const tampered = (signature: Uint8Array) => signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
const { epoch } = cluster
const verify = standInSignatures.verify

describe('votes', () => {
  test.each<[string, Vote]>([
    ['vote-signature', { ...vote, signature: tampered(vote.signature) }],
    ['vote-signature', { ...vote, voter: (vote.voter + 1) % 4 }],
    ['vote-voter-unknown', { ...vote, voter: 4 }],
    ['vote-voter-unknown', { ...vote, voter: 65_535 }],
    ['vote-epoch', { ...vote, epochId: zeroHash }],
    ['vote-hash', { ...vote, type: 'skip', hash: vote.hash.map(() => 1) }],
    ['vote-hash', { ...vote, type: 'notar', hash: zeroHash }],
  ])('are refused as %s', (reason, bad) => expect(voteFault(epoch, bad, verify)).toBe(reason))

  test('of views far ahead are refused before any signature is checked', () => {
    const ahead = { ...vote, view: node.core.state.view + viewsAbove + 1 }
    expect(node.hand({ kind: 'vote', vote: ahead })).toBe('vote-window')
  })
})

describe('certificates', () => {
  const [first, second] = certificate.signatures as [never, { voter: number; signature: Uint8Array }]
  test.each([
    ['certificate-weight', certificate.signatures.slice(0, 2)],
    ['certificate-order', [first, first, second]],
    ['certificate-order', [second, first]],
    ['certificate-voter-unknown', [...certificate.signatures, { ...second, voter: 9 }]],
    [
      'certificate-signature',
      certificate.signatures.map((one) => ({ ...one, signature: tampered(one.signature) })),
    ],
  ])('are refused as %s', (reason, signatures) => {
    expect(certificateFault(epoch, { ...certificate, signatures }, verify)).toBe(reason)
  })
})

describe('proposals', () => {
  test('of somebody who does not lead are refused', () => {
    const { proposal } = sent(
      'proposal',
      cluster.nodes.findIndex((_, i) => sent('proposal', i) !== undefined),
    )
    const { view } = node.core.state
    const stranger = (node.core.leader(view + 1) + 1) % 4
    const header = { ...proposal.block.header, view: view + 1, proposer: stranger }
    expect(
      node.hand({ kind: 'proposal', proposal: { ...proposal, block: { ...proposal.block, header } } }),
    ).toBe('proposal-leader')
    const far = { ...proposal.block.header, view: 2 ** 50 }
    expect(
      node.hand({ kind: 'proposal', proposal: { ...proposal, block: { ...proposal.block, header: far } } }),
    ).toBe('proposal-window')
  })
})

test('blocks that nobody asked for are not even checked', () => {
  const { proposal } = sent(
    'proposal',
    cluster.nodes.findIndex((_, i) => sent('proposal', i) !== undefined),
  )
  const header = { ...proposal.block.header, view: 2 ** 50 }
  const unknown = { ...proposal, block: { ...proposal.block, header } }
  expect(node.hand({ kind: 'block-response', proposals: [unknown] })).toBe('known')
})

test('a batch is taken for its good transactions; one without any is refused', () => {
  const good = transferFrom(epoch, rich, 0)
  const bad = good.map((byte, i) => (i === 70 ? byte ^ 1 : byte))
  expect(node.hand({ kind: 'transactions', transactions: [bad, new Uint8Array(3)] })).toBe('transactions-bad')
  expect(node.hand({ kind: 'transactions', transactions: [bad, good] })).toBe('event')
  expect(node.core.state.mempool.size).toBe(1)
})

test('the pool refuses what is past, taken or too far ahead', () => {
  const admitted = (nonce: number) => {
    const fresh = testCluster([1])
    return fresh.nodes[0]!.submit(transferFrom(fresh.epoch, rich, nonce))
  }
  const { core } = testCluster([1]).nodes[0]!
  expect(core.transactionFault(admitted(0))).toBeNull()
  expect(core.transactionFault(admitted(257))).toBe('nonce-too-far')
  expect(node.core.transactionFault(node.submit(transferFrom(epoch, rich, 0)))).toBe('nonce-taken')
})
