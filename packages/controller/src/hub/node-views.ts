import { setTimeout as delay } from 'node:timers/promises'
import type { PlannedValidator } from '@groundwork/scenario'
import type { StatusAnswer } from '@groundwork/validator'
import type { Upstream } from './upstream.ts'

/** A node as the hub sees it. */
export interface NodeView {
  readonly name: string
  readonly region: string
  readonly validator: number
  /** awaited: never answered; silent: it answered once, not now (down, frozen, or starting again). */
  readonly state: 'awaited' | 'up' | 'silent'
  readonly mode: StatusAnswer['mode'] | null
  /** Of the newest final block. */
  readonly height: number
  readonly view: number
  /** Position in the validator set of the leader of its view; null before the first answer. */
  readonly leader: number | null
  readonly peers: readonly string[]
  readonly mempool: number
  /** How often its program was started again, as far as the hub saw. */
  readonly restarts: number
  readonly uptimeMs: number | null
  /** Since its final height last grew, or since it first answered. */
  readonly finalAgoMs: number | null
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

interface Seen {
  status: StatusAnswer | null
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
  planned: readonly PlannedValidator[],
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
        const status = (await upstreamOf(name).json('/v1/status')) as StatusAnswer | null
        own.answered = status !== null
        if (status === null) return
        const before = own.status
        if (before !== null && status.uptimeMs < before.uptimeMs) own.restarts++
        if (before === null || status.finalHeight > before.finalHeight) own.grewAtMs = performance.now()
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
      const newest = up.reduce<NodeView | null>((a, b) => (a === null || b.view > a.view ? b : a), null)
      return planned.filter(({ validator }) => validator === newest?.leader).map(({ name }) => name)
    },
    close: () => closed.abort(),
  }
}

function viewOf(
  { name, labels, validator }: PlannedValidator,
  { status, answered, restarts, grewAtMs }: Seen,
): NodeView {
  return {
    name,
    region: labels.region,
    validator,
    state: status === null ? 'awaited' : answered ? 'up' : 'silent',
    mode: status?.mode ?? null,
    height: status?.finalHeight ?? 0,
    view: status?.view ?? 0,
    leader: status?.leader ?? null,
    peers: status?.peers ?? [],
    mempool: status?.mempool ?? 0,
    restarts,
    uptimeMs: status?.uptimeMs ?? null,
    finalAgoMs: status === null ? null : Math.round(performance.now() - grewAtMs),
  }
}
