import { type LedgerName, ledgerOf, type Plan } from '@groundwork/scenario'
import { type RunResult, runPlan } from '../run.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { exitCode } from './exit.ts'
import { type Narrator, narrator } from './narrate.ts'
import type { Output } from './output.ts'
import { progress } from './progress.ts'
import { type Interruption, onInterruption } from './signals.ts'
import { summaryLines } from './summary.ts'

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

export interface OneRun {
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
  return { scenario, runtime, ...ledgerEntry(plan), seed, verdict, reasons, metrics }
}

/** Says so of a run on the hybrid; others are the stake chain's alone. */
export function ledgerEntry(plan: Plan): { readonly ledger?: LedgerName } {
  return plan.hybrid === undefined ? {} : { ledger: ledgerOf(plan) }
}

export const severity = ['pass', 'invalid', 'fail'] as const

export function exitCodeOf(results: readonly RunResult[], { cause }: Interruption): number {
  if (cause() !== null)
    return cause() === 'SIGINT' ? (exitCode.interrupted as number) : (exitCode.invalid as number)
  const worst = severity.findLast((kind) => results.some(({ verdict }) => verdict === kind)) ?? 'invalid'
  return exitCode[worst] as number
}
