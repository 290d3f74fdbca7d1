import { type ModeEvent, targetHeight } from '../../src/index.ts'
import type { Model } from './network.ts'
import { branch, chainOf, type PhysicalNode, type StakeBlock } from './physical.ts'

export function eventsOf<K extends ModeEvent['kind']>(
  tip: PhysicalNode,
  kind: K,
): Extract<ModeEvent, { kind: K }>[] {
  return chainOf(tip).flatMap(({ events }) =>
    events.filter((event): event is Extract<ModeEvent, { kind: K }> => event.kind === kind),
  )
}

/** Blocks that were given to clients as fast and are not on the chain that the tip's checkpoints make. */
export function revertedFast({ stakeBlocks, sides }: Model): number {
  const kept = new Set<StakeBlock>()
  for (const { tip, head } of sides) {
    for (const { checkpoint } of chainOf(tip))
      for (let at = checkpoint; at !== null && !kept.has(at); at = at.parent) kept.add(at)
    // What is final and still on its way.
    for (let at = head; at !== null && !kept.has(at); at = at.parent) kept.add(at)
  }
  return stakeBlocks.filter((block) => block.delivered && !kept.has(block)).length
}

/** For every forced transaction old enough: blocks from its own to the one that executed it; null for never. */
export function inclusionDelays(tip: PhysicalNode, atLeastOld: number): (number | null)[] {
  const chain = chainOf(tip)
  return chain
    .filter(({ forced, height }) => forced.length > 0 && height <= tip.height - atLeastOld)
    .map(({ height }) => {
      const at = chain.find((node) => node.height >= height && node.settled >= height)
      return at === undefined ? null : at.height - height
    })
}

export interface Twins {
  /** Both forks justified a target of their own. */
  readonly justified: boolean
  /** Both forks left RECORDED, each on a justified target of its own. */
  readonly exited: boolean
  /** Both forks left RECORDED, whatever they justified. */
  readonly left: boolean
}

/** I9 over two forks: what both did above their newest common block. */
export function twinsOf(a: PhysicalNode, b: PhysicalNode, windowBlocks: number): Twins {
  const own = [branch(a, b), branch(b, a)]
  const fork = own[0]![0]?.height ?? 0
  const facts = own.map((blocks) => {
    const events = blocks.flatMap(({ events }) => events)
    const justified = events.some(
      (event) =>
        event.kind === 'window-closed' &&
        event.justified &&
        targetHeight({ windowBlocks } as never, event.target.window) >= fork,
    )
    return { justified, left: events.some(({ kind }) => kind === 'exit') }
  })
  const both = (of: (fact: (typeof facts)[number]) => boolean) => facts.every(of)
  return {
    justified: both(({ justified }) => justified),
    exited: both(({ justified, left }) => justified && left),
    left: both(({ left }) => left),
  }
}
