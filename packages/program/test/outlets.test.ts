import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TraceRecord } from '@groundwork/trace'
import { afterAll, describe, expect, it } from 'vitest'
import { createEventHub } from '../src/event-hub.ts'
import { createRejectCounts } from '../src/reject-counts.ts'
import { createTraceWriter, monotonicMs } from '../src/trace-writer.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-outlets-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const record = (peer: string): TraceRecord => ({
  v: 1,
  node: 'v1',
  monoMs: 0,
  wallMs: 0,
  kind: 'peer-up',
  peer,
})

describe('the event hub', () => {
  it('gives every listener every record from its beginning on', async () => {
    const hub = createEventHub()
    hub.publish(record('before'))
    const [one, two] = [hub.listen()!, hub.listen()!]
    hub.publish(record('a'))
    hub.publish(record('b'))
    expect(await one.next()).toEqual({ records: [record('a'), record('b')], dropped: 0 })
    const waiting = one.next()
    hub.publish(record('c'))
    expect((await waiting)?.records).toEqual([record('c')])
    expect((await two.next())?.records).toHaveLength(3)
  })

  it('drops and counts what a slow listener does not take, and refuses listeners without end', async () => {
    const hub = createEventHub()
    const slow = hub.listen()!
    for (let i = 0; i < 1_500; i++) hub.publish(record(`${i}`))
    const batch = await slow.next()
    expect([batch?.records.length, batch?.dropped]).toEqual([1_000, 500])
    const listeners = Array.from({ length: 100 }, () => hub.listen())
    expect(listeners.filter((listener) => listener !== null)).toHaveLength(31)
    listeners[0]!.close()
    expect(hub.listen()).not.toBeNull()
  })

  it('ends its listeners when it closes', async () => {
    const hub = createEventHub()
    const listener = hub.listen()!
    const end = listener.next()
    hub.close()
    expect(await end).toBeNull()
  })
})

describe('the event log', () => {
  it('appends stamped records, one a line', () => {
    const file = join(dir, 'sub', 'events.jsonl')
    for (const peer of ['a', 'b']) {
      const seen: TraceRecord[] = []
      const writer = createTraceWriter({ node: 'v1', file, onRecord: (stamped) => seen.push(stamped) })
      writer.write({ kind: 'peer-up', peer })
      writer.close()
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
      expect(JSON.parse(lines.at(-1)!)).toEqual(seen[0])
      expect(seen[0]).toMatchObject({ v: 1, node: 'v1', kind: 'peer-up', peer })
      expect(Math.abs(seen[0]!.monoMs - monotonicMs())).toBeLessThan(1_000)
    }
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2)
  })

  it('has a vote in the file before the next turn of the event loop is over', async () => {
    const file = join(dir, 'votes.jsonl')
    const writer = createTraceWriter({ node: 'v1', file, onRecord: () => {} })
    writer.write({ kind: 'voted', view: 1, type: 'skip', hash: '00' })
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(readFileSync(file, 'utf8')).toContain('"voted"')
    writer.close()
  })

  it('survives a disk that is full', () => {
    const writer = createTraceWriter({ node: 'v1', file: '/dev/full', onRecord: () => {} })
    writer.write({ kind: 'peer-up', peer: 'v2' })
    writer.close()
    expect(writer.lost).toBe(1)
  })
})

it('counts rejections since the last look, under a bounded number of names', () => {
  const counts = createRejectCounts()
  expect(counts.take()).toBeNull()
  counts.add('b')
  counts.add('a', 2)
  counts.add('b')
  expect(counts.take()).toEqual({ a: 2, b: 2 })
  expect(counts.take()).toBeNull()
  for (let i = 0; i < 500; i++) counts.add(`reason-${i}`)
  expect(counts.take()).toMatchObject({ other: 300 })
})
