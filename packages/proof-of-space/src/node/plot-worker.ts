import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { blankPlot, checksumBytes } from '../format.ts'
import { plot } from '../plotting/plot.ts'

/** What the thread is started with. */
export interface PlotOrder {
  readonly plotId: Uint8Array
  readonly k: number
}

export type PlotReport =
  | { readonly kind: 'progress'; readonly done: number }
  /** The whole file. */
  | { readonly kind: 'plotted'; readonly image: Uint8Array<ArrayBuffer> }

const { plotId, k } = workerData as PlotOrder
const tell = (report: PlotReport, transfer: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(report, transfer)

let image = new Uint8Array()
plot({
  plotId,
  k,
  allocate: (entryCounts) => {
    const blank = blankPlot({ plotId, k, entryCounts })
    image = blank.image
    return blank.tables
  },
  onProgress: (done) => tell({ kind: 'progress', done }),
})
const body = image.length - checksumBytes
image.set(createHash('sha256').update(image.subarray(0, body)).digest(), body)
tell({ kind: 'plotted', image }, [image.buffer])
