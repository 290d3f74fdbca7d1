import type { Plan } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import type { Progress } from './cli/progress.ts'
import { type Conclusion, conclude } from './conclude.ts'
import { openEventLog } from './event-log.ts'
import { machineFacts } from './machine.ts'
import { createRunFolder } from './run-folder.ts'
import { type RunOwner, runOwner } from './run-owner.ts'
import type { RunEnd, Runtime } from './runtime/runtime.ts'

export interface RunRequest {
  readonly plan: Plan
  readonly runtime: Runtime
  /** The runs folder. */
  readonly base: string
  /** The scenario file, kept beside the plan. */
  readonly scenarioText: string
  readonly keep: boolean
  readonly signal: AbortSignal
  /** Names what aborted the signal. */
  readonly interruptedBy: () => string | null
  readonly progress: Progress
}

export interface RunResult extends Conclusion {
  readonly plan: Plan
  /** The run folder. */
  readonly folder: string
}

/** What `run.json` says: written at the start, and again at the end. A run without `endedAt` was killed. */
export interface RunFacts {
  readonly version: 1
  readonly scenario: string
  readonly runtime: string
  readonly seed: number
  readonly machine: ReturnType<typeof machineFacts>
  readonly real: string
  readonly emulated: string
  readonly startedAt: string
  readonly endedAt: string | null
  /** The program that runs it. */
  readonly controller: RunOwner
  /** What was the harness's or the machine's fault. */
  readonly problems: readonly string[]
  /** Equal for equal plans, of a runtime that can repeat itself exactly; else null. */
  readonly auditHash: string | null
  /** How late the relays let bytes go, what the controller itself used; empty in the simulator. */
  readonly measures: Readonly<Record<string, number>>
}

const tickEveryMs = 100

/** Runs a plan, whatever happens to it, and leaves a run folder that can be read. */
export async function runPlan(request: RunRequest): Promise<RunResult> {
  const { plan, runtime, progress } = request
  const started = new Date()
  const folder = createRunFolder(request.base, plan.scenario, started)
  const facts: RunFacts = {
    version: 1,
    scenario: plan.scenario,
    runtime: runtime.name,
    seed: plan.seed,
    machine: machineFacts(),
    real: runtime.real,
    emulated: runtime.emulated,
    startedAt: started.toISOString(),
    endedAt: null,
    controller: runOwner(),
    problems: [],
    auditHash: null,
    measures: {},
  }
  folder.writeJson('plan.json', plan)
  folder.writeJson('run.json', facts)
  folder.writeText('scenario.yaml', request.scenarioText)
  const log = openEventLog(folder.file('controller.jsonl'))
  const record = (entry: TraceRecord): void => {
    log.add(entry)
    progress.see(entry)
  }
  const ticker = setInterval(progress.tick, tickEveryMs)
  let end: RunEnd
  try {
    end = await runtime.execute(plan, {
      folder,
      record,
      observe: progress.see,
      say: progress.say,
      signal: request.signal,
      keep: request.keep,
    })
  } catch (error) {
    end = { problems: [error instanceof Error ? error.message : `${error}`] }
  } finally {
    clearInterval(ticker)
  }
  const cause = request.interruptedBy()
  const problems = cause === null ? end.problems : [`interrupted by ${cause}`, ...end.problems]
  log.close()
  progress.close()
  const ended: RunFacts = {
    ...facts,
    endedAt: new Date().toISOString(),
    problems,
    emulated: end.emulated ?? facts.emulated,
    auditHash: end.auditHash ?? null,
    measures: end.measures ?? {},
  }
  folder.writeJson('run.json', ended)
  return { plan, folder: folder.path, ...conclude(folder, plan, ended) }
}
