import { type Link, openLink } from '@groundwork/wan'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { heldBackOptions, packetLimit } from '../src/router/netem/leaf.ts'
import {
  type Branch,
  branch,
  branchCommands,
  type Commands,
  trunkCommands,
} from '../src/router/netem/tree.ts'
import { tcModel } from './tc-model.ts'

const mtu = 1500
const place = { device: 'eth2', sender: 1, address: '10.77.1.2', copiesDevice: 'gw-2-1' }
const slow: Link = { ...openLink, delayMs: 30 }
const step = (before: Link | null, after: Link): Commands => {
  const standing = before === null ? null : branch(place, before)
  return branchCommands(standing, branch(place, after, standing), mtu)
}

describe('the commands', () => {
  test('an interface and a link, from nothing', () => {
    expect(trunkCommands('eth2', mtu)).toEqual([
      'qdisc add dev eth2 root handle 1: tbf rate 1tbit burst 1514b limit 1gb',
      'qdisc add dev eth2 parent 1:1 handle 2: htb default 0',
    ])
    expect(step(null, slow)).toEqual({
      ip: [],
      tc: [
        'class add dev eth2 parent 2: classid 2:1 htb rate 100gbit burst 1mb cburst 1mb quantum 60000',
        'qdisc add dev eth2 parent 2:1 handle 1001: netem limit 15000 delay 30000us 0us loss 0% corrupt 0% rate 100000000000bit',
        'filter add dev eth2 parent 2: protocol ip prio 16384 u32 match ip src 10.77.1.2/32 flowid 2:1',
      ],
    })
  })

  test('a shape changes the leaf, which keeps what is under way', () => {
    const set = { delayMs: 80.5, jitterMs: 10, lossRatio: 0.015, corruptRatio: 1e-6, rateMbit: 20 }
    expect(step(slow, { ...slow, ...set }).tc).toEqual([
      'qdisc change dev eth2 parent 2:1 handle 1001: netem limit 1000 delay 80500us 10000us loss 1.5% corrupt 0.0001% rate 20000000bit',
    ])
  })

  test('a cut replaces the leaf, and what was under way is dropped with it; healing replaces it again', () => {
    const cut: Link = { ...slow, cut: 'blackhole' }
    expect(step(slow, cut).tc).toEqual([
      'qdisc replace dev eth2 parent 2:1 handle 2001: netem limit 1 loss 100%',
    ])
    expect(step(cut, slow).tc).toEqual([
      'qdisc replace dev eth2 parent 2:1 handle 1001: netem limit 15000 delay 30000us 0us loss 0% corrupt 0% rate 100000000000bit',
    ])
    expect(step(cut, { ...cut, delayMs: 100 }).tc).toEqual([])
  })

  test('reordering holds a share of the packets back in a class of its own', () => {
    const reordering = { ...slow, reorderRatio: 0.25 }
    const program =
      '6,32 0 0 4293918732,21 0 3 172818690,32 0 0 4294963256,53 1 0 1073741824,6 0 0 4294967295,6 0 0 0'
    expect(step(slow, reordering).tc).toEqual([
      'class add dev eth2 parent 2: classid 2:801 htb rate 100gbit burst 1mb cburst 1mb quantum 60000',
      'qdisc add dev eth2 parent 2:801 handle 3001: netem limit 30000 delay 45000us 15000us loss 0% corrupt 0%',
      `filter replace dev eth2 parent 2: protocol ip prio 1 handle 1 bpf bytecode '${program}' flowid 2:801`,
    ])
    expect(step(reordering, slow).tc).toEqual(['filter del dev eth2 parent 2: protocol ip prio 1'])
  })

  test('duplicates come from a device of their own', () => {
    const duplicating = { ...slow, duplicateRatio: 0.1 }
    expect(step(slow, duplicating)).toEqual({
      ip: ['link add gw-2-1 numtxqueues 1 mtu 1500 type ifb', 'link set gw-2-1 up'],
      tc: [
        'qdisc add dev gw-2-1 root handle 1: tbf rate 1tbit burst 1514b limit 1gb',
        'qdisc add dev gw-2-1 parent 1:1 handle 2: netem limit 1000 duplicate 10%',
        'filter add dev eth2 parent 2: protocol ip prio 4097 u32 match ip src 10.77.1.2/32 flowid 2:1 action mirred egress redirect dev gw-2-1',
      ],
    })
    expect(step(duplicating, { ...slow, duplicateRatio: 0.2 }).tc).toEqual([
      'qdisc change dev gw-2-1 parent 1:1 handle 2: netem limit 1000 duplicate 20%',
    ])
    expect(step(duplicating, slow)).toEqual({
      ip: [],
      tc: ['filter del dev eth2 parent 2: protocol ip prio 4097'],
    })
  })
})

