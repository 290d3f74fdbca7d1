import {
  type ChangedLink,
  capabilitiesOf,
  type Link,
  type LinkChange,
  type LiveLinkTable,
  linkTable,
  openLink,
} from '@groundwork/wan'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const regions = { east: { east: 0, west: 40 }, west: { east: 42, west: 0 } }
const nodes = [
  { name: 'a', region: 'east' },
  { name: 'b', region: 'west' },
  { name: 'c', region: 'west' },
]
const table = (): LiveLinkTable => linkTable({ nodes, regions })
const change = (owner: string, from: string, to: string, set: Partial<Link>): LinkChange => ({
  owner,
  links: [{ from, to, set }],
})

test('base links come from the regions, each direction its own', () => {
  const links = table()
  expect(links.link('a', 'b')).toEqual({ ...openLink, delayMs: 40 })
  expect(links.link('b', 'a').delayMs).toBe(42)
  expect(links.link('b', 'c').delayMs).toBe(0)
  expect(links.requestedRttMs('a', 'b')).toBe(82)
  expect(links.link('a', 'a')).toEqual(openLink)
})

test('a later change lies over an earlier one, property by property', () => {
  const links = table()
  links.apply(change('shape', 'a', 'b', { delayMs: 100, jitterMs: 5 }))
  links.apply(change('cut', 'a', 'b', { cut: 'blackhole' }))
  links.apply(change('shape-2', 'a', 'b', { delayMs: 10 }))
  expect(links.link('a', 'b')).toMatchObject({ delayMs: 10, jitterMs: 5, cut: 'blackhole' })
  links.remove('shape-2')
  expect(links.link('a', 'b')).toMatchObject({ delayMs: 100, jitterMs: 5, cut: 'blackhole' })
  links.remove('shape')
  expect(links.link('a', 'b')).toEqual({ ...openLink, delayMs: 40, cut: 'blackhole' })
  links.remove('shape')
  links.removeAll()
  expect(links.link('a', 'b')).toEqual({ ...openLink, delayMs: 40 })
})

test('listeners hear of links whose values changed, all of one change at once', () => {
  const links = table()
  const heard: (readonly ChangedLink[])[] = []
  const stop = links.onChange((changed) => heard.push(changed))
  links.apply({
    owner: 'p',
    links: [
      { from: 'a', to: 'b', set: { cut: 'reset' } },
      { from: 'b', to: 'a', set: { cut: 'reset' } },
      { from: 'a', to: 'c', set: { delayMs: 40 } },
    ],
  })
  expect(heard.map((changed) => changed.map(({ from, to, link }) => [from, to, link.cut]))).toEqual([
    [
      ['a', 'b', 'reset'],
      ['b', 'a', 'reset'],
    ],
  ])
  links.apply(change('q', 'a', 'b', { cut: 'reset' }))
  links.remove('p')
  expect(heard).toHaveLength(2)
  expect(heard[1]).toMatchObject([{ from: 'b', to: 'a' }])
  stop()
  links.removeAll()
  expect(heard).toHaveLength(2)
  expect(links.link('a', 'b').cut).toBe('open')
})

