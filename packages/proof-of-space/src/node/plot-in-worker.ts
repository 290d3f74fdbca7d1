import { Worker } from 'node:worker_threads'
import { CodedError } from '@groundwork/primitives'
import type { PlotOrder, PlotReport } from './plot-worker.ts'

export interface WorkerInit extends PlotOrder {
  readonly onProgress: (done: number) => void
  readonly signal: AbortSignal | undefined
  readonly threadUrl: URL | undefined
}

/** The plot file, made in a thread of its own that ends with it. Throws `PLOT_ABORTED`, `PLOT_WORKER`. */
export function plotInWorker({
  plotId,
  k,
  onProgress,
  signal,
  threadUrl,
}: WorkerInit): Promise<Uint8Array<ArrayBuffer>> {
  const order: PlotOrder = { plotId, k }
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(aborted())
      return
    }
    const thread = new Worker(threadUrl ?? new URL('./plot-worker.ts', import.meta.url), {
      workerData: order,
    })
    const abort = (): void => {
      reject(aborted())
      void thread.terminate()
    }
    signal?.addEventListener('abort', abort, { once: true })
    thread.on('message', (report: PlotReport) => {
      if (report.kind === 'progress') onProgress(report.done)
      else resolve(report.image)
    })
    thread.on('error', (error) => reject(failed(error.message)))
    thread.on('exit', () => {
      signal?.removeEventListener('abort', abort)
      // After the result this changes nothing.
      reject(failed('its thread ended early'))
    })
  })
}

function aborted(): CodedError {
  return new CodedError('PLOT_ABORTED', 'plotting was interrupted')
}

/** Out of memory, most likely. */
function failed(reason: string): CodedError {
  return new CodedError('PLOT_WORKER', `plotting failed: ${reason}`)
}
