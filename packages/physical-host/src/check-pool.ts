import { Worker } from 'node:worker_threads'
import { encodeBlock, encodeSlotProof, type PhysicalGenesis } from '@groundwork/physical-core'
import { type Bytes, CodedError } from '@groundwork/primitives'
import type { BlockVerdict, CheckPool } from './check.ts'
import type { CheckRequest, CheckResponse, CheckThreadData } from './check-task.ts'

export interface CheckPoolInit {
  readonly genesis: PhysicalGenesis
  readonly threads?: number
  readonly niceness?: number
  /** The threads' program where it is not beside this one: a bundle of `@groundwork/physical-host/thread`. */
  readonly threadUrl?: URL
}

/** A thread has some 15 MB: it ends when nothing was asked of it for so long. */
const idleMs = 10_000
/** Numbers of two thousand bits are garbage at once: a large young generation would only keep it. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 48 }

export function createCheckPool(init: CheckPoolInit): CheckPool {
  const url = init.threadUrl ?? new URL('./check-thread.ts', import.meta.url)
  const data: CheckThreadData = { genesis: init.genesis, niceness: init.niceness ?? 0 }
  const threads = Array.from({ length: init.threads ?? 2 }, () => checkThread(url, data))

  const run = async (what: CheckRequest['what'], records: Bytes[]): Promise<readonly BlockVerdict[]> => {
    const share = Math.ceil(records.length / threads.length)
    const parts = threads.map((thread, i) => thread.run(what, records.slice(i * share, (i + 1) * share)))
    return (await Promise.all(parts)).flat()
  }
  return {
    blocks: (blocks) => run('blocks', blocks.map(encodeBlock)),
    slots: (proofs) => run('slots', proofs.map(encodeSlotProof)),
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()))
    },
  }
}

interface CheckThread {
  run(what: CheckRequest['what'], records: readonly Bytes[]): Promise<readonly BlockVerdict[]>
  stop(): Promise<void>
}

/** Starts with the first task, and anew with the next one if it ended. */
function checkThread(url: URL, data: CheckThreadData): CheckThread {
  const waiting = new Map<number, PromiseWithResolvers<readonly BlockVerdict[]>>()
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let count = 0
  let isStopped = false

  const end = (error: CodedError): Promise<unknown> => {
    const ended = worker
    worker = null
    clearTimeout(idle)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    return ended?.terminate() ?? Promise.resolve()
  }
  const start = (): Worker => {
    const started = new Worker(url, { workerData: data, resourceLimits })
    const died = (reason: string) => {
      if (worker === started) void end(new CodedError('CHECK_THREAD', `a checking thread died: ${reason}`))
    }
    started.on('message', ({ id, verdicts }: CheckResponse) => {
      waiting.get(id)?.resolve(verdicts)
      waiting.delete(id)
      if (waiting.size > 0) return
      idle = setTimeout(() => void end(new CodedError('CHECK_THREAD', 'idle')), idleMs).unref()
      started.unref()
    })
    started.on('error', (error) => died(error instanceof Error ? error.message : String(error)))
    started.on('exit', (code) => died(`exit code ${code}`))
    return started
  }
  return {
    async run(what, records) {
      if (records.length === 0) return []
      if (isStopped) throw new CodedError('CHECK_STOPPED', 'the checking threads were stopped')
      clearTimeout(idle)
      worker ??= start()
      worker.ref()
      const id = count++
      const answer = Promise.withResolvers<readonly BlockVerdict[]>()
      waiting.set(id, answer)
      worker.postMessage({ id, what, records } satisfies CheckRequest)
      return answer.promise
    },
    async stop() {
      isStopped = true
      await end(new CodedError('CHECK_STOPPED', 'the checking threads were stopped'))
    },
  }
}
