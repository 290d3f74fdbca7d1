import { stat } from 'node:fs/promises'
import { CodedError, type Hash } from '@groundwork/primitives'
import { decodeHeader, estimatedFileBytes, headerBytes, requireLittleEndian } from '../format.ts'
import { minK, plotIdBytes } from '../parameters.ts'
import { maxPlotK } from '../plotting/plot.ts'
import { draft, removeAbandoned, requireRoom } from './files.ts'
import { plotInWorker } from './plot-in-worker.ts'

export interface CreateInit {
  /** Where the plot is kept. It appears there when it is complete, or not at all. */
  readonly file: string
  /** 32 bytes. */
  readonly plotId: Hash
  /** 16 to 24. */
  readonly k: number
  /** Told about a hundred times how much is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void
  readonly signal?: AbortSignal
  /** Takes the place of a file that is there. */
  readonly replace?: boolean
  /** The thread's program where it is not beside this one: a bundle of `@groundwork/proof-of-space/thread`. */
  readonly threadUrl?: URL
}

export interface Created {
  readonly file: string
  readonly plotId: Hash
  readonly k: number
  readonly bytes: number
  /** Entries of table 2 to 7. */
  readonly entryCounts: readonly number[]
}

/**
 * Plots in a thread of its own and writes one file: under a temporary name, to the disk, then renamed. What an earlier
 * process left when it was killed is removed first. Throws `PLOT_K`, `PLOT_ID`, `PLOT_EXISTS`, `PLOT_FILE`,
 * `PLOT_DISK_FULL`, `PLOT_ABORTED`, `PLOT_WORKER`, `PLOT_PLATFORM`, and leaves nothing behind then.
 */
export async function createPlot(init: CreateInit): Promise<Created> {
  const { file, plotId, k, onProgress, signal, replace, threadUrl } = init
  requireLittleEndian()
  if (!(Number.isInteger(k) && k >= minK && k <= maxPlotK)) {
    throw new CodedError('PLOT_K', `k is ${k}, expected a whole number from ${minK} to ${maxPlotK}`)
  }
  if (plotId.length !== plotIdBytes) {
    throw new CodedError('PLOT_ID', `a plot id of ${plotId.length} bytes, expected ${plotIdBytes}`)
  }
  if (replace !== true && (await stat(file).catch(() => null)) !== null) {
    throw new CodedError('PLOT_EXISTS', `${file}: is there already`)
  }
  await removeAbandoned(file)
  // Before the work: where nothing can be written, nothing is plotted.
  const target = await draft(file)
  try {
    await requireRoom(file, estimatedFileBytes(k))
    const image = await plotInWorker({ plotId, k, onProgress: onProgress ?? (() => {}), signal, threadUrl })
    await target.publish(image)
    const { entryCounts } = decodeHeader(image.subarray(0, headerBytes))
    const bytes = image.length
    // Freed now: the garbage collector would let some plots pile up.
    image.buffer.transfer(0)
    return { file, plotId, k, bytes, entryCounts }
  } finally {
    await target.discard()
  }
}
