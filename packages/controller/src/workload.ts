import { type Hash, type KeyPair, prng } from '@groundwork/primitives'
import { type Plan, validatorsOf } from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import type { Network, SubmitAnswer } from './runtime/runtime.ts'
import { monotonicMs, sleepUntil } from './schedule.ts'
import { type Signer, signedTransfer, signerOf } from './transfers.ts'

export interface WorkloadInit {
  readonly plan: Pick<Plan, 'seed' | 'workload' | 'nodes'>
  readonly chainId: Hash
  /** The keys of the accounts that the genesis file endows. */
  readonly accounts: readonly KeyPair[]
  readonly network: Pick<Network, 'submit' | 'isRunning'>
  readonly signal: AbortSignal
  isFinal(transaction: string): boolean
  /** `atMs`: the `monoMs` at which the transfer was first sent. */
  emit(fact: TraceFact, atMs: number): void
}

interface Sender extends Signer {
  nextNonce: number
  /** Nonces of transfers that no node took: used again first, or all later transfers would wait for ever. */
  readonly unused: number[]
  /** Accepted by some node and, as far as was looked, not final; in the order of sending. */
  readonly waiting: Pending[]
}

interface Pending {
  readonly bytes: Uint8Array
  readonly id: string
  readonly sentAtMs: number
  readonly sender: Sender
  readonly nonce: number
  /** Where it goes next, as an index into the nodes. */
  target: number
  attempts: number
  lastSentMs: number
}

/** Clients hand in what they made in so long, in one request. */
const bundleMs = 100
const maxAttempts = 4
/** Refusals that say that some transfer with this nonce got in before. */
const nonceUsed: ReadonlySet<string | null> = new Set(['known', 'nonce-past', 'nonce-taken'])
const latestAnswerMs = 2000
/** After the end of the run. */
const lastAnswerMs = 300
const remindEveryMs = 1000
const remindAfterMs = 3000

/**
 * Sends signed transfers at the planned rate until the signal aborts: bundle i leaves at its own time, whatever became of
 * the earlier ones. An account is at home at one node, as a client in a region is; a bundle holds transfers of one node's
 * accounts, the nodes take turns, and so transfers spread evenly. A node that does not answer is replaced by the next one, the transfer keeps its first send time. A node that is
 * killed forgets what it accepted, and without that nonce all later transfers of the account wait for ever: as a client
 * does, an account sends its oldest transfer again if that is long not final.
 * Resolves when every answer is in or given up.
 */
export async function runWorkload(init: WorkloadInit): Promise<void> {
  const { ratePerSecond } = init.plan.workload
  const { length: nodes } = validatorsOf(init.plan.nodes)
  if (ratePerSecond <= 0 || init.accounts.length === 0 || nodes === 0) return
  const senders = init.accounts.slice(0, init.plan.workload.accounts).map(sender)
  const random = prng(init.plan.seed).split('workload')
  const open = new Set<Promise<void>>()
  const reminders = setInterval(() => remind(init, senders), remindEveryMs)
  const startMs = monotonicMs()
  const homes = Math.min(nodes, senders.length)
  const bundleSize = Math.max(1, Math.round((ratePerSecond * bundleMs) / 1000))
  for (let bundle = 0; ; bundle++) {
    await sleepUntil(startMs + (bundle * bundleSize * 1000) / ratePerSecond, init.signal)
    if (init.signal.aborted) break
    const home = bundle % homes
    const clients = senders.filter((_, i) => i % homes === home)
    const first = Math.floor(bundle / homes) * bundleSize
    const pending = Array.from({ length: bundleSize }, (_, i) => {
      const from = clients[(first + i) % clients.length] as Sender
      return transfer(init, from, senders[random.below(senders.length)] as Sender, home)
    })
    const answered = deliver(init, home, pending).finally(() => open.delete(answered))
    open.add(answered)
  }
  clearInterval(reminders)
  await Promise.all(open)
}

/** Sends each account's oldest transfer again, to another node, if it was last sent long ago. */
function remind({ network, isFinal, plan }: WorkloadInit, senders: readonly Sender[]): void {
  for (const { waiting } of senders) {
    while (waiting[0] !== undefined && isFinal(waiting[0].id)) waiting.shift()
    const oldest = waiting[0]
    if (oldest === undefined || monotonicMs() - oldest.lastSentMs < remindAfterMs) continue
    oldest.lastSentMs = monotonicMs()
    const nodes = validatorsOf(plan.nodes)
    const node = nodes[++oldest.target % nodes.length]?.name as string
    if (network.isRunning(node)) void network.submit(node, [oldest.bytes])
  }
}

function sender(account: KeyPair): Sender {
  return { ...signerOf(account), nextNonce: 0, unused: [], waiting: [] }
}

function transfer(init: WorkloadInit, from: Sender, to: Sender, target: number): Pending {
  const nonce = from.unused.shift() ?? from.nextNonce++
  const { bytes, id } = signedTransfer(init.chainId, from, { to: to.publicKey, nonce, fee: 0n })
  const nowMs = monotonicMs()
  return { bytes, id, sentAtMs: nowMs, lastSentMs: nowMs, sender: from, nonce, target, attempts: 0 }
}

async function deliver(init: WorkloadInit, target: number, batch: readonly Pending[]): Promise<void> {
  const nodes = validatorsOf(init.plan.nodes)
  const node = nodes[target % nodes.length]?.name as string
  const answers = await answersOf(init, node, batch)
  const unreached: Pending[] = []
  for (const [i, item] of batch.entries()) {
    const answer = answers[i] as SubmitAnswer
    item.attempts++
    item.target = target
    if (!answer.reached && item.attempts < maxAttempts && !init.signal.aborted) {
      unreached.push(item)
      continue
    }
    if (answer.accepted) item.sender.waiting.push(item)
    else if (!nonceUsed.has(answer.reason)) item.sender.unused.push(item.nonce)
    const { accepted, reason } = answer
    init.emit({ kind: 'submitted', transaction: item.id, to: node, accepted, reason }, item.sentAtMs)
  }
  if (unreached.length > 0) await deliver(init, target + 1, unreached)
}

function answersOf(
  init: WorkloadInit,
  node: string,
  batch: readonly Pending[],
): Promise<readonly SubmitAnswer[]> {
  const unreached = (reason: string): SubmitAnswer[] =>
    batch.map(() => ({ accepted: false, reason, reached: false }))
  if (!init.network.isRunning(node)) return Promise.resolve(unreached('node is down'))
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(unreached('no answer'))
    const late = setTimeout(giveUp, latestAnswerMs)
    const end = (): void => void setTimeout(giveUp, lastAnswerMs)
    init.signal.addEventListener('abort', end, { once: true })
    void init.network
      .submit(
        node,
        batch.map(({ bytes }) => bytes),
      )
      .then((answers) => {
        clearTimeout(late)
        init.signal.removeEventListener('abort', end)
        resolve(answers)
      })
  })
}
