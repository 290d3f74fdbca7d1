import { type Quantiles, type SpeedRow, speedReport } from '@groundwork/proof-of-space'
import { output } from './output.ts'
import { megabytes } from './plot-create.ts'

export interface PlotBenchOptions {
  readonly runs: number
  readonly json?: boolean
}

/** Plots of k = 16 and 18 in a temporary folder. */
export async function benchPlots({ runs, json }: PlotBenchOptions): Promise<void> {
  const out = output(json === true)
  out.note(`measuring, median of ${runs} plots ...`)
  const rows = await speedReport({ ks: [16, 18], runs })
  for (const row of rows) for (const line of lines(row)) out.say(line)
  out.result({ version: 1, node: process.versions.node, rows })
}

function lines({ k, plotMs, fileBytes, peakBytes, verifyUs, memory, disk }: SpeedRow): string[] {
  const us = ({ p50, p99 }: Quantiles) => `${p50.toFixed(1)} µs (p99 ${p99.toFixed(1)})`
  return [
    `k=${k}: plotted in ${plotMs.toFixed(0)} ms, ${megabytes(fileBytes)}; the process had at most ${megabytes(peakBytes)} resident`,
    `  verify ${us(verifyUs)}`,
    `  in memory: open ${memory.openMs.toFixed(1)} ms, look up ${us(memory.lookUpUs)}, prove ${us(memory.proveUs)}`,
    `  from disk: open ${disk.openMs.toFixed(1)} ms, look up ${us(disk.lookUpUs)}, prove ${us(disk.proveUs)}`,
  ]
}
