import type { Plan } from '@groundwork/scenario'
import { conclude } from './conclude.ts'
import type { RunFacts, RunResult } from './run.ts'
import { openRunFolder } from './run-folder.ts'

/** Writes the verdict and the report of a run folder. Throws `RUN_FILE`, one line. */
export function judgeAgain(path: string): RunResult {
  const folder = openRunFolder(path)
  const plan = folder.readJson('plan.json', 1) as Plan
  const facts = folder.readJson('run.json', 1) as RunFacts
  const killed = facts.endedAt === null ? ['the controller was killed before the run ended'] : []
  const conclusion = conclude(folder, plan, { ...facts, problems: [...facts.problems, ...killed] })
  return { plan, folder: path, ...conclusion }
}
