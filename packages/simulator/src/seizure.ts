import { rewritingDetail } from '@groundwork/byzantine'
import { fixedNodes, historyName, outOfReach, type Seizure, seizedName } from '@groundwork/scenario'
import type { LiveLinkTable } from '@groundwork/wan'
import type { Cluster } from './cluster.ts'
import type { Farm } from './physical/farm.ts'
import { offerHistory, rewriteWith, showHistory } from './rewrite.ts'

export interface SeizureInit {
  /** null without validators. */
  readonly world: Cluster | null
  /** null without farmers. */
  readonly farm: Farm | null
  readonly table: LiveLinkTable
  readonly fault: string
  readonly action: Seizure
}

export interface BegunSeizure {
  /** Whose keys they are. */
  readonly names: readonly string[]
  /** For people. */
  readonly detail: string
  heal(): void
}

/** Somebody has copies of keys, and uses them. */
export function seize(init: SeizureInit): BegunSeizure {
  const { world, action, fault, table } = init
  const names = fixedNodes(action.target)
  if (world === null) return { names, detail: action.use, heal: () => {} }
  const apart = outOfReach(fault, action, table.nodes)
  if (apart !== null) table.apply(apart)
  const { detail, heal } =
    action.use === 'twins' ? startTwins(init, world, names) : startRewriting(init, world, names)
  return {
    names,
    detail,
    heal() {
      heal()
      table.remove(fault)
    },
  }
}

type Begun = Pick<BegunSeizure, 'detail' | 'heal'>

function startTwins({ farm }: SeizureInit, world: Cluster, names: readonly string[]): Begun {
  const copies = names.map((name) => {
    // Whoever planned this has followed the public chain; a copy that is cut off from farmers could not catch up.
    const published = farm?.followers.get(name)?.published()
    if (published !== undefined) farm?.followers.get(seizedName(name))?.take(published)
    return world.node(seizedName(name))
  })
  for (const copy of copies) copy.start()
  return {
    detail: 'twins',
    heal() {
      for (const copy of copies) copy.kill('stopped')
    },
  }
}

function startRewriting(
  { fault, action, farm }: SeizureInit,
  world: Cluster,
  names: readonly string[],
): Begun {
  const seized = names.map((name) => world.node(name))
  const source = seized
    .filter(({ running }) => running)
    .toSorted((a, b) => b.disk.chain.length - a.disk.chain.length)[0]
  if (source === undefined) return { detail: 'rewrite: no disk of theirs can be read', heal: () => {} }
  const rewriting = rewriteWith(world, seized, source, action.depth)
  const lane = farm?.followers.get(source.name)?.hybrid?.follower.context.parameters.checkpointLaneBytes
  if (farm !== null && lane !== undefined) offerHistory(farm, rewriting, lane)
  return {
    detail: rewritingDetail(rewriting),
    heal: showHistory(world, historyName(fault), rewriting, source.disk),
  }
}
