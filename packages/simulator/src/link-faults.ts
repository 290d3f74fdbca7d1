import type { Link } from '@groundwork/wan'
import type { SimulatedNetwork } from './network.ts'

type Ends = readonly number[]

/** Changes of links that lie over each other; each ends on its own, and what lies below comes back. */
export interface LinkFaults {
  /** Sets properties of every link from one of `from` to one of `to`. Returns its undoing, which may be called again. */
  shape(from: Ends, to: Ends, set: Partial<Link>): () => void
  /** Cuts the links between different groups; who is in no group keeps all links. */
  partition(groups: readonly Ends[], cut?: Link['cut']): () => void
  /** Undoes everything. */
  heal(): void
}

export function linkFaults(network: SimulatedNetwork): LinkFaults {
  const size = network.names.length
  const base: Link[] = []
  for (let from = 0; from < size; from++) for (let to = 0; to < size; to++) base.push(network.link(from, to))
  const overlays = new Map<symbol, ReadonlyMap<number, Partial<Link>>>()

  const refresh = (ends: Iterable<number>): void => {
    for (const at of ends) network.setLink(Math.floor(at / size), at % size, effective(at))
  }
  const effective = (at: number): Link => {
    let link = base[at] as Link
    for (const overlay of overlays.values()) {
      const set = overlay.get(at)
      if (set === undefined) continue
      // A cut below stays a cut, whatever lies above.
      link = { ...link, ...set, cut: link.cut === 'open' ? (set.cut ?? 'open') : link.cut }
    }
    return link
  }
  const apply = (overlay: ReadonlyMap<number, Partial<Link>>): (() => void) => {
    const owner = Symbol('fault')
    overlays.set(owner, overlay)
    refresh(overlay.keys())
    return () => {
      if (overlays.delete(owner)) refresh(overlay.keys())
    }
  }
  return {
    shape(from, to, set) {
      const overlay = new Map<number, Partial<Link>>()
      for (const a of from) for (const b of to) if (a !== b) overlay.set(a * size + b, set)
      return apply(overlay)
    },
    partition(groups, cut = 'blackhole') {
      const overlay = new Map<number, Partial<Link>>()
      for (const group of groups) {
        for (const other of groups) {
          if (other === group) continue
          for (const a of group) for (const b of other) overlay.set(a * size + b, { cut })
        }
      }
      return apply(overlay)
    },
    heal() {
      const touched = new Set([...overlays.values()].flatMap((overlay) => [...overlay.keys()]))
      overlays.clear()
      refresh(touched)
    },
  }
}
