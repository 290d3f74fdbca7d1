import { setTimeout as delay } from 'node:timers/promises'
import type { FarmerStatus } from '@groundwork/farmer'
import { isValidator, type PlannedNode } from '@groundwork/scenario'
import type { StatusAnswer } from '@groundwork/validator'
import type { Upstream } from './upstream.ts'

/** A node as the hub sees it. */
export interface NodeView {
  readonly name: string
  readonly region: string
  readonly role: PlannedNode['role']
  /** awaited: never answered; silent: it answered once, not now (down, frozen, or starting again). */
  readonly state: 'awaited' | 'up' | 'silent'
  readonly mode: Status['mode'] | null
  /** Of the newest final block; a farmer's: of the best chain's tip. */
  readonly height: number
  /** Of a validator; else null. */
  readonly view: number | null
  /** Of a farmer: that of the tip; else null. */
  readonly slot: number | null
  /** Position in the validator set of the leader of its view; null before the first answer, and of a farmer. */
  readonly leader: number | null
  /** Of a node that follows both chains; else null. */
  readonly hybrid: Pick<HybridStatus, 'mode' | 'epoch' | 'ledgers' | 'hazards'> | null
  readonly peers: readonly string[]
  readonly mempool: number
  /** How often its program was started again, as far as the hub saw. */
  readonly restarts: number
  readonly uptimeMs: number | null
  /** Since its height last grew, or since it first answered. */
  readonly grewAgoMs: number | null
}

export interface NodeViews {
  /** Asks every node now. */
  refresh(): Promise<readonly NodeView[]>
  /** As of the last look. */
  readonly nodes: readonly NodeView[]
  /** The processes of the leader of the highest view that a node which answers is in; empty if none does. */
  leaders(): readonly string[]
  close(): void
}

type Status = StatusAnswer | FarmerStatus
type HybridStatus = NonNullable<Status['hybrid']>

interface Seen {
  status: Status | null
  answered: boolean
  restarts: number
  grewAtMs: number
}

const lookEveryMs = 5000

/**
 * Asks each node for its status when somebody wants to know, and otherwise now and then, to count restarts. Following
 * their event streams would cost every node as much as a peer does.
 */
export function nodeViews(
  planned: readonly PlannedNode[],
  upstreamOf: (node: string) => Pick<Upstream, 'json'>,
): NodeViews {
  const seen = new Map<string, Seen>(
    planned.map(({ name }) => [name, { status: null, answered: false, restarts: 0, grewAtMs: 0 }]),
  )
  const closed = new AbortController()
  let looking: Promise<readonly NodeView[]> | null = null

  const look = async (): Promise<readonly NodeView[]> => {
    await Promise.all(
      planned.map(async ({ name }) => {
        const own = seen.get(name) as Seen
        const status = (await upstreamOf(name).json('/v1/status')) as Status | null
        own.answered = status !== null
        if (status === null) return
        const before = own.status
        if (before !== null && status.uptimeMs < before.uptimeMs) own.restarts++
        if (before === null || heightOf(status) > heightOf(before)) own.grewAtMs = performance.now()
        own.status = status
      }),
    )
    return views()
  }
  const refresh = (): Promise<readonly NodeView[]> => {
    looking ??= look().finally(() => {
      looking = null
    })
    return looking
  }
  const views = (): readonly NodeView[] => planned.map((node) => viewOf(node, seen.get(node.name) as Seen))

  void (async () => {
    while (!closed.signal.aborted) {
      await refresh()
      await delay(lookEveryMs, undefined, { signal: closed.signal }).catch(() => {})
    }
  })()

  return {
    refresh,
    get nodes() {
      return views()
    },
    leaders: () => {
      const up = views().filter(({ state, leader }) => state === 'up' && leader !== null)
      const newest = up.reduce<NodeView | null>((a, b) => (viewIn(b) > viewIn(a) ? b : a), null)
      return planned
        .filter((node) => isValidator(node) && node.validator === newest?.leader)
        .map(({ name }) => name)
    },
    close: () => closed.abort(),
  }
}

function heightOf(status: Status): number {
  return 'finalHeight' in status ? status.finalHeight : status.height
}

function viewIn(node: NodeView | null): number {
  return node?.view ?? -1
}

function viewOf(
  { name, labels, role }: PlannedNode,
  { status, answered, restarts, grewAtMs }: Seen,
): NodeView {
  const [stake, physical] =
    status === null ? [null, null] : 'finalHeight' in status ? [status, null] : [null, status]
  return {
    name,
    region: labels.region,
    role,
    state: status === null ? 'awaited' : answered ? 'up' : 'silent',
    mode: status?.mode ?? null,
    height: status === null ? 0 : heightOf(status),
    view: stake?.view ?? null,
    slot: physical?.slot ?? null,
    leader: stake?.leader ?? null,
    hybrid: hybridOf(status),
    peers: status?.peers ?? [],
    mempool: status?.mempool ?? 0,
    restarts,
    uptimeMs: status?.uptimeMs ?? null,
    grewAgoMs: status === null ? null : Math.round(performance.now() - grewAtMs),
  }
}

function hybridOf(status: Status | null): NodeView['hybrid'] {
  if (status === null || status.hybrid === null) return null
  const { mode, epoch, ledgers, hazards } = status.hybrid
  return { mode, epoch, ledgers, hazards }
}
