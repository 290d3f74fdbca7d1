import { type Plan, parseScenario } from '@groundwork/scenario'
import { planSweep } from '../planning.ts'
import type { RunResult } from '../run.ts'
import { createRunFolder } from '../run-folder.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { runSweep, sweepReport } from '../sweep/run-sweep.ts'
import { exitCode, usageError } from './exit.ts'
import type { ScenarioFile } from './library.ts'
import { exitCodeOf, interruptible, oneRun } from './one-run.ts'
import { output } from './output.ts'
import { runsFolder, shownPath } from './places.ts'
import type { RunOptions } from './run-command.ts'
import { sweepLines, sweepResult } from './sweep-lines.ts'
import { sweepAhead, sweepLeft } from './sweep-time.ts'

/** Runs a scenario at all points of its sweep, on its ledgers and from several seeds. Resolves to the exit code. */
export async function sweepCommand(
  file: ScenarioFile,
  options: RunOptions & { readonly seed: number },
  runtime: Runtime,
): Promise<number> {
  const scenario = parseScenario(file.text, file.shown)
  const { seed, ledger, repeat } = options
  const labels = scenario.sweep?.points.map(({ label }) => label) ?? []
  const point = options.point === undefined ? undefined : labels.indexOf(options.point)
  if (point === -1) throw usageError(`--point ${options.point}: no such point; valid: ${labels.join(', ')}`)
  const plans: readonly Plan[] = planSweep(file, runtime, seed, { ledger, point, seeds: repeat })
  const out = output(options.json === true)
  const base = runsFolder(options.out)
  await runtime.preflight?.()
  return interruptible(out, async (interruption) => {
    await runtime.prepare?.({ signal: interruption.signal, say: out.note })
    const folder = createRunFolder(base, scenario.name, new Date())
    const keep = options.keep === true
    const more = { runtime, out, interruption, scenarioText: file.text, keep }
    for (const line of sweepAhead(plans, runtime.clock)) out.note(line)
    const request = {
      scenario,
      plans,
      runtime: runtime.name,
      seed,
      folder,
      keep,
      signal: interruption.signal,
    }
    const beganMs = performance.now()
    let done = 0
    const run = async (plan: Plan, inside: string): Promise<RunResult> => {
      const result = await oneRun({ ...more, plan, base: inside })
      done++
      out.note(sweepLeft(done, plans.length, performance.now() - beganMs))
      return result
    }
    const summary = await runSweep({ ...request, run })
    for (const line of sweepLines(scenario.name, summary, shownPath(sweepReport(folder)))) out.say(line)
    const about = { scenario: scenario.name, runtime: runtime.name, seed }
    out.result(sweepResult(about, summary, plans.length))
    return interruption.cause() === null
      ? (exitCode[summary.verdict] as number)
      : exitCodeOf([], interruption)
  })
}
