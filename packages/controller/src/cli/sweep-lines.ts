import { contrastSentence } from '../report/contrast.ts'
import type { SweepSummary } from '../sweep/summarize.ts'

/** What a sweep found, for people: its verdict, each point on each ledger, and one ledger against the other. */
export function sweepLines(scenario: string, summary: SweepSummary, report: string): string[] {
  return [
    `${summary.verdict.toUpperCase()}  ${scenario}: sweep over ${summary.variable}`,
    ...pointLines(summary),
    ...summary.points.flatMap((point) => {
      const sentence = contrastSentence(point)
      return sentence === null ? [] : [`  ${sentence}`]
    }),
    `  report         ${report}`,
  ]
}

/** The object of `--json`. */
export function sweepResult(
  about: { readonly scenario: string; readonly runtime: string; readonly seed: number },
  { verdict, reasons, points, metrics }: SweepSummary,
  runs: number,
): object {
  const { scenario, runtime, seed } = about
  return { scenario, runtime, seed, verdict, reasons, metrics: { ...metrics, sweep: points }, runs }
}

function pointLines({ points }: SweepSummary): string[] {
  return points.flatMap((point) =>
    (['stake', 'hybrid'] as const).flatMap((ledger) => {
      const part = point[ledger]
      if (part === undefined) return []
      return [
        `  ${point.label.padEnd(12)} ${ledger.padEnd(6)} ${part.claim}, held in ${part.held} of ${part.seeds}`,
      ]
    }),
  )
}
