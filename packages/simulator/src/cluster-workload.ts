import type { TransactionBytes } from '@groundwork/ledger'
import type { Cluster } from './cluster.ts'
import { signedTransfer } from './keys.ts'

/** Hands transfers to random nodes at a steady rate until a time, each account's nonces in order. */
export function startWorkload(
  world: Cluster,
  { ratePerSecond, untilMs, accounts = 4 }: { ratePerSecond: number; untilMs: number; accounts?: number },
): void {
  if (ratePerSecond <= 0) return
  const random = world.random.split('workload')
  const nonces = Array.from({ length: accounts }, () => 0)
  const next = (): void => {
    if (world.time.now() > untilMs) return
    const from = random.below(accounts)
    const nonce = nonces[from] as number
    const transfer: TransactionBytes = signedTransfer(world.epoch.chainId, world.signatures, {
      from,
      to: random.below(accounts),
      amount: BigInt(random.below(1000)),
      fee: 1n,
      nonce,
    })
    if (random.pick(world.nodes).submit([transfer]) === null) nonces[from] = nonce + 1
    world.time.schedule(1000 / ratePerSecond, next)
  }
  world.time.schedule(500, next)
}
