import * as z from 'zod'

/**
 * The leaf types of a scenario file. Each carries, as its error text, the noun phrase that completes "<value> is not ...":
 * the same words make the error line and the description in the JSON Schema.
 */

const DURATION = 'a duration with its unit, such as 500ms, 20s or 2m'
const DURATION_MS_MAX = 24 * 3_600_000
const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/** Written `20s`, read as milliseconds. */
export function duration(minMs: number = 0): z.ZodType<number, string> {
  const noun =
    minMs > 0
      ? `${DURATION}, of at least ${formatDuration(minMs)}`
      : `${DURATION}, of at most ${formatDuration(DURATION_MS_MAX)}`
  return z
    .string({ error: DURATION })
    .regex(/^\d+(\.\d+)?(ms|s|m)$/, { error: DURATION })
    .meta({ description: noun })
    .transform((text) => {
      const unit = /[a-z]+$/.exec(text)?.[0] ?? ''
      return Math.round(Number(text.slice(0, -unit.length)) * (MS[unit] ?? Number.NaN))
    })
    .refine((ms) => ms >= minMs && ms <= DURATION_MS_MAX, { error: noun })
}

/** Written `2s` or `-500ms`, read as milliseconds. */
export function skew(): z.ZodType<number, string> {
  const noun = 'a time with its unit, negative or not, such as 2s or -500ms'
  return z
    .string({ error: noun })
    .regex(/^-?\d+(\.\d+)?(ms|s|m)$/, { error: noun })
    .meta({ description: noun })
    .transform((text) => {
      const unit = /[a-z]+$/.exec(text)?.[0] ?? ''
      return Math.round(Number(text.slice(0, -unit.length)) * (MS[unit] ?? Number.NaN))
    })
    .refine((ms) => Math.abs(ms) <= DURATION_MS_MAX, { error: noun })
}

/** Written `50/s`, read as a number per second. */
export function rate(): z.ZodType<number, string> {
  const noun = 'a rate per second between 0/s and 10000/s, such as 50/s'
  return z
    .string({ error: noun })
    .regex(/^\d+(\.\d+)?\/s$/, { error: noun })
    .meta({ description: noun })
    .transform((text) => Number(text.slice(0, -2)))
    .refine((perSecond) => perSecond <= 10_000, { error: noun })
}

/** Written `10%` or `0.1`, read as a number in [0, 1]. */
export function ratio(): z.ZodType<number, string | number> {
  const noun = 'a share, such as 10% or 0.1'
  return z
    .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/, { error: noun })], { error: noun })
    .meta({ description: noun })
    .transform((value) => (typeof value === 'number' ? value : Number(value.slice(0, -1)) / 100))
    .refine((share) => share >= 0 && share <= 1, { error: noun })
}

/** Written `10Mbit`, read as megabits per second. */
export function bandwidth(): z.ZodType<number, string> {
  const noun = 'a bandwidth above zero with its unit, such as 10Mbit or 500kbit'
  return z
    .string({ error: noun })
    .regex(/^\d+(\.\d+)?[Mk]bit$/, { error: noun })
    .meta({ description: noun })
    .transform((text) => Number(text.slice(0, -4)) / (text.at(-4) === 'k' ? 1000 : 1))
    .refine((mbit) => mbit > 0 && mbit <= 100_000, { error: noun })
}

export function integer(min: number, max: number): z.ZodType<number, number> {
  const noun = `a whole number from ${min} to ${max}`
  return z.int({ error: noun }).min(min, { error: noun }).max(max, { error: noun })
}

/** Written `1/2` or `0`, read as a fraction of small integers: consensus computes no decimals. */
export function fraction(): z.ZodType<{ readonly num: number; readonly den: number }, string | number> {
  const noun = 'a fraction such as 1/2, or 0'
  return z
    .union([z.literal(0), z.string().regex(/^(\d{1,2}\/[1-9]\d?|0)$/, { error: noun })], { error: noun })
    .meta({ description: noun })
    .transform((value) => {
      const [num = '0', den = '1'] = `${value}`.split('/')
      return { num: Number(num), den: Number(den) }
    })
}

export function text(noun: string, max: number = 2000, pattern: RegExp = /./): z.ZodType<string, string> {
  const error = { error: noun }
  return z.string(error).min(1, error).max(max, error).regex(pattern, error).meta({ description: noun })
}

export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T, T> {
  return z.enum(values, { error: `one of ${values.join(', ')}` })
}

/** The shortest exact spelling: `90s` is `90s`, `120000` is `2m`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`
  return ms >= 1000 && ms % 100 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

/** An object without unknown keys; for one, the error text is the list of the keys that are known. */
export function mapping<S extends z.core.$ZodLooseShape>(
  noun: string,
  fields: S,
): z.ZodObject<S, z.core.$strict> {
  const keys = Object.keys(fields).join(', ')
  return z.strictObject(fields, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : noun) })
}
