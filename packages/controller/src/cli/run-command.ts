import { randomInt } from 'node:crypto'
import { type LedgerName, ledgerOf, type Plan, parseScenario, type RuntimeName } from '@groundwork/scenario'
import { median } from '../median.ts'
import { planFile } from '../planning.ts'
import { type RunResult, runPlan } from '../run.ts'
import { chooseRuntime } from '../runtime/choose.ts'
import type { DockerOptions } from '../runtime/docker.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { exitCode } from './exit.ts'
import { loadScenarioFile } from './library.ts'
import { type Narrator, narrator } from './narrate.ts'
import { type Output, output } from './output.ts'
import { runsFolder, workingDirectory } from './places.ts'
import { progress } from './progress.ts'
import { type Interruption, onInterruption } from './signals.ts'
import { summaryLines } from './summary.ts'
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
  const runtime = chooseRuntime(options.runtime ?? 'process', options)
  if (parseScenario(file.text, file.shown).sweep !== null)
    return sweepCommand(file, { ...options, seed: firstSeed }, runtime)
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

/** Listens for Ctrl-C and its like while the work lasts. */
export async function interruptible<T>(
  out: Output,
  work: (interruption: Interruption) => Promise<T>,
): Promise<T> {
  const interruption = onInterruption((cause) => {
    out.note(`groundwork: ended at once by a second ${cause}`)
    process.exit(exitCode.interrupted)
  })
  try {
    return await work(interruption)
  } finally {
    interruption.dispose()
  }
}

interface OneRun {
  readonly plan: Plan
  readonly runtime: Runtime
  readonly base: string
  readonly out: Output
  readonly interruption: Interruption
  readonly scenarioText: string
  readonly keep: boolean
}

/** Says the seed, what is real and what is not; then whatever `preface` says; then runs, shows and sums up. */
export async function oneRun(
  run: OneRun,
  narrate: Narrator = narrator(),
  preface: readonly string[] = [],
): Promise<RunResult> {
  const { plan, runtime, out } = run
  const ledger = plan.hybrid === undefined ? '' : `, ledger ${ledgerOf(plan)}`
  out.note(`seed ${plan.seed}  ${plan.scenario} on the ${runtime.name} runtime${ledger}`)
  out.note(`real: ${runtime.real}`)
  out.note(`emulated: ${runtime.emulated}`)
  for (const line of preface) out.note(line)
  const view = progress({ plan, stream: process.stderr, narrate })
  const result = await runPlan({
    ...run,
    signal: run.interruption.signal,
    interruptedBy: run.interruption.cause,
    progress: view,
  })
  for (const line of summaryLines(result)) out.say(line)
  out.result(resultLine(result))
  return result
}

/** The object of `--json`. */
export function resultLine({ plan, verdict, reasons, metrics }: RunResult): object {
  const { scenario, runtime, seed } = plan
  return { scenario, runtime, ledger: ledgerOf(plan), seed, verdict, reasons, metrics }
}

const severity = ['pass', 'invalid', 'fail'] as const

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
    ledger: first === undefined ? undefined : ledgerOf(first.plan),
    seed: first?.plan.seed,
    verdict,
    reasons,
    metrics: Object.fromEntries(medians),
    runs: results.length,
  }
}

export function exitCodeOf(results: readonly RunResult[], { cause }: Interruption): number {
  if (cause() !== null)
    return cause() === 'SIGINT' ? (exitCode.interrupted as number) : (exitCode.invalid as number)
  const worst = severity.findLast((kind) => results.some(({ verdict }) => verdict === kind)) ?? 'invalid'
  return exitCode[worst] as number
}
