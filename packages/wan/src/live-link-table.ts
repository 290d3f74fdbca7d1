import { CodedError } from '@groundwork/primitives'
import { capabilitiesOf, openLink, valueProblem } from './link-model.ts'
import type { Capabilities, Link, LinkChange, LinkProperty, LinkTable, NodeName } from './link-table.ts'
import type { RegionDelays } from './region-table.ts'

/** A link table that changes: base delays from regions, and over them changes, a later one over an earlier one. */
export interface LiveLinkTable extends LinkTable {
  /** Of the interpreter that this table is for. */
  readonly capabilities: Capabilities
  /**
   * Lays a change over what is there. Throws a CodedError, and changes nothing: `link-node`, `link-value`, or
   * `link-unsupported` if the interpreter cannot do it.
   */
  apply(change: LinkChange): void
  /** Takes back all changes of an owner. Idempotent. */
  remove(owner: string): void
  removeAll(): void
  /** Tells of links whose values changed, all that changed at once together. Returns how to stop. */
  onChange(listener: (links: readonly ChangedLink[]) => void): () => void
  /** There and back, without jitter. */
  requestedRttMs(a: NodeName, b: NodeName): number
}

export interface ChangedLink {
  readonly from: NodeName
  readonly to: NodeName
  readonly link: Link
}

export interface LinkTableInit {
  readonly nodes: readonly { readonly name: NodeName; readonly region: string }[]
  readonly regions: RegionDelays
  /** Default: those of the simulator, which can do everything. */
  readonly capabilities?: Capabilities
}

interface Pair {
  readonly from: NodeName
  readonly to: NodeName
  readonly base: Link
  overlays: { readonly owner: string; readonly set: Partial<Link> }[]
  link: Link
}

/** Throws a CodedError `link-region` for a node in an unknown region, `link-node` for two of one name. */
export function linkTable(init: LinkTableInit): LiveLinkTable {
  const capabilities = init.capabilities ?? capabilitiesOf('simulated')
  const nodes = init.nodes.map(({ name }) => name)
  const pairs = new Map<NodeName, Map<NodeName, Pair>>()
  const listeners = new Set<(links: readonly ChangedLink[]) => void>()

  for (const { name, region } of init.nodes) checkRegion(init.regions, name, region)
  for (const { name: from, region } of init.nodes) {
    if (pairs.has(from)) throw new CodedError('link-node', `two nodes are named ${from}`, { node: from })
    const row = new Map<NodeName, Pair>()
    for (const to of init.nodes) {
      if (to.name === from) continue
      const base = { ...openLink, delayMs: regionDelay(init.regions, region, to.region) }
      row.set(to.name, { from, to: to.name, base, overlays: [], link: base })
    }
    pairs.set(from, row)
  }

  const pairOf = (from: NodeName, to: NodeName): Pair => {
    const pair = pairs.get(from)?.get(to)
    if (pair !== undefined) return pair
    const reason = nodes.includes(from) && from === to ? 'a node has no link to itself' : 'no such link'
    throw new CodedError('link-node', `${reason}: ${from} > ${to} (nodes: ${nodes.join(', ')})`, { from, to })
  }

  const update = (touched: Iterable<Pair>): void => {
    const changed: ChangedLink[] = []
    for (const pair of touched) {
      const link: Link = Object.assign({}, pair.base, ...pair.overlays.map(({ set }) => set))
      if (!sameLink(link, pair.link)) changed.push({ from: pair.from, to: pair.to, link })
      pair.link = link
    }
    if (changed.length > 0) for (const listener of [...listeners]) listener(changed)
  }

  const removeWhere = (taken: (owner: string) => boolean): void => {
    const touched: Pair[] = []
    for (const row of pairs.values()) {
      for (const pair of row.values()) {
        const kept = pair.overlays.filter(({ owner }) => !taken(owner))
        if (kept.length === pair.overlays.length) continue
        pair.overlays = kept
        touched.push(pair)
      }
    }
    update(touched)
  }

  return {
    nodes,
    capabilities,
    link: (from, to) => (from === to ? openLink : pairOf(from, to).link),
    apply({ owner, links }) {
      const overlays = links.map(({ from, to, set }) => {
        const pair = pairOf(from, to)
        checkSet(capabilities, pair, set)
        return { pair, set: { ...set } }
      })
      for (const { pair, set } of overlays) pair.overlays.push({ owner, set })
      update(new Set(overlays.map(({ pair }) => pair)))
    },
    remove: (owner) => removeWhere((other) => other === owner),
    removeAll: () => removeWhere(() => true),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    requestedRttMs: (a, b) => (a === b ? 0 : pairOf(a, b).link.delayMs + pairOf(b, a).link.delayMs),
  }
}

