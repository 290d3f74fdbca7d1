import { openLink } from '@groundwork/wan'
import { expect, test } from 'vitest'
import { linkCounter, parseReadings } from '../src/router/netem/counters.ts'
import { summary } from '../src/router/netem/summary.ts'

const leaf = { device: 'eth2', kind: 'netem', root: false, bytes: 0 }

test('what tc shows', () => {
  // `tc -s -j qdisc show` of Debian 12's iproute2.
  const json =
    '[{"kind":"htb","handle":"1:","dev":"d0","root":true,"refcnt":2,"options":{"r2q":10},"bytes":0,"packets":0,"drops":0,"overlimits":0,"requeues":0,"backlog":0,"qlen":0},{"kind":"netem","handle":"101:","dev":"d0","parent":"1:1","options":{"limit":1000},"bytes":840,"packets":7,"drops":2,"overlimits":0,"requeues":0,"backlog":300,"qlen":3}]'
  expect(parseReadings(json)).toEqual([
    { device: 'd0', handle: '1:', kind: 'htb', root: true, packets: 0, bytes: 0, dropped: 0, queued: 0 },
    {
      device: 'd0',
      handle: '101:',
      kind: 'netem',
      root: false,
      packets: 7,
      bytes: 840,
      dropped: 2,
      queued: 3,
    },
  ])
  expect(parseReadings('')).toEqual([])
})

test('a drop has the reason that the link had when it was counted', () => {
  const counter = linkCounter()
  const read = (packets: number, dropped: number, set: object) =>
    counter.read(
      { ...leaf, handle: '1001:', packets, dropped, queued: 0, bytes: 100 * packets },
      { ...openLink, ...set },
    )
  read(10, 0, {})
  read(20, 3, { lossRatio: 0.1 })
  read(30, 5, { rateMbit: 1 })
  read(40, 6, {})
  expect(counter.totals).toEqual({
    delivered: 40,
    deliveredBytes: 4000,
    dropped: { loss: 3, queue: 2, overload: 1 },
    queued: 0,
  })
})

test('a leaf that is replaced takes what it holds with it, and its counters begin anew', () => {
  const counter = linkCounter()
  counter.read({ ...leaf, handle: '1001:', packets: 10, dropped: 0, queued: 4 }, openLink)
  expect(counter.totals.queued).toBe(4)
  counter.replaced('1001:')
  counter.read(
    { ...leaf, handle: '2001:', packets: 0, dropped: 7, queued: 0 },
    { ...openLink, cut: 'blackhole' },
  )
  counter.replaced('2001:')
  counter.read({ ...leaf, handle: '1001:', packets: 1, dropped: 0, queued: 2 }, openLink)
  expect(counter.totals).toEqual({ delivered: 11, deliveredBytes: 0, dropped: { cut: 11 }, queued: 2 })
  const facts = { forMs: 1, saturatedSeconds: 0, cpuMs: 0 }
  expect(summary([{ from: 'a', to: 'b', counter, link: openLink }], facts)).toMatchObject({
    packets: 24,
    delivered: 11,
    dropped: { total: 11, by: { cut: 11 } },
    queued: 2,
    links: [{ from: 'a', to: 'b', packets: 24, dropped: 11 }],
  })
})
