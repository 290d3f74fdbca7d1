import { type Link, openLink } from '@groundwork/wan'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DirectedLink, directedLink } from '../src/relay/directed-link.ts'
import { type Parcel, type Pipe, pipe } from '../src/relay/pipe.ts'
import { attemptMs, type Backoff } from '../src/relay/tcp-model.ts'
import type { Scheduler } from '../src/timing/scheduler.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

interface Bench {
  readonly clock: VirtualClock
  readonly data: DirectedLink
  readonly acks: DirectedLink
  readonly pipe: Pipe
  readonly arrived: { readonly parcel: Parcel; readonly atMs: number }[]
  readonly losses: Backoff[]
  setData(set: Partial<Link>): void
  setAcks(set: Partial<Link>): void
}

function bench(delayMs: number, backMs: number): Bench {
  const clock = virtualClock()
  const scheduler: Scheduler = {
    ...clock,
    lateness: () => ({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 }),
  }
  const data = directedLink('a', 'b', { ...openLink, delayMs }, scheduler)
  const acks = directedLink('b', 'a', { ...openLink, delayMs: backMs }, scheduler)
  const arrived: Bench['arrived'] = []
  const losses: Backoff[] = []
  const way = pipe({
    scheduler,
    data,
    acks,
    lost: (backoff) => losses.push(backoff),
    deliver: (parcels) => {
      for (const parcel of parcels) arrived.push({ parcel, atMs: clock.now() })
    },
  })
  const change = (link: DirectedLink, set: Partial<Link>): void => {
    link.set({ ...link.link, ...set })
    way.linksChanged()
  }
  return {
    clock,
    data,
    acks,
    pipe: way,
    arrived,
    losses,
    setData: (set) => change(data, set),
    setAcks: (set) => change(acks, set),
  }
}

const bytes = (length: number, fill = 0): Uint8Array => new Uint8Array(length).fill(fill)
const arrivals = ({ arrived }: Bench): number[] => arrived.map(({ atMs }) => Math.round(atMs * 10) / 10)
const firstAttemptMs = ({ losses }: Bench): number => attemptMs(losses[0] as Backoff, 1)

test('each parcel arrives after the delay that the link had when it left', () => {
  const b = bench(40, 40)
  b.pipe.send(bytes(10))
  b.clock.pass(10)
  b.setData({ delayMs: 100 })
  b.pipe.send('fin')
  b.clock.pass(200)
  expect(arrivals(b)).toEqual([40, 110])
})

test('a parcel on a faster link waits for the ones before it', () => {
  const b = bench(100, 40)
  b.pipe.send(bytes(10))
  b.setData({ delayMs: 20 })
  b.clock.pass(10)
  b.pipe.send(bytes(10))
  b.clock.pass(200)
  expect(arrivals(b)).toEqual([100, 100])
})

describe('rate', () => {
  test('a large write leaves in pieces, at the rate', () => {
    const b = bench(40, 40)
    b.setData({ rateMbit: 1 })
    b.pipe.send(bytes(14_480))
    b.clock.pass(1000)
    expect(b.arrived).toHaveLength(10)
    expect(b.arrived[9]?.atMs).toBeCloseTo(40 + 115.84, 0)
    expect(b.pipe.queuedBytes).toBe(0)
  })

  test('what waits when the rate changes leaves at the new one', () => {
    const b = bench(0, 0)
    b.setData({ rateMbit: 0.1 })
    for (let i = 0; i < 10; i++) b.pipe.send(bytes(1250))
    b.clock.pass(250)
    b.setData({ rateMbit: 1 })
    b.clock.pass(1000)
    expect(arrivals(b)).toEqual([100, 200, 250, 260, 270, 280, 290, 300, 310, 320])
  })

  test('what waits when the limit is lifted leaves then', () => {
    const b = bench(10, 10)
    b.setData({ rateMbit: 0.1 })
    for (let i = 0; i < 3; i++) b.pipe.send(bytes(1250))
    b.clock.pass(150)
    b.setData({ rateMbit: 0 })
    b.clock.pass(1000)
    expect(arrivals(b)).toEqual([110, 160, 160])
  })

  test('connections on one link share it', () => {
    const b = bench(0, 0)
    b.setData({ rateMbit: 1 })
    const departed: number[] = []
    for (let i = 0; i < 2; i++) b.data.transmit(1250, 0, (atMs) => departed.push(atMs))
    b.pipe.send(bytes(1250))
    b.clock.pass(100)
    expect(departed).toEqual([10, 20])
    expect(arrivals(b)).toEqual([30])
  })
})

