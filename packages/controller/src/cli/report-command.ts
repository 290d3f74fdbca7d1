import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plan } from '@groundwork/scenario'
import { conclude } from '../conclude.ts'
import type { RunFacts, RunResult } from '../run.ts'
import { openRunFolder } from '../run-folder.ts'
import { exitCode, usageError } from './exit.ts'
import { resultLine } from './one-run.ts'
import { output } from './output.ts'
import { workingDirectory } from './places.ts'
import { summaryLines } from './summary.ts'

/** Judges a run folder anew: after a killed controller, or with a newer program. Resolves to the run's exit code. */
export function reportCommand(run: string, json: boolean): number {
  const path = resolve(workingDirectory(), run)
  if (!existsSync(path) || !statSync(path).isDirectory()) throw usageError(`${run}: no such run folder`)
  const result = judgeAgain(path)
  const out = output(json)
  for (const line of summaryLines(result)) out.say(line)
  out.result(resultLine(result))
  return exitCode[result.verdict] as number
}

/** Writes the verdict and the report of a run folder. Throws `RUN_FILE`, one line. */
export function judgeAgain(path: string): RunResult {
  const folder = openRunFolder(path)
  const plan = folder.readJson('plan.json', 1) as Plan
  const facts = folder.readJson('run.json', 1) as RunFacts
  const killed = facts.endedAt === null ? ['the controller was killed before the run ended'] : []
  const conclusion = conclude(folder, plan, { ...facts, problems: [...facts.problems, ...killed] })
  return { plan, folder: path, ...conclusion }
}
