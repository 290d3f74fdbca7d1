import type { HybridParameters } from '@groundwork/hybrid-core'
import type { HybridEvent, HybridMode, StakeBlockName, SupplyRecord } from './hybrid-record.ts'
import type { RecordOf } from './record.ts'
import { aliveAtEnd, type Run, type RunProcess } from './run.ts'

/** What honest nodes derived from one physical block. */
export interface DerivedBlock {
  readonly block: string
  readonly height: number
  readonly mode: HybridMode
  readonly supply: SupplyRecord | null
  readonly events: readonly HybridEvent[]
  /** The first to derive it, `monoMs`. */
  readonly firstMs: number
}

/** An honest node that follows both chains, with its best chain when the run ended. */
export interface Followed {
  readonly process: RunProcess
  readonly running: boolean
  /** By height, as far as the node derived it. */
  readonly chain: readonly DerivedBlock[]
}

/** A hybrid run from the side of the physical chain: every check and metric of the hybrid reads this. */
export interface HybridRun {
  readonly parameters: HybridParameters
  readonly blocks: ReadonlyMap<string, DerivedBlock>
  /** Of every block that was on some honest node's best chain. */
  readonly parents: ReadonlyMap<string, string>
  readonly followed: readonly Followed[]
  /** The longest chain of a running node; any other node's if none runs. */
  readonly main: readonly DerivedBlock[]
  /** Two nodes, or two lives of one, that made different things of one block. */
  readonly differences: readonly { readonly height: number; readonly what: string; readonly nodes: string }[]
  /** The deepest reorganisation that an honest node saw. */
  readonly deepestReorg: number
}

/** null for the stake chain alone. */
export function hybridRun(run: Run): HybridRun | null {
  const { hybrid } = run.plan
  if (hybrid === undefined) return null
  const processes = run.processes.filter(({ honest }) => honest)
  const { blocks, differences } = mergeDerived(processes)
  const parents = new Map<string, string>()
  let deepestReorg = 0
  const followed = processes.flatMap((process): Followed[] => {
    if (process.records.of('derived').length === 0) return []
    const { hashes, deepest } = bestHashes(process, run.endedMs, parents)
    deepestReorg = Math.max(deepestReorg, deepest)
    const own = new Set(process.records.of('derived').map(({ block }) => block))
    const chain = hashes.flatMap((hash) => (own.has(hash) ? [blocks.get(hash)!] : []))
    return [{ process, running: aliveAtEnd(run, process), chain }]
  })
  const best = [...followed].sort(
    (a, b) => Number(b.running) - Number(a.running) || tipOf(b.chain) - tipOf(a.chain),
  )
  return {
    parameters: hybrid.parameters,
    blocks,
    parents,
    followed,
    main: best[0]?.chain ?? [],
    differences,
    deepestReorg,
  }
}

export function tipOf(chain: readonly DerivedBlock[]): number {
  return chain.at(-1)?.height ?? 0
}

function mergeDerived(processes: readonly RunProcess[]) {
  const blocks = new Map<string, DerivedBlock>()
  const said = new Map<string, { readonly node: string; readonly events: string }>()
  const roots = new Map<string, { readonly node: string; readonly root: string }>()
  const differences: { height: number; what: string; nodes: string }[] = []
  const differ = (record: RecordOf<'derived'>, what: string, node: string): void => {
    differences.push({ height: record.height, what, nodes: `${node} and ${record.node}` })
  }
  for (const record of processes.flatMap(({ records }) => records.of('derived'))) {
    const { block, height, mode, supply, events, monoMs, node } = record
    const text = JSON.stringify([mode, events])
    const before = said.get(block)
    if (before === undefined) said.set(block, { node, events: text })
    else if (before.events !== text) differ(record, 'events', before.node)
    const root = roots.get(block)
    if (record.root !== null) {
      if (root === undefined) roots.set(block, { node, root: record.root })
      else if (root.root !== record.root) differ(record, 'state roots', root.node)
    }
    const known = blocks.get(block)
    const firstMs = Math.min(monoMs, known?.firstMs ?? monoMs)
    blocks.set(block, { block, height, mode, events, supply: supply ?? known?.supply ?? null, firstMs })
  }
  return { blocks, differences }
}

