import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verify } from '../verify.ts'
import { createPlot } from './create.ts'
import { openPlot, type Plot } from './open.ts'

export interface SpeedInit {
  /** Sizes of the plots. */
  readonly ks: readonly number[]
  /** Plots of each size, and the figures for plotting are medians of them. */
  readonly runs: number
  /** As `createPlot` takes it. */
  readonly threadUrl?: URL
}

/** Medians and 99th percentiles, in microseconds. */
export interface Quantiles {
  readonly p50: number
  readonly p99: number
}

export interface SpeedRow {
  readonly k: number
  readonly fileBytes: number
  /** From the order to the file on the disk. */
  readonly plotMs: number
  /** Most of this process that was in memory until then. */
  readonly peakBytes: number
  readonly verifyUs: Quantiles
  readonly memory: ReadRow
  /** As fast as the system's page cache: it was written just now. */
  readonly disk: ReadRow
}

export interface ReadRow {
  /** Reads all of the file and checks it. */
  readonly openMs: number
  readonly lookUpUs: Quantiles
  readonly proveUs: Quantiles
}

const warmUps = 500
const lookUps = 2000

/** Plots into a temporary folder, and measures: all plotting first, smallest first, so that its memory is its own. */
export async function speedReport({ ks, runs, threadUrl }: SpeedInit): Promise<readonly SpeedRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'groundwork-plot-bench-'))
  try {
    const plotted: (Plotted & { readonly file: string })[] = []
    for (const k of [...ks].sort((a, b) => a - b)) {
      const file = join(folder, `${k}.plot`)
      plotted.push({ file, ...(await plotFigures(file, k, runs, threadUrl)) })
    }
    const rows: SpeedRow[] = []
    for (const { file, ...figures } of plotted) rows.push({ ...figures, ...(await readFigures(file)) })
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Plotted = Pick<SpeedRow, 'k' | 'fileBytes' | 'plotMs' | 'peakBytes'>

async function plotFigures(
  file: string,
  k: number,
  runs: number,
  threadUrl: URL | undefined,
): Promise<Plotted> {
  const times: number[] = []
  let fileBytes = 0
  for (let run = 0; run < runs; run++) {
    const plotId = challengeOf(run)
    const started = performance.now()
    const thread = threadUrl === undefined ? {} : { threadUrl }
    const created = await createPlot({ file, plotId, k, replace: true, ...thread })
    times.push(performance.now() - started)
    fileBytes = created.bytes
  }
  const peakBytes = 1024 * process.resourceUsage().maxRSS
  return { k, fileBytes, plotMs: quantiles(times).p50, peakBytes }
}

async function readFigures(file: string): Promise<Pick<SpeedRow, 'memory' | 'disk' | 'verifyUs'>> {
  const memory = await readRow(file, 'memory')
  const disk = await readRow(file, 'disk')
  return { memory: memory.row, disk: disk.row, verifyUs: quantiles([...memory.verifyUs, ...disk.verifyUs]) }
}

async function readRow(file: string, tables: 'memory' | 'disk') {
  const started = performance.now()
  const plot = await openPlot(file, { tables })
  const openMs = performance.now() - started
  const lookUpUs: number[] = []
  const proveUs: number[] = []
  const verifyUs: number[] = []
  for (let i = -warmUps; i < lookUps; i++) {
    const [lookUp, prove, check] = once(plot, challengeOf(i + warmUps))
    if (i < 0) continue
    lookUpUs.push(lookUp)
    if (prove !== null) proveUs.push(prove)
    if (check !== null) verifyUs.push(check)
  }
  await plot.close()
  return { row: { openMs, lookUpUs: quantiles(lookUpUs), proveUs: quantiles(proveUs) }, verifyUs }
}

/** Microseconds of a look-up, and where there was one, of a proof and its verification. */
function once(plot: Plot, challenge: Uint8Array): [number, number | null, number | null] {
  const started = performance.now()
  const [found] = plot.lookUp(challenge)
  const looked = performance.now()
  if (found === undefined) return [1000 * (looked - started), null, null]
  const proof = plot.prove(found.entry)
  const proved = performance.now()
  verify({ plotId: plot.plotId, k: plot.k, challenge, proof })
  return [1000 * (looked - started), 1000 * (proved - looked), 1000 * (performance.now() - proved)]
}

function challengeOf(i: number): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${i}`).digest())
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}
