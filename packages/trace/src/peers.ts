import type { Run } from './run.ts'

/** A connection that comes back must last this long to count: a half-open one is dropped again at once. */
const steadyMs = 2000

/**
 * When, at or after `healedMs`, all pairs that were connected at `beganMs` were connected again and stayed so;
 * undefined if never up to `untilMs`, or if connections are not logged. `monoMs`.
 */
export function pairsRestored(
  run: Run,
  beganMs: number,
  healedMs: number,
  untilMs: number,
): number | undefined {
  const connected = new Map<string, Set<string>>()
  let baseline: [node: string, peer: string][] | undefined
  let since: number | undefined
  const complete = () => baseline!.every(([node, peer]) => connected.get(node)?.has(peer) === true)
  for (const change of changes(run)) {
    if (change.monoMs > untilMs) break
    if (change.monoMs > beganMs) baseline ??= pairs(connected)
    if (change.monoMs > healedMs && baseline !== undefined) {
      if (since === undefined && complete()) since = healedMs
      if (since !== undefined && change.monoMs - since >= steadyMs) return since
    }
    apply(connected, change)
    if (baseline === undefined || change.monoMs <= healedMs) continue
    if (!complete()) since = undefined
    else since ??= change.monoMs
  }
  baseline ??= pairs(connected)
  if (baseline.length === 0) return undefined
  return since ?? (complete() ? healedMs : undefined)
}

interface Change {
  readonly monoMs: number
  readonly node: string
  readonly kind: 'up' | 'down' | 'clear'
  readonly peer: string
}

/** A process that starts has no connections, whatever its predecessor had. */
function changes(run: Run): Change[] {
  const list = run.nodes.flatMap((node) => [
    ...node.records
      .of('peer-up')
      .map((r): Change => ({ monoMs: r.monoMs, node: node.name, kind: 'up', peer: r.peer })),
    ...node.records
      .of('peer-down')
      .map((r): Change => ({ monoMs: r.monoMs, node: node.name, kind: 'down', peer: r.peer })),
    ...node.records
      .of('node-started')
      .map((r): Change => ({ monoMs: r.monoMs, node: node.name, kind: 'clear', peer: '' })),
  ])
  return list.sort((a, b) => a.monoMs - b.monoMs)
}

function apply(connected: Map<string, Set<string>>, { node, kind, peer }: Change): void {
  const peers = connected.get(node) ?? new Set()
  connected.set(node, peers)
  if (kind === 'up') peers.add(peer)
  else if (kind === 'down') peers.delete(peer)
  else peers.clear()
}

function pairs(connected: ReadonlyMap<string, ReadonlySet<string>>): [string, string][] {
  return [...connected].flatMap(([node, peers]) => [...peers].map((peer): [string, string] => [node, peer]))
}
