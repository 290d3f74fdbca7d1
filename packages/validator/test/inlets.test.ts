import { setTimeout as wait } from 'node:timers/promises'
import { zeroHash } from '@groundwork/primitives'
import { createEventHub } from '@groundwork/program'
import { decodeSegment, encodeMessage, type Message } from '@groundwork/stake-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createApi } from '../src/api.ts'
import { createInbound, isBlameworthy } from '../src/inbound.ts'
import { createIntake } from '../src/intake.ts'
import { findForeignVote, findVoteElsewhere, listenMs } from '../src/lookout.ts'
import { encodedTransfer, signedCertificate, signedVote, smallChain, someHash } from './small-chain.ts'

describe('intake', () => {
  it('hands good transactions on in one batch, and says why it refuses others', async () => {
    const batches: number[] = []
    const { admitter, core } = smallChain()
    const intake = createIntake({ admitter, core, onBatch: (batch) => batches.push(batch.length) })
    const results = intake.submit([
      encodedTransfer(0),
      encodedTransfer(1),
      encodedTransfer(0),
      encodedTransfer(999),
      'zz',
      '',
    ])
    expect(results.map(({ reason }) => reason)).toEqual([
      null,
      null,
      'known',
      'nonce-too-far',
      'bytes-hex',
      'codec-truncated',
    ])
    while (batches.length === 0) await wait(5)
    expect(batches).toEqual([2])
    intake.stop()
  })

  it('takes any text without throwing', () => {
    const { admitter, core } = smallChain()
    const intake = createIntake({ admitter, core, onBatch: () => {} })
    const hex = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('hex'))
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), hex), { maxLength: 5 }), (encoded) => {
        for (const result of intake.submit(encoded))
          expect(result).toMatchObject({ id: null, accepted: false })
      }),
    )
    intake.stop()
  })
})

describe('frames', () => {
  const vote: Message = { kind: 'vote', vote: signedVote(1, 1, 'skip', zeroHash) }
  const batch: Message = { kind: 'transactions', transactions: [] }

  function inboundWithLog() {
    const log: string[] = []
    const inbound = createInbound({
      onMessage: (message, from) => log.push(`${from}: ${message.kind}`),
      onGarbage: (reason, from) => log.push(`${from}: ${reason}`),
    })
    return { log, ...inbound }
  }

  it('become messages, on their own lane only', () => {
    const { log, onFrame, acceptGossip } = inboundWithLog()
    onFrame('v2', encodeMessage(vote), 'direct')
    onFrame('v2', encodeMessage(batch), 'transactions')
    onFrame('v3', encodeMessage(vote), 'proposals')
    onFrame('v3', encodeMessage(batch), 'proposals')
    onFrame('v3', Uint8Array.of(9, 9, 9), 'direct')
    expect(log).toEqual([
      'v2: vote',
      'v2: transactions',
      'v3: wrong-topic',
      'v3: wrong-topic',
      'v3: codec-version',
    ])
    expect(acceptGossip('transactions', encodeMessage(batch))).toBe(true)
    expect(acceptGossip('proposals', encodeMessage(batch))).toBe(false)
    expect(acceptGossip('proposals', encodeMessage(vote))).toBe(false)
  })

  it('of any content are dropped or understood, never thrown at', () => {
    const { log, onFrame, acceptGossip } = inboundWithLog()
    const good = encodeMessage(vote)
    const damaged = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (frame) => {
        const before = log.length
        onFrame('v2', frame, 'direct')
        acceptGossip('proposals', frame)
        expect(log).toHaveLength(before + 1)
      }),
      { numRuns: 500 },
    )
  })

  it('are blamed on their sender only if an honest peer could not have sent them', () => {
    expect(['vote-signature', 'certificate-weight', 'vote-voter-unknown'].every(isBlameworthy)).toBe(true)
    const innocent = [
      'vote-window',
      'vote-epoch',
      'proposal-signature',
      'requests-too-many',
      'queue-full',
      'known',
    ]
    expect(innocent.some(isBlameworthy)).toBe(false)
  })
})

