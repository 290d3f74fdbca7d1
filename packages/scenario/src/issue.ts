import type * as z from 'zod'
import { type Path, type Problem, quote } from './problem.ts'
import { valid } from './suggest.ts'

/** What a schema finds wrong with a value, in the words of a scenario error. `path` is where the value stands. */
export function problemsOf(schema: z.ZodType, value: unknown, path: Path): readonly Problem[] {
  const result = schema.safeParse(value)
  return result.success ? [] : result.error.issues.flatMap((issue) => explain(issue, value, path))
}

/** The messages of the schemas are noun phrases (quantity.ts), so every error reads "<value> is not <noun>". */
function explain(issue: z.core.$ZodIssue, value: unknown, path: Path): readonly Problem[] {
  const at = [...path, ...(issue.path as Path)]
  const found = dig(value, issue.path as Path)
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(', ')
    return issue.keys.map((key) => ({ path: [...at, key], text: `unknown key${valid(key, known)}` }))
  }
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((issues) => issues.some((inner) => inner.path.length > 0))
    if (branch !== undefined) return branch.flatMap((inner) => explain(inner, found, at))
  }
  if (issue.code === 'invalid_key') {
    return [{ path: at, text: `the key is not ${issue.issues[0]?.message ?? issue.message}` }]
  }
  const text =
    found === undefined ? `missing; it must be ${issue.message}` : `${quote(found)} is not ${issue.message}`
  return [{ path: at, text }]
}

/** What stands at this path; undefined where nothing does. */
export function dig(value: unknown, path: Path): unknown {
  let found = value
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as Record<string | number, unknown>)[part]
  }
  return found
}
