import type { Driver } from '@groundwork/host'
import { type Bytes, equal, toHex } from '@groundwork/primitives'
import { type ApiServer, monotonicMs } from '@groundwork/program'
import type { Epoch } from '@groundwork/stake-core'
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

/** Now or in the next epoch, by either chain: the stake chain may be ahead of what is recorded of it. */
export function isValidator(publicKey: Bytes, { driver, hybrid }: Running): boolean {
  return (driver !== undefined && isIn(driver.core.epoch, publicKey)) || hybrid?.admits(publicKey) === true
}

function isIn({ validators }: Epoch, publicKey: Bytes): boolean {
  return validators.validators.some((validator) => equal(validator.publicKey, publicKey))
}

export function statusOf(
  init: ValidatorInit,
  running: Running,
  { core }: Driver,
  { validator, publicKey }: Pick<Disk, 'validator'> & { readonly publicKey: Bytes },
): StatusAnswer {
  const { view, final, mempool } = core.state
  const { physical, hybrid, mode } = running
  const sits = isIn(core.epoch, publicKey)
  return {
    version: 1,
    name: init.config.name,
    validator,
    chainId: toHex(core.epoch.chainId),
    epoch: core.epoch.number,
    mode: mode === 'stopped' || (mode === 'validating' && !sits) ? 'following' : mode,
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
