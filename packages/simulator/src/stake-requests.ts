import type { PlannedStakeRequest } from '@groundwork/scenario'
import type { Cluster } from './cluster.ts'
import { simulatedKey } from './keys.ts'
import type { Farm } from './physical/farm.ts'
import { forcedFee, handIn } from './streams.ts'
import { signedStakeTransaction } from './transfers.ts'
import type { Submitted } from './workload.ts'

export interface StakeRequestsInit {
  readonly requests: readonly PlannedStakeRequest[]
  readonly world: Cluster
  readonly farm: Farm | null
  submitted(request: StakeSubmitted): void
}

export interface StakeSubmitted extends Submitted {
  readonly by: PlannedStakeRequest['by']
  readonly stake: {
    readonly kind: PlannedStakeRequest['kind']
    readonly validator: number
    readonly amount: number
  }
}

/** Hands each request in at its time, counted from now, signed with the validator's key. */
export function startStakeRequests({ requests, world, farm, submitted }: StakeRequestsInit): void {
  const startMs = world.time.now()
  for (const [at, { kind, validator, amount, by, atMs, nonce }] of requests.entries()) {
    world.time.at(startMs + atMs, () => {
      const owner = simulatedKey('validator', validator)
      const transaction = signedStakeTransaction(world.epoch.chainId, world.signatures, owner, {
        kind,
        amount: BigInt(amount),
        nonce,
        fee: by === 'physical' ? forcedFee : 0n,
      })
      const outcome = handIn(world, farm, by, at, transaction)
      submitted({ ...outcome, transaction: transaction.id, by, stake: { kind, validator, amount } })
    })
  }
}
