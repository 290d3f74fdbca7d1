import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { judgeAgain } from '../judge-again.ts'
import { openRunFolder, type RunFolder } from '../run-folder.ts'
import { isSweepFolder, judgeSweepAgain } from '../sweep/again.ts'
import { sweepReport } from '../sweep/run-sweep.ts'
import { exitCode, usageError } from './exit.ts'
import { resultLine } from './one-run.ts'
import { type Output, output } from './output.ts'
import { shownPath, workingDirectory } from './places.ts'
import { summaryLines } from './summary.ts'
import { sweepLines, sweepResult } from './sweep-lines.ts'

/** Judges a run folder, or that of a sweep, anew: after a killed controller, or with a newer program. Resolves to its exit code. */
export function reportCommand(run: string, json: boolean): number {
  const path = resolve(workingDirectory(), run)
  if (!existsSync(path) || !statSync(path).isDirectory()) throw usageError(`${run}: no such run folder`)
  const out = output(json)
  const folder = openRunFolder(path)
  if (isSweepFolder(folder)) return reportSweep(folder, out)
  const result = judgeAgain(path)
  for (const line of summaryLines(result)) out.say(line)
  out.result(resultLine(result))
  return exitCode[result.verdict] as number
}

function reportSweep(folder: RunFolder, out: Output): number {
  const again = judgeSweepAgain(folder)
  const { scenario, summary, runs, judged } = again
  if (judged < runs)
    out.note(
      `${runs} runs, of which ${runs - judged} kept no event logs: their verdicts and figures are the old ones`,
    )
  for (const line of sweepLines(scenario, summary, shownPath(sweepReport(folder)))) out.say(line)
  out.result(sweepResult(again, summary, runs))
  return exitCode[summary.verdict] as number
}
