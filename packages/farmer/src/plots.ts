import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type OwnPlot, plotIdOf } from '@groundwork/physical-core'
import { type Bytes, CodedError, equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import { threadUrl } from '@groundwork/program/physical'
import { createPlot, openPlot, type Plot } from '@groundwork/proof-of-space'
import type { ConfigPlot } from './config.ts'

export interface FarmedPlot extends OwnPlot {
  /** Of the farmer's plots. */
  readonly index: number
  readonly plot: Plot
}

export interface PlotsInit {
  readonly farmer: Bytes
  readonly plots: readonly ConfigPlot[]
  /** Where plots given by index lie. */
  readonly dir: string
  /** One more can be farmed. */
  onPlot(plot: FarmedPlot): void
  /** A plot is none, or another's: said in one line, by the code of what is wrong. The others farm on. */
  onBad(code: string, line: string): void
  /** Of a plot that is being made, 0 to 1. */
  onProgress?(file: string, done: number): void
}

/** The plots of a farmer: those that are there are opened and read through, those that are missing are made beside. */
export interface Plots {
  readonly farmed: ReadonlyMap<Hex, FarmedPlot>
  /** How many are being made or waiting to be. */
  readonly missing: number
  /** A plot failed in use: it is left out from now on. */
  drop(plotId: Hash, error: CodedError): void
  /** Resolves when every plot was opened or refused, made ones too. */
  readonly done: Promise<void>
  close(): Promise<void>
}

/** From this size on, the tables stay on the disk. */
const memoryKMax = 18
/** Indices that a plot file without one is tried against. */
const indicesMax = 1024

export function openPlots(init: PlotsInit): Plots {
  const { farmer, dir } = init
  const farmed = new Map<Hex, FarmedPlot>()
  const abort = new AbortController()
  let missing = 0

  const bad = (error: unknown): void => {
    if (abort.signal.aborted) return
    if (!(error instanceof CodedError)) throw error
    init.onBad(error.code, error.message)
  }

  const open = async (file: string, expected: { index: number; k: number } | null): Promise<void> => {
    const header = await openPlot(file, { tables: 'disk' })
    let plot = header
    const index = expected?.index ?? indexOf(farmer, header.plotId)
    try {
      if (index === null || !equal(plotIdOf(farmer, index), header.plotId))
        throw new CodedError(
          'PLOT_FOREIGN',
          `${file}: belongs to another farmer${index === null ? '' : ' or index'}`,
        )
      if (expected !== null && expected.k !== header.k)
        throw new CodedError('PLOT_K', `${file}: is of size k = ${header.k}, expected ${expected.k}`)
      const key = toHex(header.plotId)
      if (farmed.has(key)) throw new CodedError('PLOT_TWICE', `${file}: is a plot that is farmed already`)
      if (header.k <= memoryKMax) plot = await openPlot(file)
    } catch (error) {
      await header.close()
      throw error
    }
    if (plot !== header) await header.close()
    if (abort.signal.aborted) return plot.close()
    const own: FarmedPlot = { plotId: plot.plotId, k: plot.k, index, plot }
    farmed.set(toHex(plot.plotId), own)
    init.onPlot(own)
  }

  const make = async (index: number, k: number, file: string): Promise<void> => {
    mkdirSync(dir, { recursive: true })
    await createPlot({
      file,
      plotId: plotIdOf(farmer, index),
      k,
      signal: abort.signal,
      ...(init.onProgress === undefined ? {} : { onProgress: (done) => init.onProgress?.(file, done) }),
      ...threadUrl('plot-thread'),
    })
    await open(file, { index, k })
  }

  const all = async (): Promise<void> => {
    const absent: (() => Promise<void>)[] = []
    for (const plot of init.plots) {
      if ('file' in plot) {
        await open(plot.file, null).catch(bad)
        continue
      }
      const file = join(dir, `plot-${plot.index}-k${plot.k}.plot`)
      if (existsSync(file)) await open(file, plot).catch(bad)
      else absent.push(() => make(plot.index, plot.k, file))
    }
    missing = absent.length
    for (const one of absent) {
      if (!abort.signal.aborted) await one().catch(bad)
      missing--
    }
  }

  return {
    farmed,
    get missing() {
      return missing
    },
    drop(plotId, error) {
      const lost = farmed.get(toHex(plotId))
      if (!farmed.delete(toHex(plotId))) return
      void lost?.plot.close().catch(() => {})
      init.onBad(error.code, error.message)
    },
    done: all(),
    async close() {
      abort.abort()
      await Promise.all([...farmed.values()].map(({ plot }) => plot.close().catch(() => {})))
    },
  }
}

function indexOf(farmer: Bytes, plotId: Hash): number | null {
  for (let index = 0; index < indicesMax; index++) if (equal(plotIdOf(farmer, index), plotId)) return index
  return null
}
