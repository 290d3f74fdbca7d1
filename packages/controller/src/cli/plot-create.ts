import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { type Bytes, fromHex, hash, toHex } from '@groundwork/primitives'
import { createPlot, plotIdOf } from '@groundwork/proof-of-space'
import { createLogUpdate } from 'log-update'
import { exitCode, usageError } from './exit.ts'
import { output } from './output.ts'
import { shownPath, workingDirectory } from './places.ts'
import { onInterruption } from './signals.ts'
import { seconds } from './text.ts'

export interface PlotCreateOptions {
  readonly k: number
  readonly plotId?: string
  readonly seed?: string
  readonly farmerKey?: string
  readonly index: number
  readonly out?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** Plots a file, with a bar on standard error where that is a terminal. Throws `USAGE` and `PLOT_*`. */
export async function createPlotFile(options: PlotCreateOptions): Promise<void> {
  const { k } = options
  const plotId = chosenId(options)
  const name = options.out ?? `plot-k${k}-${toHex(plotId).slice(0, 16)}.plot`
  const out = output(options.json === true)
  const interruption = onInterruption(() => process.exit(exitCode.interrupted))
  const bar = progressBar(process.stderr)
  const startedMs = performance.now()
  try {
    const made = await createPlot({
      file: resolve(workingDirectory(), name),
      plotId,
      k,
      replace: options.force === true,
      onProgress: bar.show,
      signal: interruption.signal,
    }).catch((error) => {
      throw error.code === 'PLOT_EXISTS'
        ? usageError(`${name}: is there already; --force replaces it`)
        : error
    })
    bar.close()
    const tookMs = performance.now() - startedMs
    const proofs = made.entryCounts.at(-1) as number
    out.say(`${shownPath(made.file)}: ${megabytes(made.bytes)} in ${seconds(tookMs)}`)
    out.say(
      `plot id ${toHex(plotId)}, k=${k}, ${(proofs / 2 ** k).toFixed(2)} proofs for a challenge on average`,
    )
    out.say(modelledSpace(k))
    const { file, bytes, entryCounts } = made
    const json = { version: 1, file, plotId: toHex(plotId), k, bytes, entryCounts, ms: Math.round(tookMs) }
    out.result({ ...json, modelled: true })
  } finally {
    bar.close()
    interruption.dispose()
  }
}

/** What every figure about space has to say at this size. */
export function modelledSpace(k: number): string {
  const time = k <= 17 ? 'less than a slot' : k <= 21 ? 'seconds' : 'a minute or two'
  return `modelled space: a plot of k=${k} is recomputed in ${time}; CPU replaces disk at this size`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function chosenId({ plotId, seed, farmerKey, index }: PlotCreateOptions): Bytes {
  const given = [plotId, seed, farmerKey].filter((each) => each !== undefined)
  if (given.length > 1) throw usageError('--plot-id, --seed and --farmer-key: expected one of them')
  if (index !== 0 && farmerKey === undefined) throw usageError('--index goes with --farmer-key')
  if (plotId !== undefined) return hexOption('--plot-id', plotId)
  if (farmerKey !== undefined) return plotIdOf(hexOption('--farmer-key', farmerKey), index)
  if (seed !== undefined) return hash('groundwork/plot-seed/1', new TextEncoder().encode(seed))
  return new Uint8Array(randomBytes(32))
}

function hexOption(name: string, text: string): Bytes {
  if (!/^[0-9a-f]{64}$/i.test(text)) {
    throw usageError(`${name} ${text.slice(0, 80)}: expected 32 bytes in hexadecimal`)
  }
  return fromHex(text.toLowerCase(), 32)
}

interface Bar {
  show(done: number): void
  close(): void
}

const cells = 30

function progressBar(stream: NodeJS.WriteStream): Bar {
  if (!stream.isTTY) return { show: () => {}, close: () => {} }
  const update = createLogUpdate(stream)
  return {
    show: (done) => {
      const full = Math.round(cells * done)
      update(`plotting ${'█'.repeat(full)}${'░'.repeat(cells - full)} ${Math.round(100 * done)} %`)
    },
    close: () => {
      update.clear()
      update.done()
    },
  }
}
