import type { Plan } from '@groundwork/scenario'
import type { Analysis } from '@groundwork/trace'

export interface ReportInput {
  readonly plan: Plan
  readonly analysis: Analysis
  readonly facts: ReportFacts
}

/** Of the run and the machine; what `run.json` holds. */
export interface ReportFacts {
  readonly machine: Readonly<Record<string, string | number | null>>
  /** One line each: what of the network is real, and what is not. */
  readonly real: string
  readonly emulated: string
  /** What the emulator of the network and the controller measured of themselves. */
  readonly measures?: Readonly<Record<string, number>>
  /** ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string | null
}