test('what is held back stays within netem', () => {
  expect(heldBackOptions({ ...openLink, delayMs: 9000, jitterMs: 147 })).toContain(
    'delay 11000000us 2147000us',
  )
})

describe('a queue is long enough for what the link holds', () => {
  test.each([
    ['a link without delay', {}, 1000],
    ['1 Gbit/s for 100 ms, in packets of 500 bytes, twice', { delayMs: 100 }, 50_000],
    ['with jitter', { delayMs: 100, jitterMs: 20 }, 60_000],
    ['a rate', { delayMs: 100, rateMbit: 100 }, 5000],
    ['a slow link', { delayMs: 100, rateMbit: 1 }, 1000],
    ['never without bound', { delayMs: 100_000 }, 500_000],
  ])('%s', (_, set, packets) => {
    expect(packetLimit({ ...openLink, ...set })).toBe(packets)
  })
})

describe('any sequence of changes', () => {
  const nodes = ['10.0.1.2', '10.0.2.2', '10.0.3.2']
  const interfaces = nodes.map((_, i) => `eth${i + 1}`)
  const pairs = nodes.flatMap((address, i) =>
    interfaces.flatMap((device, j) =>
      i === j ? [] : [{ device, sender: i + 1, address, copiesDevice: `gw-${j + 1}-${i + 1}` }],
    ),
  )
  const ratio = fc.constantFrom(0, 0, 0.1, 0.25, 1)
  const anyLink: fc.Arbitrary<Link> = fc.record({
    delayMs: fc.constantFrom(0, 20, 40),
    jitterMs: fc.constantFrom(0, 5),
    lossRatio: ratio,
    rateMbit: fc.constantFrom(0, 10),
    duplicateRatio: ratio,
    corruptRatio: ratio,
    reorderRatio: ratio,
    cut: fc.constantFrom('open', 'blackhole'),
  })
  const changes = fc.array(fc.record({ pair: fc.nat(pairs.length - 1), link: anyLink }), { maxLength: 25 })
  const built = (links: readonly Link[]) => {
    const model = tcModel(interfaces)
    const branches = pairs.map((pair, i) => branch(pair, links[i] as Link))
    model.run({ ip: [], tc: interfaces.flatMap((device) => trunkCommands(device, mtu)) })
    for (const each of branches) model.run(branchCommands(null, each, mtu))
    return { model, branches }
  }

  test('ends in the tree that would be built at once, and drops only where a cut begins or ends', () => {
    fc.assert(
      fc.property(fc.array(anyLink, { minLength: 6, maxLength: 6 }), changes, (first, sequence) => {
        const links = [...first]
        const { model, branches } = built(links)
        for (const { pair, link } of sequence) {
          const before = branches[pair] as Branch
          const after = branch(pairs[pair]!, link, before)
          model.run(branchCommands(before, after, mtu))
          const replaced = before.cut === after.cut ? [] : [`${after.device} 2:${after.sender}`]
          if (before.cut !== after.cut && before.heldBack) {
            replaced.push(`${after.device} 2:${(0x800 + after.sender).toString(16)}`)
          }
          expect(model.takeDropped()).toEqual(replaced)
          branches[pair] = after
          links[pair] = link
        }
        expect(model.effective()).toEqual(built(links).model.effective())
      }),
    )
  })

  test('a change to the same values is no command', () => {
    fc.assert(
      fc.property(anyLink, anyLink, (first, second) => {
        const before = branch(place, second, branch(place, first))
        expect(branchCommands(before, branch(place, second, before), mtu)).toEqual({ ip: [], tc: [] })
      }),
    )
  })
})
