/** One directed link. Delays are one way, in milliseconds; ratios lie in [0, 1]. */
export interface Link {
  readonly delayMs: number
  /** Half-width of a uniform variation around delayMs. */
  readonly jitterMs: number
  readonly lossRatio: number
  /** 0 means unlimited. */
  readonly rateMbit: number
  readonly duplicateRatio: number
  readonly corruptRatio: number
  readonly reorderRatio: number
  /** What happens to traffic: `open`; `blackhole` drops silently; `reset` refuses and resets connections. */
  readonly cut: 'open' | 'blackhole' | 'reset'
}

export type LinkProperty = keyof Link

export type NodeName = string

/** What a part of the emulated network can do; the planner refuses a fault that needs more. */
export interface Capabilities {
  readonly interpreter: 'simulated' | 'relay' | 'packets' | 'netem'
  readonly properties: ReadonlySet<LinkProperty>
  /** The ways in which it can cut a link, if it can at all. */
  readonly cuts: ReadonlySet<Exclude<Link['cut'], 'open'>>
  readonly oneWay: boolean
  /** Values beyond which it cannot go, where it has such; 0 is always possible. */
  readonly bounds?: Readonly<Partial<Record<LinkProperty, { readonly min: number; readonly max: number }>>>
}

/** The links of a network at one moment: plain data, changed only by applying a change. */
export interface LinkTable {
  readonly nodes: readonly NodeName[]
  link(from: NodeName, to: NodeName): Link
}

/** A change of some links; what it overlays comes back when it is removed. */
export interface LinkChange {
  /** The fault that owns the change. */
  readonly owner: string
  readonly links: readonly { readonly from: NodeName; readonly to: NodeName; readonly set: Partial<Link> }[]
}