/**
 * The fastest that anything can get from one node to another if every node relays, ms: shortest paths over the
 * one-way delays of the links that are not cut (Floyd & Warshall). `delays[i][j]` is from `nodes[i]` to `nodes[j]`;
 * Infinity where no way leads.
 */
export function shortestDelays(table: LinkTable): number[][] {
  const direct = ({ cut, delayMs }: Link): number => (cut === 'open' ? delayMs : Number.POSITIVE_INFINITY)
  const shortest = table.nodes.map((from) =>
    table.nodes.map((to) => (from === to ? 0 : direct(table.link(from, to)))),
  )
  for (const [via, onward] of shortest.entries()) {
    for (const row of shortest) {
      const first = row[via] as number
      for (const [to, rest] of onward.entries()) row[to] = Math.min(row[to] as number, first + rest)
    }
  }
  return shortest
}

function checkRegion(regions: RegionDelays, node: NodeName, region: string): void {
  if (Object.hasOwn(regions, region)) return
  const known = Object.keys(regions).join(', ')
  throw new CodedError('link-region', `node ${node}: no region ${region} (there are ${known})`, {
    node,
    region,
  })
}

function regionDelay(regions: RegionDelays, from: string, to: string): number {
  const row = regions[from] as RegionDelays[string]
  const delayMs = Object.hasOwn(row, to) ? row[to] : undefined
  if (delayMs !== undefined && valueProblem('delayMs', delayMs) === null) return delayMs
  throw new CodedError('link-region', `no delay from region ${from} to region ${to}`, { from, to })
}

function checkSet(capabilities: Capabilities, { from, to }: Pair, set: Partial<Link>): void {
  for (const [property, value] of Object.entries(set)) {
    const wrong = valueProblem(property, value)
    const at = `link ${from} > ${to}: ${property}`
    if (wrong !== null)
      throw new CodedError('link-value', `${at} ${wrong}, not ${value}`, { property, value })
    const name = property as LinkProperty
    if (value === openLink[name]) continue
    const bound = capabilities.bounds?.[name]
    if (bound !== undefined && typeof value === 'number' && (value < bound.min || value > bound.max)) {
      const range = `must lie between ${bound.min} and ${bound.max} on the ${capabilities.interpreter} network`
      throw new CodedError('link-value', `${at} ${range}, not ${value}`, { property, value })
    }
    const known = capabilities.properties.has(name)
    if (known && (name !== 'cut' || capabilities.cuts.has(value as 'blackhole' | 'reset'))) continue
    const can = known
      ? `cut by ${[...capabilities.cuts].join(', ')}`
      : [...capabilities.properties].join(', ')
    const what = known ? `${at} ${value}` : at
    throw new CodedError(
      'link-unsupported',
      `${what} cannot be done by the ${capabilities.interpreter} network (it can do ${can})`,
      { property, interpreter: capabilities.interpreter },
    )
  }
}

function sameLink(a: Link, b: Link): boolean {
  return (Object.keys(openLink) as LinkProperty[]).every((property) => a[property] === b[property])
}
