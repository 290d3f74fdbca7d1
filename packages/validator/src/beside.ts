import type { Genesis } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { verifiedSignatures } from '@groundwork/hybrid-host'
import type { KeyPair } from '@groundwork/primitives'
import type { Verify } from '@groundwork/stake-core'
import type { PassportSigner } from '@groundwork/transport-libp2p'
import type { PhysicalSection } from './config.ts'
import { openHybridPart } from './hybrid-part.ts'
import type { Metrics } from './metrics.ts'
import type { ValidatorInit } from './node.ts'
import { openPhysicalFollower } from './physical-follower.ts'
import type { Reporter } from './reporter.ts'
import type { Running } from './status.ts'
import type { Disk } from './storage.ts'

export interface BesideInit extends ValidatorInit {
  readonly genesis: Genesis
  readonly section: PhysicalSection
  readonly key: KeyPair
  readonly networkKey: Uint8Array
  readonly passport: PassportSigner | undefined
  readonly disk: Disk
  readonly verify: Verify
  readonly metrics: Metrics
  readonly reporter: Reporter
}

/** Derivation and the stake chain check most signatures twice. */
export function verifierOf({ hybrid }: Genesis): Verify {
  return hybrid === undefined ? nodeSignatures.verify : verifiedSignatures(nodeSignatures.verify)
}

/** The physical chain runs before the stake chain goes on: that may have to wait for it. */
export async function followPhysical(init: BesideInit, running: Running): Promise<void> {
  const physical = await openPhysicalFollower({ ...init, hybrid: () => running.hybrid })
  running.physical = physical
  if (init.genesis.hybrid !== undefined) {
    running.hybrid = openHybridPart({
      ...init,
      dataDir: init.config.dataDir,
      physical,
      onView: (view) => running.driver?.deliver({ kind: 'physical', view }),
    })
    await running.hybrid.start()
  }
  await physical.connect()
  physical.host.start()
}
