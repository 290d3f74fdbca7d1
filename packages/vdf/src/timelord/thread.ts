import { type Transferable, Worker } from 'node:worker_threads'
import { CodedError } from '@groundwork/primitives'
import type { Answer, Response, Task, ThreadData } from './task.ts'

/** A worker thread that does one task after the other. It starts with the first, and anew with the next if it died. */
export interface Thread {
  /** Rejects with `VDF_THREAD` if the thread dies, `VDF_STOPPED` if it is stopped. */
  run(task: Task, cancelled: Int32Array, transfer: readonly Transferable[]): Promise<Answer>
  /** Resolves when the thread has ended. */
  stop(): Promise<void>
}

export function thread(url: URL, data: ThreadData): Thread {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let worker: Worker | null = null
  let count = 0

  const start = (): Worker => {
    const started = new Worker(url, { workerData: data })
    const died = (reason: string) => {
      if (worker !== started) return
      worker = null
      failAll(new CodedError('VDF_THREAD', `a thread of the timelord died: ${reason}`))
    }
    started.on('message', ({ id, answer }: Response) => {
      waiting.get(id)?.resolve(answer)
      waiting.delete(id)
      // An idle timelord keeps no program alive; one that is being stopped does, until it has ended.
      if (waiting.size === 0 && worker === started) started.unref()
    })
    started.on('error', (error) => died(`${error instanceof Error ? error.message : error}`))
    started.on('exit', (code) => died(`exit code ${code}`))
    return started
  }
  const failAll = (error: CodedError) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  return {
    run(task, cancelled, transfer) {
      worker ??= start()
      worker.ref()
      const id = count++
      const answer = Promise.withResolvers<Answer>()
      waiting.set(id, answer)
      worker.postMessage({ id, task, cancelled }, [...transfer])
      return answer.promise
    },
    async stop() {
      const stopped = worker
      worker = null
      failAll(new CodedError('VDF_STOPPED', 'the timelord was stopped'))
      stopped?.ref()
      await stopped?.terminate()
    },
  }
}
