import { expect, test } from 'vitest'
import { hybridProfiles } from '../../packages/hybrid-core/src/index.ts'
import { eventsOf, hybridRun, type Run, recordsOf, type Shape } from './hybrid-runs.ts'

const four: Shape = {
  validators: { N_Virginia: 2, Ireland: 1, Mumbai: 1 },
  farmers: { N_Virginia: 2, Ireland: 2, Mumbai: 2 },
}
const { stallDeadlineBlocks, stopMarginBlocks } = hybridProfiles.ci
const longest = stallDeadlineBlocks - stopMarginBlocks - 1

const workload = 'workload: { rate: 2/s, accounts: 4 }'
const quiet = hybridRun(four, `${workload}\nduration: 35s`)
const begun = eventsOf(quiet, 'f1', 'checkpoint-accepted').find(({ monoMs }) => monoMs > 10_000)!

/** From when validators are back until a block is final: the view in which they stopped has to be left first. */
const resumptionMs = 250
/** What had its votes when they stopped may still become final. */
const inFlightMs = 200

test.each(Array.from({ length: longest }, (_, i) => i + 1))(
  'nothing becomes final for %i physical blocks after a checkpoint: FAST goes on',
  (length) => {
    const from = begun.monoMs
    const early = length > longest - 2 ? resumptionMs : 0
    const until = reached(quiet, begun.height + length) - early
    const run = hybridRun(
      four,
      `${workload}
timeline: [{ at: ${from - ready(quiet)}ms, fault: pause, target: [v1, v2], for: ${until - from}ms }]
duration: 35s`,
    )
    const stalled = recordsOf(run, 'finalized').filter(({ monoMs }) => monoMs > from + inFlightMs)
    expect(heightAt(run, stalled[0]!.monoMs) - begun.height).toBeGreaterThanOrEqual(length)
    expect(eventsOf(run, 'f1', 'recorded-began')).toEqual([])
    const after = eventsOf(run, 'f1', 'checkpoint-accepted').filter(({ monoMs }) => monoMs > until)
    expect(after.length).toBeGreaterThan(5)
  },
)

/** A scenario's clock begins when its network is ready. */
function ready(run: Run): number {
  return recordsOf(run, 'network-ready')[0]!.monoMs
}

function reached(run: Run, height: number): number {
  return recordsOf(run, 'physical-tip').find((record) => record.node === 'f1' && record.height >= height)!
    .monoMs
}

function heightAt(run: Run, monoMs: number): number {
  return recordsOf(run, 'physical-tip').findLast((record) => record.node === 'f1' && record.monoMs <= monoMs)!
    .height
}
