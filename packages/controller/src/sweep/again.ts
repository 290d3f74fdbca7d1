import { existsSync, readdirSync } from 'node:fs'
import { CodedError } from '@groundwork/primitives'
import { ledgerOf, type Plan } from '@groundwork/scenario'
import type { CheckResult, Metrics, Verdict } from '@groundwork/trace'
import { judgeAgain } from '../judge-again.ts'
import { openRunFolder, type RunFolder } from '../run-folder.ts'
import { isUnsafe, writeSweep } from './run-sweep.ts'
import { type SweepRun, type SweepSummary, summarizeSweep } from './summarize.ts'

export interface SweepAgain {
  readonly scenario: string
  readonly runtime: string
  readonly seed: number
  readonly summary: SweepSummary
  readonly runs: number
  /** Runs whose event logs are still there; of the others the old verdict counts. */
  readonly judged: number
}

export const isSweepFolder = (folder: RunFolder): boolean => existsSync(folder.file('sweep.json'))

/** Judges every run of a sweep anew, as far as its logs were kept, and writes `sweep.json` and the report. Throws one line. */
export function judgeSweepAgain(folder: RunFolder): SweepAgain {
  const before = folder.readJson('sweep.json', 1) as SweepSummary & {
    readonly scenario: string
    readonly runtime: string
    readonly seed: number
  }
  const { scenario, runtime, seed } = before
  const found = runFolders(folder).map(judgedRun)
  const [first] = found
  if (first === undefined) throw new CodedError('RUN_FILE', `${folder.path}: no run of this sweep is there`)
  const labels = before.points.map(({ label }) => label)
  const place = ({ run }: JudgedRun): number => labels.indexOf(run.point.label)
  const runs = found
    .toSorted(
      (a, b) => place(a) - place(b) || a.run.ledger.localeCompare(b.run.ledger) || a.run.seed - b.run.seed,
    )
    .map(({ run }) => run)
  const summary = summarizeSweep(runs)
  const { description, lesson } = first.plan
  writeSweep(folder, { scenario: { name: scenario, description, lesson }, runtime, seed, summary })
  return {
    scenario,
    runtime,
    seed,
    summary,
    runs: runs.length,
    judged: found.filter(({ isJudged }) => isJudged).length,
  }
}

/** `points/<point>-<ledger>/<scenario>/<time>`; links to the latest are left out. */
function runFolders(folder: RunFolder): string[] {
  const inside = (path: string): string[] =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => openRunFolder(path).file(name))
          .sort()
      : []
  return inside(folder.file('points')).flatMap(inside).flatMap(inside)
}

interface JudgedRun {
  readonly plan: Plan
  readonly run: SweepRun
  readonly isJudged: boolean
}

function judgedRun(path: string): JudgedRun {
  const folder = openRunFolder(path)
  const plan = folder.readJson('plan.json', 1) as Plan
  const isJudged = ['events.jsonl', 'controller.jsonl'].some((name) => existsSync(folder.file(name)))
  if (isJudged) judgeAgain(path)
  const { verdict, reasons, checks } = folder.readJson('verdict.json', 1) as {
    readonly verdict: Verdict
    readonly reasons: readonly string[]
    readonly checks: readonly CheckResult[]
  }
  if (plan.point === undefined) throw new CodedError('RUN_FILE', `${path}: a run of no sweep`)
  const metrics = folder.readJson('metrics.json', 1) as Metrics
  const { point, seed } = plan
  return {
    plan,
    isJudged,
    run: { point, ledger: ledgerOf(plan), seed, verdict, unsafe: isUnsafe(checks), reasons, metrics },
  }
}
