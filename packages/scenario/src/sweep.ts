import * as z from 'zod'
import { type LedgerName, ledgerNames, type RuntimeName } from './plan.ts'
import type { Path } from './problem.ts'
import { integer, mapping, oneOf, text } from './quantity.ts'

/** Several variants of one scenario, each on both ledgers and from several seeds: `sweep` of a scenario file. */
export interface Sweep {
  /** What is varied, for the axis of the curve. */
  readonly variable: string
  /** Runs of each point on each ledger. */
  readonly seeds: Readonly<Record<RuntimeName, number>>
  readonly ledgers: readonly LedgerName[]
  readonly points: readonly SweepPoint[]
}

export interface SweepPoint {
  readonly value: number
  readonly label: string
  /** What `${name}` stands for in the rest of the file. */
  readonly set: Readonly<Record<string, string | number | boolean>>
  readonly path: Path
}

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'a text, a number, true or false' })

/** `expect` of a point is read with the checks of the scenario. */
const point = (checks: z.ZodType) =>
  mapping('a mapping with value, label, set, expect', {
    value: z.number({ error: 'a number' }).meta({ description: 'Where it stands on the axis' }),
    label: text('a text', 64).optional().meta({ description: 'Default: the value' }),
    set: z
      .record(z.string(), scalar)
      .optional()
      .meta({ description: 'Names and values; a name in braces behind a dollar sign stands for its value' }),
    expect: expectations(checks).optional().meta({ description: 'Checks of this point only' }),
  })

/** Checks of one ledger only. */
export const expectations = (checks: z.ZodType): z.ZodType<Expectations> =>
  mapping('a mapping with stake, hybrid', {
    stake: z.array(checks).optional(),
    hybrid: z.array(checks).optional(),
  }) as never

export type Expectations = Readonly<Partial<Record<LedgerName, readonly unknown[]>>>

const seeds = (): z.ZodType<SeedsEntry> => {
  const count = integer(1, 1000)
  const noun = 'a whole number from 1 to 1000, or one for each of simulated, process, docker'
  const each = { simulated: count.optional(), process: count.optional(), docker: count.optional() }
  return z.union([count, mapping(noun, each)], { error: noun }) as never
}

export const sweepSchema = (checks: z.ZodType): z.ZodType<SweepEntry> =>
  mapping('a mapping with variable, seeds, ledgers, points', {
    variable: text('a text', 64).meta({ description: 'What is varied' }),
    seeds: seeds().optional().meta({ description: 'Runs of each point on each ledger; default 1' }),
    ledgers: z.array(oneOf(ledgerNames)).min(1).optional().meta({ description: 'Default: both' }),
    points: z.array(point(checks), { error: 'a list of points' }).min(1, { error: 'a list of points' }),
  }) as never

type SeedsEntry = number | Readonly<Partial<Record<RuntimeName, number>>>

export interface SweepEntry {
  readonly variable: string
  readonly seeds?: SeedsEntry
  readonly ledgers?: readonly LedgerName[]
  readonly points: readonly {
    readonly value: number
    readonly label?: string
    readonly set?: SweepPoint['set']
    readonly expect?: Expectations
  }[]
}

export function readSweep(entry: SweepEntry): Sweep {
  const { variable, seeds = 1, ledgers, points } = entry
  const of = (runtime: RuntimeName): number => (typeof seeds === 'number' ? seeds : (seeds[runtime] ?? 1))
  return {
    variable,
    seeds: { simulated: of('simulated'), process: of('process'), docker: of('docker') },
    ledgers: [...new Set(ledgers ?? ledgerNames)],
    points: points.map(({ value, label, set }, i) => ({
      value,
      label: label ?? `${value}`,
      set: set ?? {},
      path: ['sweep', 'points', i],
    })),
  }
}

/** The file's value with every `${name}` replaced; a text that is nothing else takes the type of what it stands for. */
export function substitute(value: unknown, set: SweepPoint['set']): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{(\w+)\}$/.exec(value)?.[1]
    if (whole !== undefined && Object.hasOwn(set, whole)) return set[whole]
    return value.replaceAll(/\$\{(\w+)\}/g, (match, name: string) =>
      Object.hasOwn(set, name) ? `${set[name]}` : match,
    )
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, set))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, set)]))
}
