import type { Hex, KeyPair, Prng } from '@groundwork/primitives'
import type { Cluster } from './cluster.ts'
import { signedTransfer } from './transfers.ts'

export interface WorkloadInit {
  /** Accounts with a balance in the genesis ledger. */
  readonly accounts: readonly KeyPair[]
  readonly ratePerSecond: number
  /** Virtual time of the last transfer. */
  readonly untilMs: number
  readonly submitted?: (transfer: Submitted) => void
}

export interface Submitted {
  readonly transaction: Hex
  readonly to: string
  readonly accepted: boolean
  readonly reason: string | null
}

interface Sender extends KeyPair {
  /** The number of its node: a client in a region asks a node of that region. */
  readonly home: number
  nextNonce: number
  /** Nonces of transfers that nobody took: used again first, or all later ones would wait for ever. */
  readonly unused: number[]
}

const maxAttempts = 4

/** Hands seeded transfers to the nodes at a steady rate, open loop; a node that is down is replaced by the next. */
export function startWorkload(world: Cluster, init: WorkloadInit): void {
  if (init.ratePerSecond <= 0 || init.accounts.length === 0) return
  const random = world.random.split('workload')
  const startMs = world.time.now()
  const senders = init.accounts.map(
    (keys, i): Sender => ({ ...keys, home: i % world.nodes.length, nextNonce: 0, unused: [] }),
  )
  const send = (sent: number): void => {
    if (world.time.now() > init.untilMs) return
    init.submitted?.(submitOne(world, random, senders[sent % senders.length] as Sender, senders))
    world.time.at(startMs + ((sent + 1) * 1000) / init.ratePerSecond, () => send(sent + 1))
  }
  send(0)
}

function submitOne(world: Cluster, random: Prng, sender: Sender, senders: readonly Sender[]): Submitted {
  const nonce = sender.unused.shift() ?? sender.nextNonce++
  const receiver = random.pick(senders).publicKey
  const { bytes, id } = signedTransfer(world.epoch.chainId, world.signatures, sender, {
    to: receiver,
    nonce,
    fee: 0n,
  })
  let to = ''
  let reason: string | null = 'unreachable'
  for (let attempt = 0; attempt < maxAttempts && reason === 'unreachable'; attempt++) {
    const node = world.nodes[(sender.home + attempt) % world.nodes.length] as Cluster['nodes'][number]
    to = node.name
    reason = node.submit([bytes])
  }
  if (reason !== null && reason !== 'nonce-past' && reason !== 'nonce-taken') sender.unused.push(nonce)
  return { transaction: id, to, accepted: reason === null, reason }
}
