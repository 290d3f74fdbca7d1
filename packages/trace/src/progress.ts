import type { RecordOf } from './record.ts'
import type { Run, RunNode } from './run.ts'

/** The longest time without a new finalized height, and when it was. `monoMs`. */
export interface Gap {
  readonly ms: number
  readonly fromMs: number
  readonly toMs: number
}

/** By epoch of the stake chain, then by height: heights may be taken up again in the epoch after RECORDED. */
export function inOrder(a: RecordOf<'finalized'>, b: RecordOf<'finalized'>): number {
  return (a.stakeEpoch ?? 0) - (b.stakeEpoch ?? 0) || a.height - b.height
}

/** Finalizations that brought a chain further than all before, in order of time. */
export function risingHeights(records: readonly RecordOf<'finalized'>[]): RecordOf<'finalized'>[] {
  let highest: RecordOf<'finalized'> | undefined
  return [...records]
    .sort((a, b) => a.monoMs - b.monoMs)
    .filter((record) => {
      const rises = highest === undefined || inOrder(record, highest) > 0
      if (rises) highest = record
      return rises
    })
}

/** Of the whole network: some honest node was the first to finalize a height. */
export function networkProgress(run: Run): RecordOf<'finalized'>[] {
  return risingHeights([...run.firstFinal.values()])
}

/** Between readiness and the end of the run, the stretch after the last height included; null if never ready. */
export function longestGap(run: Run, progress: readonly RecordOf<'finalized'>[]): Gap | null {
  if (run.readyMs === null) return null
  const within = progress.map((record) => record.monoMs).filter((ms) => ms > run.readyMs! && ms < run.endedMs)
  let longest: Gap = { ms: 0, fromMs: run.readyMs, toMs: run.readyMs }
  let fromMs = run.readyMs
  for (const toMs of [...within, run.endedMs]) {
    if (toMs - fromMs > longest.ms) longest = { ms: toMs - fromMs, fromMs, toMs }
    fromMs = toMs
  }
  return longest
}

export function nodeProgress(node: RunNode): RecordOf<'finalized'>[] {
  return risingHeights(node.records.of('finalized'))
}

/** The height of a chain at a moment; 0 before its first block. */
export function heightAt(progress: readonly RecordOf<'finalized'>[], ms: number): number {
  let height = 0
  for (const record of progress) {
    if (record.monoMs > ms) break
    height = record.height
  }
  return height
}
