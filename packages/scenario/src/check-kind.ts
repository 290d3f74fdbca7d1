import type * as z from 'zod'
import type { Check } from './plan.ts'
import type { Path } from './problem.ts'
import { mapping } from './quantity.ts'
import type { Field } from './selector.ts'

/** A check as written, its arguments read. */
export interface CheckEntry {
  readonly check: Check['check']
  readonly args: unknown
  /** Where it stands in the file. */
  readonly path: Path
}

/** One question that the verdict answers: what may be written about it and what it becomes in the plan. */
export interface CheckKind {
  readonly check: Check['check']
  readonly schema: z.ZodType
  /** It can be written as its bare name. */
  readonly bare: boolean
  resolve(args: unknown, field: Field, path: Path): Check
}

/** Ties the types of one check's parts together. */
export function checkKind<C extends Check['check'], S extends z.core.$ZodLooseShape>(
  check: C,
  description: string,
  fields: S,
  resolve: (args: z.output<z.ZodObject<S>>, field: Field, path: Path) => Check & { readonly check: C },
): CheckKind {
  const schema = mapping(`a mapping with the arguments of ${check}`, fields).meta({ description })
  return {
    check,
    schema,
    bare: schema.safeParse({}).success,
    resolve: (args, field, path) => resolve(args as never, field, path),
  }
}
