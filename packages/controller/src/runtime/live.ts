import { setTimeout as delay } from 'node:timers/promises'
import type { Hash, KeyPair } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import { controllerRecord } from '../event-log.ts'
import { monotonicMs, sleepUntil } from '../schedule.ts'
import { runStreams } from '../streams.ts'
import { runTimeline } from '../timeline.ts'
import { runWorkload } from '../workload.ts'
import type { Network, RunContext, RunEnd } from './runtime.ts'

/** A network of real processes, from its start to its end. */
export interface LiveNetwork extends Network {
  readonly chainId: Hash
  /** The accounts that the genesis file endows. */
  readonly accounts: readonly KeyPair[]
  /** Resolves when all nodes are connected and have finalized a block. Throws why not. */
  start(): Promise<void>
  /** Whether some node has finalized the transaction, as far as is known. */
  isFinal(transaction: string): boolean
  /** The processes of the leader of the newest view, as of now. */
  leaders(): readonly string[]
  /** How well the network was emulated, of the whole run; units last in the names. */
  measures(): Promise<Readonly<Record<string, number>>>
  /** Ends every process of ours. Idempotent. */
  close(): Promise<void>
}

export interface LiveInit {
  readonly plan: Plan
  readonly context: RunContext
  open(hooks: LiveHooks): Promise<LiveNetwork>
}

export interface LiveHooks {
  /** Aborts when the run is interrupted or has failed. */
  readonly signal: AbortSignal
  /** Records what the network does. */
  emit(fact: TraceFact): void
  /** Ends the run as invalid. */
  fail(problem: string): void
}

/** Runs a plan in real time: start, timeline and workload side by side, end; whatever happens, the network is closed. */
export async function runLive({ plan, context, open }: LiveInit): Promise<RunEnd> {
  const cpuBeforeMs = cpuMs()
  const problems: string[] = []
  const failed = new AbortController()
  const signal = AbortSignal.any([context.signal, failed.signal])
  const emit = (fact: TraceFact, atMs?: number): void => context.record(controllerRecord(fact, atMs))
  const fail = (problem: string): void => {
    if (problems.length < maxProblems) problems.push(problem)
    failed.abort()
  }
  let ended = false
  // Once, and before anything is undone: what heals later was in force until the end.
  const end = (): void => {
    if (ended) return
    ended = true
    const reason = context.signal.aborted ? 'interrupted' : (problems[0] ?? 'completed')
    emit({ kind: 'run-ended', reason })
  }
  emit({ kind: 'run-started', scenario: plan.scenario, runtime: plan.runtime, seed: plan.seed })
  let network: LiveNetwork | null = null
  try {
    network = await open({ emit, fail, signal })
    await network.start()
    if (!signal.aborted) await drive({ plan, network, signal, emit, fail, end })
  } catch (error) {
    // What follows from an interruption is not another problem.
    if (!signal.aborted) problems.push(error instanceof Error ? error.message : `${error}`)
  }
  end()
  const measures = await network?.measures().catch(() => ({}))
  await network?.close()
  return { problems, measures: { ...measures, controllerCpuMs: cpuMs() - cpuBeforeMs } }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const maxProblems = 5
const lastVerbsMs = 1500

interface Drive {
  readonly plan: Plan
  readonly network: LiveNetwork
  readonly signal: AbortSignal
  emit(fact: TraceFact, atMs?: number): void
  fail(problem: string): void
  end(): void
}

async function drive({ plan, network, signal, emit, fail, end }: Drive): Promise<void> {
  const startMs = monotonicMs()
  emit({ kind: 'network-ready' }, startMs)
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const { chainId, accounts } = network
  const isFinal = (transaction: string): boolean => network.isFinal(transaction)
  const work = runWorkload({ plan, chainId, accounts, network, isFinal, signal: until, emit })
  const streams = runStreams({ plan, chainId, accounts, network, startMs, signal: until, emit })
  const leaders = (): readonly string[] => network.leaders()
  const faults = runTimeline({ plan, network, leaders, startMs, signal: until, emit, problem: fail })
  await sleepUntil(startMs + plan.durationMs, signal)
  end()
  over.abort()
  // A node that is being restarted at this moment need not become ready first.
  await Promise.race([Promise.all([work, streams, faults]), delay(lastVerbsMs, undefined, { ref: false })])
}
