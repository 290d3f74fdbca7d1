import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@groundwork/primitives'
import { type Address, describe, pathsFrom, pieces, readJson } from '@groundwork/program'
import * as z from 'zod'

/** What somebody with seized keys makes of a chain that lies in the same folder. */
export interface HistoryOrders {
  /** Key files of the seized validators. */
  readonly keys: readonly string[]
  /** So many of the newest final blocks are replaced; null: all since the genesis. */
  readonly depth: number | null
  /** Interfaces of farmers that are asked to checkpoint the other history. */
  readonly farmers: readonly Address[]
}

const schema: z.ZodType<HistoryOrders> = z.strictObject({
  keys: z.array(pieces.path).min(1).max(1_000),
  depth: z.number().int().min(1).nullable(),
  farmers: z.array(z.strictObject({ host: z.string().min(1), port: pieces.port })).max(1_000),
})

const fileIn = (dataDir: string): string => join(dataDir, 'history.json')

/** With copies of the keys: nothing else of their owners has to be within reach. */
export function writeHistoryOrders(dataDir: string, { keys, ...orders }: HistoryOrders): void {
  mkdirSync(join(dataDir, 'keys'), { recursive: true })
  const copies = keys.map((key, i) => {
    const copy = `keys/${i}.json`
    copyFileSync(key, join(dataDir, copy))
    return copy
  })
  writeFileSync(fileIn(dataDir), JSON.stringify({ ...orders, keys: copies } satisfies HistoryOrders))
}

/** Throws `HISTORY_*`, one line. */
export function readHistoryOrders(dataDir: string): HistoryOrders {
  const file = fileIn(dataDir)
  const parsed = schema.safeParse(readJson(file, 'HISTORY'))
  if (!parsed.success) throw new CodedError('HISTORY_INVALID', `${file}: ${describe(parsed.error)}`)
  const { keys, ...orders } = parsed.data
  return { ...orders, keys: keys.map(pathsFrom(file)) }
}
