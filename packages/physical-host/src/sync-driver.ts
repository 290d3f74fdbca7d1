import type { Clock } from '@groundwork/host/pure'
import {
  type ChainStatus,
  createChainSync,
  type Peer,
  type PhysicalCore,
  type PhysicalMessage,
  type SyncEvent,
} from '@groundwork/physical-core'
import type { Hash } from '@groundwork/primitives'
import type { Requests } from './asked.ts'

export interface SyncDriver {
  claimed(from: Peer, status: ChainStatus): void
  /** The blocks of a range were checked and stepped. */
  answered(from: Peer, hashes: readonly Hash[]): void
  progress(): void
  down(peer: Peer): void
  readonly from: Peer | null
}

export interface SyncDriverInit {
  readonly core: Pick<PhysicalCore, 'tip' | 'state' | 'locator'>
  readonly clock: Clock
  readonly requests: Requests
  send(to: Peer, message: PhysicalMessage): void
  refused(reason: string, from: Peer, isBlamed: boolean): void
}

const answerMs = 10_000

/** Performs what a synchronisation asks for. */
export function createSyncDriver({ core, clock, requests, send, refused }: SyncDriverInit): SyncDriver {
  const sync = createChainSync()
  const step = (event: SyncEvent): void => {
    const view = { weight: core.tip().weight, waiting: core.state.waiting.size, locator: core.locator }
    for (const effect of sync.step(event, view)) {
      switch (effect.kind) {
        case 'request':
          requests.note(effect.to, { kind: 'range' })
          send(effect.to, { kind: 'range-request', locator: effect.locator, max: effect.max })
          break
        case 'timer':
          clock.schedule(answerMs, () => step({ kind: 'timer', request: effect.request }))
          break
        case 'drop':
          refused(effect.reason, effect.peer, true)
          break
        case 'synced':
          break
      }
    }
  }
  return {
    claimed: (from, status) => step({ kind: 'status', from, status }),
    answered: (from, hashes) => step({ kind: 'answer', from, hashes }),
    progress: () => step({ kind: 'progress' }),
    down: (peer) => step({ kind: 'peer-down', peer }),
    get from() {
      return sync.from
    },
  }
}
