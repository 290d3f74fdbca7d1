import { request } from 'node:http'
import { chainId } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { encodeTransfer, transferMessage } from '@groundwork/ledger'
import { toHex } from '@groundwork/primitives'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubmitResult } from '../src/intake.ts'
import { type Cluster, createCluster, getJson, recordsOf, run, until } from './cluster.ts'

describe('four validators', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await createCluster(4, 'node')
    await cluster.startAll()
  })
  afterAll(() => cluster.close())
  const api = (name: string) => cluster.running.get(name)!.api

  it('finalize the same chain', async () => {
    const chain = (name: string) =>
      recordsOf(cluster.trace(name), 'finalized')
        .map(({ hash }) => hash)
        .slice(0, 10)
    for (const name of cluster.names) await until(() => chain(name).length === 10)
    for (const name of cluster.names) expect(chain(name)).toEqual(chain('v1'))
  })

  it('finalize transfers handed in at any of them', async () => {
    const { accounts, genesis } = cluster.network
    const [from, to] = [accounts[0]!, accounts[1]!]
    const transfer = { from: from.publicKey, to: to.publicKey, amount: 1_000n, fee: 5n, nonce: 0 }
    const signature = nodeSignatures.sign(from.secretKey, transferMessage(chainId(genesis), transfer))
    const encoded = toHex(encodeTransfer({ ...transfer, signature }))
    const submit = async (): Promise<SubmitResult[]> => {
      const response = await fetch(`${api('v2')}/v1/transactions`, {
        method: 'POST',
        body: JSON.stringify({ transactions: [encoded, 'not hex', encoded.slice(2)] }),
      })
      return ((await response.json()) as { results: SubmitResult[] }).results
    }
    const [taken, ...refused] = await submit()
    expect(taken).toMatchObject({ accepted: true, reason: null })
    expect(refused.map(({ reason }) => reason)).toEqual(['bytes-hex', 'codec-value'])
    const balance = (name: string) => getJson(`${api(name)}/v1/accounts/${toHex(to.publicKey)}`)
    for (const name of cluster.names) {
      await until(async () => JSON.stringify(await balance(name)) === '{"balance":"1001000","nonce":0}')
    }
    expect((await submit())[0]).toEqual({ id: taken!.id, accepted: false, reason: 'nonce-past' })
    const record = recordsOf(cluster.trace('v4'), 'finalized').find(({ transactions }) =>
      transactions.includes(taken!.id!),
    )
    const block = await getJson<{ hash: string; transactions: unknown }>(
      `${api('v3')}/v1/blocks/${record!.height}`,
    )
    expect(block).toMatchObject({ hash: record!.hash, transactions: [{ id: taken!.id, bytes: encoded }] })
    expect(await getJson(`${api('v1')}/v1/blocks/${record!.hash}`)).toEqual(block)
  })

  it('stream their events and count for Prometheus', async () => {
    const abort = new AbortController()
    const response = await fetch(`${api('v1')}/v1/events`, { signal: abort.signal })
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('"kind":"finalized"')) break
    }
    abort.abort()
    const first = text.split('\n').find((line) => line.startsWith('data: '))
    expect(JSON.parse(first!.slice('data: '.length))).toMatchObject({ v: 1, node: 'v1' })
    const metrics = await (await fetch(`${api('v1')}/metrics`)).text()
    expect(metrics).toMatch(/^groundwork_votes_total\{type="final"\} [1-9]/m)
    expect(metrics).toMatch(/^groundwork_peers 3$/m)
    expect(metrics).toMatch(/^groundwork_finality_seconds_count [1-9]/m)
    expect(metrics).toMatch(/^groundwork_journal_sync_seconds_count [1-9]/m)
  })

  it('report round trips to every peer', async () => {
    await until(() => recordsOf(cluster.trace('v1'), 'round-trips').length >= 2)
    const { peers } = recordsOf(cluster.trace('v1'), 'round-trips').at(-1)!
    expect(Object.keys(peers).sort()).toEqual(['v2', 'v3', 'v4'])
    for (const { samples, minMs, medianMs } of Object.values(peers)) {
      expect(samples).toBeGreaterThan(0)
      expect(minMs).toBeGreaterThan(0)
      expect(minMs).toBeLessThanOrEqual(medianMs)
    }
    const metrics = await (await fetch(`${api('v1')}/metrics`)).text()
    expect(metrics).toMatch(/^groundwork_round_trip_seconds\{peer="v2",quantile="0.5"\} 0\.[0-9]+$/m)
    expect(metrics).toMatch(/^groundwork_round_trips_total\{peer="v4"\} [1-9]/m)
  })

  it('report resources every second, within the memory that a validator may take', async () => {
    await until(() => recordsOf(cluster.trace('v1'), 'resources').length >= 3)
    for (const { rssMiB, cpuShare, pssMiB } of recordsOf(cluster.trace('v1'), 'resources')) {
      expect(rssMiB).toBeLessThan(150)
      expect(pssMiB === null || pssMiB < 150).toBe(true)
      expect(cpuShare).toBeGreaterThan(0)
    }
  })

  it('take garbage over HTTP without harm', async () => {
    const bodies = [
      '',
      '{',
      '[]',
      'null',
      '{"transactions":1}',
      '{"transactions":[1]}',
      '{"transactions":[],"x":1}',
    ]
    for (const body of bodies) {
      const response = await fetch(`${api('v1')}/v1/transactions`, { method: 'POST', body })
      expect(response.status).toBe(400)
      expect(await response.json()).toHaveProperty('message')
    }
    // The server may hang up before all of it was sent; on a connection of its own, nobody else notices.
    const large = new Promise((resolve) => {
      const sent = request(`${api('v1')}/v1/transactions`, { method: 'POST', agent: false })
      sent.on('response', (response) => resolve(response.resume().statusCode))
      sent.on('error', () => resolve('closed'))
      sent.end('x'.repeat(2 ** 21))
    })
    expect(await large).toBeOneOf([413, 'closed'])
    const paths = [
      '/v1/blocks/-1',
      '/v1/blocks/zz',
      '/v1/accounts/00',
      '/v1/%ff',
      '/nothing',
      '/v1/blocks/999999999',
    ]
    for (const path of paths) expect((await fetch(api('v1') + path)).status).toBeOneOf([400, 404])
    const before = (await cluster.status('v1')).finalHeight
    await until(async () => (await cluster.status('v1')).finalHeight > before)
  })

  it('refuse a second process on the same folder in one line', async () => {
    const { exited } = run(['--config', cluster.written('v1').configFile])
    const { code, stdout, stderr } = await exited
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^validator: in use by process \d+ \(.*journal\.lock\)\n$/)
  })

  it.each([
    ['api-port', 'API: cannot listen on 127.0.0.1'],
    ['listen-port', 'cannot listen on 127.0.0.1'],
  ])('say in one line that the %s is in use', async (flag, line) => {
    const other = Number(new URL(api('v2')).port)
    await cluster.stop('v1')
    const { exited } = run(['--config', cluster.written('v1').configFile, `--${flag}`, `${other}`])
    const { code, stdout, stderr } = await exited
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(`validator: ${line}:${other}: the port is in use\n`)
    await cluster.start('v1')
  })

  it('stop within a second, and go on where they stopped', async () => {
    const before = await cluster.status('v3')
    const began = performance.now()
    const { code, stdout } = await cluster.stop('v3')
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(code).toBe(0)
    expect(stdout.split('\n')).toHaveLength(2)
    await cluster.start('v3')
    const after = await cluster.status('v3')
    expect(after.mode).toBe('listening')
    expect(after.finalHeight).toBeGreaterThanOrEqual(before.finalHeight)
    await until(async () => (await cluster.status('v3')).mode === 'validating')
  })

  it('end with their parent', async () => {
    const node = cluster.running.get('v4')!
    cluster.running.delete('v4')
    node.child.stdin!.end()
    expect(await node.exited).toMatchObject({ code: 0, signal: null })
    expect(recordsOf(cluster.trace('v4'), 'node-stopped').at(-1)).toMatchObject({ reason: 'parent ended' })
  })
})