/** The best chain at a moment, oldest first; fills in who came upon whom. */
function bestHashes(
  process: RunProcess,
  untilMs: number,
  parents: Map<string, string>,
): { readonly hashes: readonly string[]; readonly deepest: number } {
  const byHeight = new Map<number, string>()
  let top = 0
  let deepest = 0
  for (const { monoMs, height, adopted, reverted } of process.records.of('physical-tip')) {
    if (monoMs > untilMs) break
    deepest = Math.max(deepest, reverted)
    const first = height - adopted.length + 1
    for (let old = first; old <= top; old++) byHeight.delete(old)
    for (const [i, hash] of adopted.entries()) {
      const parent = byHeight.get(first + i - 1)
      if (parent !== undefined) parents.set(hash, parent)
      byHeight.set(first + i, hash)
    }
    top = height
  }
  const hashes = [...byHeight].sort(([a], [b]) => a - b).map(([, hash]) => hash)
  return { hashes, deepest }
}

/** From a block to the oldest known ancestor, itself first. */
export function* ancestry({ parents }: HybridRun, block: string): Generator<string> {
  for (let hash: string | undefined = block; hash !== undefined; hash = parents.get(hash)) yield hash
}

type EventOf<K extends HybridEvent['kind']> = Extract<HybridEvent, { kind: K }>

/** Events of one kind along a chain, with where they happened. */
export function eventsOf<K extends HybridEvent['kind']>(
  chain: readonly DerivedBlock[],
  kind: K,
): { readonly at: DerivedBlock; readonly event: EventOf<K> }[] {
  return chain.flatMap((at) =>
    at.events.flatMap((event) => (event.kind === kind ? [{ at, event: event as EventOf<K> }] : [])),
  )
}

/** Stake blocks that a chain's checkpoints hold, with the physical height at which each was checkpointed. */
export function checkpointed(run: Run, chain: readonly DerivedBlock[]): Map<string, number> {
  const parents = new Map<string, string>()
  for (const { records } of run.nodes)
    for (const { hash, parent } of records.of('finalized')) parents.set(hash, parent)
  const held = new Map<string, number>()
  for (const { at, event } of eventsOf(chain, 'checkpoint-accepted')) {
    let hash: string | undefined = event.tip
    for (let i = 0; i < event.blocks && hash !== undefined; i++) {
      held.set(hash, at.height)
      hash = parents.get(hash)
    }
  }
  return held
}

/** What honest nodes handed out as fast, each block once, in the order of time. */
export function deliveredBlocks(run: Run): { readonly name: StakeBlockName; readonly node: string }[] {
  const seen = new Set<string>()
  return run.processes
    .filter(({ honest }) => honest)
    .flatMap(({ records }) => records.of('delivered'))
    .sort((a, b) => a.monoMs - b.monoMs)
    .flatMap(({ node, blocks }) =>
      blocks.flatMap((name) => {
        if (seen.has(name.hash)) return []
        seen.add(name.hash)
        return [{ name, node }]
      }),
    )
}

/**
 * Delivered blocks that the main chain will never hold: another block of their epoch is checkpointed at their height or
 * above, or their epoch ended without them.
 */
export function revertedBlocks(run: Run, hybrid: HybridRun): StakeBlockName[] {
  const { main, parameters } = hybrid
  const held = checkpointed(run, main)
  const highest = new Map<number, number>()
  for (const { event } of eventsOf(main, 'checkpoint-accepted'))
    highest.set(event.epoch, Math.max(event.tipHeight, highest.get(event.epoch) ?? 0))
  // An epoch in which RECORDED began, confirmed, takes no checkpoint any more.
  const confirmed = tipOf(main) - parameters.kappa
  let running = 0
  const closed = new Set<number>()
  for (const { height, events } of main) {
    for (const event of events) {
      if (event.kind === 'epoch-began') running = event.number
      if (event.kind === 'recorded-began' && height <= confirmed) closed.add(running)
    }
  }
  return deliveredBlocks(run)
    .map(({ name }) => name)
    .filter(({ epoch, height, hash }) => {
      if (epoch === null || held.has(hash)) return false
      return closed.has(epoch) || height <= (highest.get(epoch) ?? -1)
    })
}
