import { encodeForced } from '@groundwork/hybrid-core'
import type { KeyPair } from '@groundwork/primitives'
import type { PlannedStream } from '@groundwork/scenario'
import type { Cluster } from './cluster.ts'
import type { Farm } from './physical/farm.ts'
import { type SignedTransaction, signedTransfer } from './transfers.ts'
import type { Submitted } from './workload.ts'

export interface StreamInit {
  readonly stream: PlannedStream
  /** One for each transfer. */
  readonly senders: readonly KeyPair[]
  /** Whom each pays. */
  readonly receiver: KeyPair
  readonly world: Cluster
  /** Null without a physical chain. */
  readonly farm: Farm | null
  submitted(transfer: StreamSubmitted): void
}

export interface StreamSubmitted extends Submitted {
  readonly by: 'stake' | 'physical'
  readonly target: boolean
}

/** A client hands a forced transaction to so many farmers: one of them may keep it to itself. */
const farmersAsked = 3
export const forcedFee = 1n

/** Posts the transfers of a stream at their times, counted from now. */
export function startStream(init: StreamInit): void {
  const { stream, world, senders } = init
  const startMs = world.time.now() + stream.fromMs
  for (const [at, sender] of senders.entries()) {
    world.time.at(startMs + at * stream.everyMs, () => post(init, at, sender))
  }
}

function post({ stream, world, farm, receiver, submitted }: StreamInit, at: number, sender: KeyPair): void {
  const transfer = signedTransfer(world.epoch.chainId, world.signatures, sender, {
    to: receiver.publicKey,
    nonce: 0,
    fee: forcedFee,
  })
  const outcome = handIn(world, farm, stream.by, at, transfer)
  submitted({ ...outcome, transaction: transfer.id, by: stream.by, target: stream.to === 'target' })
}

/** `at` says with whom to begin. */
export function handIn(
  world: Cluster,
  farm: Farm | null,
  by: PlannedStream['by'],
  at: number,
  transaction: SignedTransaction,
): Outcome {
  return by === 'stake' ? toValidators(world, at, transaction) : toFarmers(farm, at, transaction)
}

type Outcome = Pick<Submitted, 'to' | 'accepted' | 'reason'>

/** To all of them, as whoever fears a censor would: mempools are not shared. The answer is the first one's that took it. */
function toValidators(world: Cluster, at: number, { bytes }: SignedTransaction): Outcome {
  let answer: Outcome = { to: '', accepted: false, reason: 'unreachable' }
  for (const node of rotated(world.nodes, at)) {
    const reason = node.submit([bytes])
    if (!answer.accepted) answer = { to: node.name, accepted: reason === null, reason }
  }
  return answer
}

function toFarmers(farm: Farm | null, at: number, { bytes }: SignedTransaction): Outcome {
  const item = { kind: 'forced-transaction', bytes: encodeForced(bytes) } as const
  const taken = rotated(farm?.farmers ?? [], at)
    .filter(({ running }) => running)
    .slice(0, farmersAsked)
    .filter((farmer) => farmer.offer([item]))
  const to = taken[0]?.name
  return to === undefined
    ? { to: '', accepted: false, reason: 'unreachable' }
    : { to, accepted: true, reason: null }
}

function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const at = all.length === 0 ? 0 : by % all.length
  return [...all.slice(at), ...all.slice(0, at)]
}
