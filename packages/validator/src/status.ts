import type { Driver } from '@groundwork/host'
import { toHex } from '@groundwork/primitives'
import { type ApiServer, monotonicMs } from '@groundwork/program'
import type { Libp2pTransport } from '@groundwork/transport-libp2p'
import type { StatusAnswer } from './api.ts'
import type { HybridPart } from './hybrid-part.ts'
import type { Intake } from './intake.ts'
import type { Gauges } from './metrics.ts'
import type { ValidatorInit } from './node.ts'
import type { PhysicalFollower } from './physical-follower.ts'
import type { Disk } from './storage.ts'

/** What comes to life one after the other. */
export interface Running {
  mode: StatusAnswer['mode'] | 'stopped'
  /** It has signed before and does not know what. */
  renounced: boolean
  readonly startedMs: number
  physical?: PhysicalFollower
  hybrid?: HybridPart
  driver?: Driver
  intake?: Intake
  api?: ApiServer
  transport?: Libp2pTransport
  listening?: NodeJS.Timeout
}

export function gaugesOf({ driver, transport }: Running): Gauges {
  const state = driver?.core.state
  return {
    view: state?.view ?? 0,
    finalView: state?.final.view ?? 0,
    finalHeight: state?.final.height ?? 0,
    peers: transport?.connected().length ?? 0,
    mempool: state?.mempool.size ?? 0,
  }
}

export function statusOf(
  init: ValidatorInit,
  running: Running,
  { core }: Driver,
  { validator }: Disk,
): StatusAnswer {
  const { view, final, mempool } = core.state
  const { physical, hybrid, mode } = running
  return {
    version: 1,
    name: init.config.name,
    validator,
    chainId: toHex(core.epoch.chainId),
    epoch: core.epoch.number,
    mode: mode === 'stopped' ? 'following' : mode,
    view,
    leader: core.leader(view),
    finalView: final.view,
    finalHeight: final.height,
    finalHash: toHex(final.hash),
    stateRoot: toHex(final.position.ledger.root),
    peers: running.transport?.connected() ?? [],
    mempool: mempool.size,
    uptimeMs: Math.round(monotonicMs() - running.startedMs),
    byzantine: init.byzantine,
    physical: physical?.status() ?? null,
    hybrid: hybrid?.status() ?? null,
  }
}
