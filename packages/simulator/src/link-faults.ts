import type { Peer } from '@groundwork/stake-core'
import type { Link, LinkChange, LiveLinkTable } from '@groundwork/wan'

type Ends = readonly Peer[]

/** Changes of links for scripts: each is undone by what it returns, which may be called again. */
export interface LinkFaults {
  /** Sets properties of every link from one of `from` to one of `to`. */
  shape(from: Ends, to: Ends, set: Partial<Link>): () => void
  /** Cuts the links between different groups; who is in no group keeps all links. */
  partition(groups: readonly Ends[], cut?: Link['cut']): () => void
  /** Undoes everything. */
  heal(): void
}

export function linkFaults(table: LiveLinkTable): LinkFaults {
  const owners = new Set<string>()
  let count = 0
  const apply = (links: LinkChange['links']): (() => void) => {
    const owner = `script ${++count}`
    owners.add(owner)
    table.apply({ owner, links })
    return () => {
      if (owners.delete(owner)) table.remove(owner)
    }
  }
  return {
    shape: (from, to, set) =>
      apply(from.flatMap((a) => to.flatMap((b) => (a === b ? [] : [{ from: a, to: b, set }])))),
    partition: (groups, cut = 'blackhole') =>
      apply(
        groups.flatMap((group) =>
          groups.flatMap((other) =>
            other === group ? [] : group.flatMap((from) => other.map((to) => ({ from, to, set: { cut } }))),
          ),
        ),
      ),
    heal() {
      for (const owner of owners) table.remove(owner)
      owners.clear()
    },
  }
}
