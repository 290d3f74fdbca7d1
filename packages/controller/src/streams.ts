import type { Hash, KeyPair } from '@groundwork/primitives'
import {
  farmersOf,
  type Plan,
  type PlannedNode,
  type PlannedStream,
  validatorsOf,
} from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import type { Network } from './runtime/runtime.ts'
import { monotonicMs, sleepUntil } from './schedule.ts'
import { signedTransfer, signerOf } from './transfers.ts'

export interface StreamsInit {
  readonly plan: Pick<Plan, 'workload' | 'nodes'>
  readonly chainId: Hash
  /** The keys of the accounts that the genesis file endows, by what they are for. */
  readonly accounts: readonly KeyPair[]
  readonly network: Pick<Network, 'submit' | 'isRunning'>
  readonly startMs: number
  readonly signal: AbortSignal
  emit(fact: TraceFact, atMs: number): void
}

/** A client hands a forced transaction to so many farmers: one of them may keep it to itself. */
const farmersAsked = 3
/** Farmers take what pays first. */
const fee = 1n

/** Sends the transfers of a plan's streams at their times. Resolves when every answer is in. */
export async function runStreams(init: StreamsInit): Promise<void> {
  const { workload } = init.plan
  let from = workload.accounts
  const done: Promise<void>[] = []
  for (const stream of workload.streams ?? []) {
    done.push(runStream(init, stream, init.accounts.slice(from, from + stream.count)))
    from += stream.count
  }
  await Promise.all(done)
}

async function runStream(
  init: StreamsInit,
  stream: PlannedStream,
  senders: readonly KeyPair[],
): Promise<void> {
  const answers: Promise<void>[] = []
  for (const [at, sender] of senders.entries()) {
    await sleepUntil(init.startMs + stream.fromMs + at * stream.everyMs, init.signal)
    if (init.signal.aborted) break
    answers.push(post(init, stream, at, sender))
  }
  await Promise.all(answers)
}

async function post(init: StreamsInit, stream: PlannedStream, at: number, sender: KeyPair): Promise<void> {
  const { plan, accounts, network, chainId } = init
  const isTarget = stream.to === 'target'
  const to = (isTarget ? accounts.at(-1) : accounts[0]) as KeyPair
  const { bytes, id } = signedTransfer(chainId, signerOf(sender), { to: to.publicKey, nonce: 0, fee })
  const isForced = stream.by === 'physical'
  const all: readonly PlannedNode[] = isForced ? farmersOf(plan.nodes) : validatorsOf(plan.nodes)
  const running = rotated(all, at)
    .map(({ name }) => name)
    .filter((name) => network.isRunning(name))
  // Validators' mempools are not shared with whoever fears a censor: all are asked.
  const asked = isForced ? running.slice(0, farmersAsked) : running
  const sentMs = monotonicMs()
  const answers = await Promise.all(
    asked.map(async (name) => ({ name, answer: (await network.submit(name, [bytes]))[0] })),
  )
  const taken = answers.find(({ answer }) => answer?.accepted) ?? answers[0]
  const accepted = taken?.answer?.accepted ?? false
  const reason = accepted ? null : (taken?.answer?.reason ?? 'unreachable')
  const by = stream.by
  init.emit(
    { kind: 'submitted', transaction: id, to: taken?.name ?? '', accepted, reason, by, target: isTarget },
    sentMs,
  )
}

function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const at = all.length === 0 ? 0 : by % all.length
  return [...all.slice(at), ...all.slice(0, at)]
}
