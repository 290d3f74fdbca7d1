import { randomInt } from 'node:crypto'
import { type LedgerName, parseScenario, type RuntimeName } from '@groundwork/scenario'
import { median } from '../median.ts'
import { planFile } from '../planning.ts'
import type { RunResult } from '../run.ts'
import { chooseRuntime, defaultRuntime } from '../runtime/choose.ts'
import type { DockerOptions } from '../runtime/docker.ts'
import { loadScenarioFile } from './library.ts'
import { exitCodeOf, interruptible, ledgerEntry, oneRun, severity } from './one-run.ts'
import { output } from './output.ts'
import { runsFolder, workingDirectory } from './places.ts'
import { sweepCommand } from './sweep-command.ts'

export interface RunOptions extends DockerOptions {
  readonly runtime?: RuntimeName
  readonly ledger?: LedgerName
  readonly seed?: number
  readonly repeat?: number
  /** Of a sweep: one point by its label. */
  readonly point?: string
  readonly json?: boolean
  readonly out?: string
  readonly keep?: boolean
}

/** Everything that can be refused is refused before anything is printed or started. Resolves to the exit code. */
export async function runCommand(scenario: string, options: RunOptions): Promise<number> {
  const file = loadScenarioFile(scenario, workingDirectory())
  const firstSeed = options.seed ?? randomInt(2 ** 31)
  const parsed = parseScenario(file.text, file.shown)
  const runtime = chooseRuntime(options.runtime ?? defaultRuntime(parsed), options)
  if (parsed.sweep !== null) return sweepCommand(file, { ...options, seed: firstSeed }, runtime)
  const repeat = options.repeat ?? 1
  const plans = Array.from({ length: repeat }, (_, i) =>
    planFile(file, runtime, firstSeed + i, { ledger: options.ledger }),
  )
  const out = output(options.json === true)
  const base = runsFolder(options.out)
  await runtime.preflight?.()
  return interruptible(out, async (interruption) => {
    await runtime.prepare?.({ signal: interruption.signal, say: out.note })
    const results: RunResult[] = []
    for (const plan of plans) {
      if (interruption.signal.aborted) break
      const run = {
        plan,
        runtime,
        base,
        out,
        interruption,
        scenarioText: file.text,
        keep: options.keep === true,
      }
      results.push(await oneRun(run))
    }
    if (repeat > 1) out.result(repeatSummary(results))
    return exitCodeOf(results, interruption)
  })
}

/** Same keys as one run: the worst verdict, every reason, the median of each metric over the runs that have it. */
function repeatSummary(results: readonly RunResult[]): object {
  const [first] = results
  const verdict = severity.findLast((kind) => results.some((result) => result.verdict === kind)) ?? 'invalid'
  const reasons = results.flatMap(({ plan, reasons }) =>
    reasons.map((reason) => `seed ${plan.seed}: ${reason}`),
  )
  const figures = results.map(
    ({ metrics }) => new Map(Object.entries(metrics).filter(([, value]) => !Array.isArray(value))),
  )
  const medians = [...new Set(figures.flatMap((one) => [...one.keys()]))].map((name) => {
    const values = figures.map((one) => one.get(name)).filter((value) => typeof value === 'number')
    return [name, median(values)] as const
  })
  return {
    scenario: first?.plan.scenario,
    runtime: first?.plan.runtime,
    ...(first === undefined ? {} : ledgerEntry(first.plan)),
    seed: first?.plan.seed,
    verdict,
    reasons,
    metrics: Object.fromEntries(medians),
    runs: results.length,
  }
}
