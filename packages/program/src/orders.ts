import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hono } from 'hono'
import * as z from 'zod'
import { postJson } from './api.ts'

/** What somebody makes a node do at the moment. */
export interface Orders<Behaviour extends string> {
  /** None: it is let go. */
  readonly behaviours: readonly Behaviour[]
  /** The account that censors are after, in hexadecimal. */
  readonly target: string | null
  /** Nodes that the same one has in hand. */
  readonly accomplices: readonly Accomplice[]
}

export interface Accomplice {
  readonly name: string
  /** Public key of the validator or farmer, in hexadecimal. */
  readonly key: string
}

export interface OrdersInit<Behaviour extends string> {
  /** They lie there, so that a restart does not end them. */
  readonly dataDir: string
  /** Those that this program knows. */
  readonly behaviours: readonly Behaviour[]
}

/** The orders of a node that can be made to misbehave: only `--byzantine coercible` opens them. */
export interface OrderBook<Behaviour extends string> {
  readonly current: Orders<Behaviour>
  /** Adds `GET` and `POST /v1/coercion` to its HTTP interface. A post replaces all that was in force. */
  serve(app: Hono): void
}

const maxBytes = 64 * 1024
const released = { behaviours: [], target: null, accomplices: [] }

export function openOrders<Behaviour extends string>(init: OrdersInit<Behaviour>): OrderBook<Behaviour> {
  const { dataDir, behaviours } = init
  const key = z.string().regex(/^[0-9a-f]{64}$/, 'expected a public key of 64 lower-case hexadecimal digits')
  const accomplice = z.strictObject({ name: z.string().min(1).max(64), key })
  const schema = z.strictObject({
    behaviours: z.array(z.enum(behaviours as readonly [Behaviour, ...Behaviour[]])).max(behaviours.length),
    target: key.nullable().default(null),
    accomplices: z.array(accomplice).max(1_000).default([]),
  }) as unknown as z.ZodType<Orders<Behaviour>>
  const file = join(dataDir, 'coercion.json')
  let current: Orders<Behaviour> = stored(file, schema) ?? released

  return {
    get current() {
      return current
    },
    serve(app) {
      app.get('/v1/coercion', (context) => context.json(current))
      postJson(app, {
        path: '/v1/coercion',
        maxBytes,
        schema,
        shape: `{ "behaviours": [${behaviours.join(', ')}], "target": hex or null, "accomplices": [{ "name", "key" }, ...] }`,
        answer(orders) {
          mkdirSync(dataDir, { recursive: true })
          writeFileSync(`${file}.new`, JSON.stringify(orders))
          renameSync(`${file}.new`, file)
          current = orders
          return current
        },
      })
    },
  }
}

/** Null: nobody has given any. */
function stored<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}