describe('what cannot be is refused and changes nothing', () => {
  test.each<[string, LinkChange['links'][number], string]>([
    ['link-node', { from: 'a', to: 'z', set: {} }, 'no such link: a > z (nodes: a, b, c)'],
    ['link-node', { from: 'a', to: 'a', set: {} }, 'a node has no link to itself: a > a'],
    ['link-value', { from: 'a', to: 'b', set: { delayMs: -1 } }, 'a > b: delayMs must be a number from 0 up'],
    ['link-value', { from: 'a', to: 'b', set: { rateMbit: Number.NaN } }, 'rateMbit must be a number'],
    ['link-value', { from: 'a', to: 'b', set: { lossRatio: 1.5 } }, 'lossRatio must lie between 0 and 1'],
    ['link-value', { from: 'a', to: 'b', set: { cut: 'maybe' as 'open' } }, 'cut must be open, blackhole or'],
    [
      'link-value',
      { from: 'a', to: 'b', set: { color: 1 } as Partial<Link> },
      'color is no property of a link',
    ],
  ])('%s %j', (code, bad, message) => {
    const links = table()
    const apply = (): void =>
      links.apply({ owner: 'x', links: [{ from: 'a', to: 'c', set: { delayMs: 7 } }, bad] })
    expect(apply).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
    expect(links.link('a', 'c').delayMs).toBe(40)
  })

  test.each(['lossRatio', 'duplicateRatio', 'corruptRatio', 'reorderRatio'] as const)(
    'a relay cannot do %s',
    (property) => {
      const links = linkTable({ nodes, regions, capabilities: capabilitiesOf('relay') })
      expect(() => links.apply(change('x', 'a', 'b', { [property]: 0.1 }))).toThrow(
        expect.objectContaining({ code: 'link-unsupported', message: expect.stringContaining('relay') }),
      )
      links.apply(
        change('x', 'a', 'b', { [property]: 0, delayMs: 5, jitterMs: 1, rateMbit: 2, cut: 'reset' }),
      )
      expect(links.link('a', 'b').delayMs).toBe(5)
    },
  )

  test('netem cannot reset connections, and has bounds', () => {
    const links = linkTable({ nodes, regions, capabilities: capabilitiesOf('netem') })
    expect(() => links.apply(change('x', 'a', 'b', { cut: 'reset' }))).toThrow(
      expect.objectContaining({
        code: 'link-unsupported',
        message: 'link a > b: cut reset cannot be done by the netem network (it can do cut by blackhole)',
      }),
    )
    expect(() => links.apply(change('x', 'a', 'b', { jitterMs: 3000 }))).toThrow(
      expect.objectContaining({
        code: 'link-value',
        message: 'link a > b: jitterMs must lie between 0 and 2147 on the netem network, not 3000',
      }),
    )
    links.apply(change('x', 'a', 'b', { rateMbit: 0 }))
    links.apply(change('x', 'a', 'b', { cut: 'blackhole', lossRatio: 0.1 }))
    expect(links.link('a', 'b').cut).toBe('blackhole')
  })

  test('an unknown region, a missing delay, two nodes of one name', () => {
    const build = (extra: { name: string; region: string }, delays: typeof regions): (() => unknown) => {
      return () => linkTable({ nodes: [...nodes, extra], regions: delays })
    }
    const partial = { east: { east: 0, west: 1 }, west: { east: 1 } } as unknown as typeof regions
    expect(build({ name: 'd', region: 'moon' }, regions)).toThrow(
      'node d: no region moon (there are east, west)',
    )
    expect(build({ name: 'd', region: 'toString' }, regions)).toThrow('no region toString')
    expect(build({ name: 'a', region: 'east' }, regions)).toThrow('two nodes are named a')
    expect(() => linkTable({ nodes, regions: partial })).toThrow('no delay from region west to region west')
  })
})

test('any history of changes: a link is its base under what is left, and removing all restores the base', () => {
  const step = fc.oneof(
    fc.record({
      owner: fc.constantFrom('x', 'y', 'z'),
      set: fc.record(
        {
          delayMs: fc.nat(100),
          rateMbit: fc.nat(10),
          cut: fc.constantFrom<Link['cut']>('open', 'blackhole', 'reset'),
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record({ remove: fc.constantFrom('x', 'y', 'z') }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const links = table()
      let heard = links.link('a', 'b')
      links.onChange(([changed]) => {
        expect(changed?.link).not.toEqual(heard)
        heard = changed?.link as Link
      })
      let left: { owner: string; set: Partial<Link> }[] = []
      for (const step of steps) {
        if ('remove' in step) {
          links.remove(step.remove)
          left = left.filter(({ owner }) => owner !== step.remove)
        } else {
          links.apply(change(step.owner, 'a', 'b', step.set))
          left.push(step)
        }
        expect(links.link('a', 'b')).toEqual(
          Object.assign({ ...openLink, delayMs: 40 }, ...left.map(({ set }) => set)),
        )
        expect(heard).toEqual(links.link('a', 'b'))
      }
      links.removeAll()
      expect(links.link('a', 'b')).toEqual({ ...openLink, delayMs: 40 })
    }),
  )
})