describe('a cut of this direction', () => {
  test('loses what is under way; TCP tries again from when that was sent', () => {
    const b = bench(40, 60)
    b.pipe.send(bytes(10))
    b.clock.pass(100)
    b.pipe.send(bytes(10))
    b.clock.pass(10)
    b.setData({ cut: 'blackhole' })
    b.clock.pass(1000)
    b.setData({ cut: 'open' })
    b.pipe.send(bytes(10))
    b.clock.pass(10_000)
    expect(arrivals(b)).toEqual([40])
    expect(b.losses).toHaveLength(1)
    expect(firstAttemptMs(b)).toBe(100 + 100 + 200)
    expect(b.data.counters).toEqual({ sentBytes: 30, deliveredBytes: 10, lostBytes: 20 })
  })

  test('leaves a connection alone that sends nothing meanwhile', () => {
    const b = bench(40, 40)
    b.setData({ cut: 'blackhole' })
    b.setAcks({ cut: 'blackhole' })
    b.clock.pass(30_000)
    b.setData({ cut: 'open' })
    b.setAcks({ cut: 'open' })
    b.pipe.send(bytes(10))
    b.clock.pass(100)
    expect(arrivals(b)).toEqual([30_040])
    expect(b.losses).toEqual([])
  })

  test('empties the queue of a slow link', () => {
    const b = bench(0, 0)
    b.setData({ rateMbit: 0.1 })
    b.pipe.send(bytes(1250))
    b.pipe.send(bytes(1250))
    b.clock.pass(150)
    b.setData({ cut: 'blackhole' })
    b.clock.pass(1000)
    expect(arrivals(b)).toEqual([100])
    expect(b.pipe.queuedBytes).toBe(0)
  })
})

describe('a cut of the way back, which takes the acknowledgements', () => {
  test('lets through what is sent before the first retransmission, then the sender stalls', () => {
    const b = bench(40, 40)
    b.setAcks({ cut: 'blackhole' })
    b.pipe.send(bytes(10))
    b.clock.pass(270)
    b.pipe.send(bytes(10))
    b.clock.pass(100)
    expect(arrivals(b)).toEqual([40, 310])
    expect(b.losses).toEqual([])
    b.pipe.send(bytes(10))
    b.clock.pass(1000)
    expect(b.arrived).toHaveLength(2)
    expect(firstAttemptMs(b)).toBe(280)
  })

  test('that is over soon costs nothing', () => {
    const b = bench(40, 40)
    b.setAcks({ cut: 'blackhole' })
    b.pipe.send(bytes(10))
    b.clock.pass(100)
    b.setAcks({ cut: 'open' })
    b.clock.pass(1000)
    b.pipe.send(bytes(10))
    b.clock.pass(100)
    expect(arrivals(b)).toEqual([40, 1140])
  })

  test('that is over late costs the sender a wait for its next retransmission', () => {
    const b = bench(40, 40)
    b.setAcks({ cut: 'blackhole' })
    b.pipe.send(bytes(10))
    b.clock.pass(900)
    b.setAcks({ cut: 'open' })
    b.clock.pass(10)
    b.pipe.send(bytes(10))
    b.clock.pass(2000)
    // 280 ms, then 560, then 1120: sent again after 280, 840, 1960 ms.
    expect(arrivals(b)).toEqual([40, 2000])
    expect(b.losses).toEqual([])
  })
})

test('nothing follows an end but an abort', () => {
  const b = bench(10, 10)
  for (const parcel of [bytes(1), 'fin', bytes(1), 'fin', 'rst'] as const) b.pipe.send(parcel)
  b.clock.pass(100)
  expect(b.arrived.map(({ parcel }) => (typeof parcel === 'string' ? parcel : 'data'))).toEqual([
    'data',
    'fin',
    'rst',
  ])
})

test('whatever happens to the links: a prefix arrives, in order, nothing in or from a cut', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 3000 }) }) },
    { weight: 4, arbitrary: fc.record({ pass: fc.nat(200) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        data: fc.record(
          { delayMs: fc.nat(100), jitterMs: fc.nat(50), rateMbit: fc.constantFrom(0, 0.5, 10) },
          { requiredKeys: [] },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ cut: fc.constantFrom<Link['cut']>('open', 'blackhole'), back: fc.boolean() }),
    },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const b = bench(40, 40)
      const sent: { fill: number; cut: boolean; length: number }[] = []
      let everCut = false
      let expected = 0
      const checkArrivals = (): void => {
        // Nothing at all may have arrived since the cut began.
        if (b.data.link.cut !== 'open') expect(b.arrived).toHaveLength(expected)
      }
      for (const step of steps) {
        if ('send' in step) {
          const fill = sent.length % 251
          sent.push({ fill, cut: b.data.link.cut !== 'open', length: step.send })
          b.pipe.send(bytes(step.send, fill))
        } else if ('pass' in step) b.clock.pass(step.pass)
        else if ('data' in step) b.setData(step.data)
        else {
          everCut ||= step.cut !== 'open'
          if (step.back) b.setAcks({ cut: step.cut })
          else b.setData({ cut: step.cut })
          expected = b.arrived.length
        }
        checkArrivals()
      }
      b.clock.pass(1_000_000)
      checkArrivals()

      const all = sent.flatMap(({ fill, length, cut }) => new Array<number>(length).fill(cut ? -1 : fill))
      const got = b.arrived.flatMap(({ parcel }) => [...(parcel as Uint8Array)])
      const at = got.length
      expect(got.findIndex((byte, i) => byte !== all[i])).toBe(-1)
      const times = b.arrived.map(({ atMs }) => atMs)
      expect(times).toEqual([...times].sort((x, y) => x - y))
      if (!everCut) expect(at).toBe(all.length)
      expect(b.losses.length).toBeLessThanOrEqual(1)
      if (b.losses.length === 0) expect(at).toBe(all.length)
      expect(b.data.counters.sentBytes).toBe(all.length)
      expect(b.data.counters.deliveredBytes + b.data.counters.lostBytes).toBe(all.length)
      expect(b.pipe.queuedBytes).toBe(0)
    }),
    { numRuns: 300 },
  )
})