describe('the lookout for another process with our key', () => {
  const chain = smallChain()
  const find = (message: Message, lostView = 0) => findForeignVote({ ...chain, self: 0, lostView }, message)

  it('finds a vote that the journal does not know, alone or in a certificate', () => {
    const vote = signedVote(0, 3, 'notar', someHash)
    expect(find({ kind: 'vote', vote })).toEqual(vote)
    const certificate = signedCertificate([0, 1, 2], 3, 'notar', someHash)
    expect(find({ kind: 'certificate', certificate })).toEqual(vote)
  })

  it('is not fooled by a bad signature, and lets others and lost views be', () => {
    const vote = signedVote(0, 3, 'notar', someHash)
    const forged = { ...vote, signature: signedVote(1, 3, 'notar', someHash).signature }
    expect(find({ kind: 'vote', vote: forged })).toBeNull()
    expect(find({ kind: 'vote', vote: signedVote(1, 3, 'notar', someHash) })).toBeNull()
    expect(
      find({ kind: 'certificate', certificate: signedCertificate([1, 2, 3], 3, 'notar', someHash) }),
    ).toBeNull()
    expect(find({ kind: 'vote', vote }, 3)).toBeNull()
  })

  it('finds votes of other epochs under our key, whatever their place, for a folder that is empty', () => {
    const own = signedVote(0, 3, 'notar', someHash)
    const elsewhere = { ...chain, epoch: { ...chain.epoch, id: someHash } }
    const look = (message: Message, at = elsewhere) =>
      findVoteElsewhere({ ...at, publicKey: at.epoch.validators.validators[0]!.publicKey }, message)
    expect(look({ kind: 'vote', vote: { ...own, voter: 3 } })).toMatchObject({ view: 3, voter: 3 })
    const certificate = signedCertificate([0, 1, 2], 3, 'notar', someHash)
    expect(look({ kind: 'certificate', certificate })).toEqual(own)
    expect(look({ kind: 'vote', vote: signedVote(1, 3, 'notar', someHash) })).toBeNull()
    // Of the epoch at hand: for the other search, which knows the journal.
    expect(look({ kind: 'vote', vote: own }, chain)).toBeNull()
  })

  it('lasts two seconds or two timeouts', () => {
    expect([listenMs(600), listenMs(1_000), listenMs(1_500)]).toEqual([2_000, 2_000, 3_000])
  })
})

describe('the HTTP API', () => {
  const failures: unknown[] = []
  const api = createApi({
    status: () => ({}) as never,
    blockByHash: async () => undefined,
    blockByHeight: async () => undefined,
    account: async () => ({ balance: 2n ** 63n, nonce: 1 }),
    submit: (encoded) => encoded.map(() => ({ id: null, accepted: false, reason: 'x' })),
    segment: async (after) => ({ head: after, certificate: null, proposals: [] }),
    hub: createEventHub(),
    metrics: { contentType: 'text/plain', expose: () => Promise.reject(new Error('broken')) },
    onError: (error) => failures.push(error),
  })

  it('answers whatever is asked with JSON and a status of the client', async () => {
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE')
    const path = fc.oneof(
      fc.webPath(),
      fc.constantFrom('/v1/transactions', '/v1/blocks/', '/v1/accounts/00', '/v1'),
    )
    await fc.assert(
      fc.asyncProperty(method, path, fc.string({ maxLength: 200 }), async (verb, where, body) => {
        const response = await api.request(
          `http://node${where}`,
          verb === 'GET' ? {} : { method: verb, body },
        )
        expect(response.status).toBeOneOf([400, 404])
        expect(await response.json()).toHaveProperty('message')
      }),
      { numRuns: 150 },
    )
    expect(failures).toEqual([])
  })

  it('serves finalized blocks as bytes to whoever names a height, from any page', async () => {
    const response = await api.request('http://node/v1/stake?after=7')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(decodeSegment(await response.bytes()).head).toBe(7)
    for (const query of ['', '?after=', '?after=-1', '?after=1e3', `?after=${'9'.repeat(20)}`])
      expect((await api.request(`http://node/v1/stake${query}`)).status).toBe(400)
  })

  it('bounds the number and the size of transactions in one request', async () => {
    const post = (transactions: string[]) =>
      api.request('/v1/transactions', { method: 'POST', body: JSON.stringify({ transactions }) })
    expect((await post(Array(1_000).fill('00'))).status).toBe(200)
    expect((await post(Array(1_001).fill('00'))).status).toBe(400)
    expect((await post(['0'.repeat(8_194)])).status).toBe(400)
  })

  it('gives balances as strings, for they exceed what a JSON number holds', async () => {
    const response = await api.request(`/v1/accounts/${'0'.repeat(64)}`)
    expect(await response.json()).toEqual({ balance: '9223372036854775808', nonce: 1 })
  })

  it('keeps its own errors to itself', async () => {
    const response = await api.request('/metrics')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('broken')
    expect(failures).toEqual([new Error('broken')])
  })
})
