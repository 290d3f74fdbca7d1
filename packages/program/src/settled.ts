import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CodedError } from '@groundwork/primitives'
import * as z from 'zod'
import { networkFilePieces } from './network-file.ts'
import { describe, pieces } from './settings.ts'

/** What a network file that is the same for every run leaves open, version 1: settled once, at the network's first start. */
const settledSchema = z.object({
  version: networkFilePieces.version,
  /** Start of slot 1 of the physical chain, ms since 1970. */
  physicalTimeMs: z.number().int().min(0),
  hybrid: networkFilePieces.hybrid,
})

const openSchema = z.object({
  physicalTimeMs: z.number().optional(),
  plan: z.object({ physical: z.unknown().optional(), hybrid: z.unknown().optional() }),
})

const controllerSchema = z.object({
  layout: z.object({ control: z.object({ controller: z.ipv4() }) }),
  ports: z.object({ controller: pieces.port }),
})

export interface SettledInit {
  /** Of the network file. */
  readonly content: unknown
  /** Begins the line of an error. */
  readonly shown: string
  /** Of the node, which keeps there what it was told once. */
  readonly home: string
  /** Which part of the plan cannot do without: a network that has none of it is left as it is. */
  readonly for: 'physical' | 'hybrid'
  readonly withinMs?: number
}

const withinMsDefault = 60_000
const everyMs = 250
const answerWithinMs = 2_000
const fileName = 'settled.json'

/**
 * The content of a network file with what it leaves open: the controller settles that at its first start and keeps it, a
 * node asks once and keeps it too. Throws `NETWORK_INVALID`, `NETWORK_HOME` or, if the controller stays silent,
 * `NETWORK_START`, one line.
 */
export async function settledContent(init: SettledInit): Promise<unknown> {
  const { content, shown, home } = init
  const { physicalTimeMs, plan } = read(openSchema, content, shown)
  if (physicalTimeMs !== undefined || plan[init.for] === undefined) return content
  const kept = keptIn(home)
  if (kept !== null) return { ...(content as object), ...kept }
  const { layout, ports } = read(controllerSchema, content, shown)
  const address = `${layout.control.controller}:${ports.controller}`
  const endMs = performance.now() + (init.withinMs ?? withinMsDefault)
  for (;;) {
    const answer = await ask(`http://${address}/v1/settled`)
    if (answer !== null) {
      keep(home, answer)
      return { ...(content as object), ...answer }
    }
    if (performance.now() > endMs)
      throw new CodedError(
        'NETWORK_START',
        `the controller at ${address} did not say when the first slot begins`,
      )
    await delay(everyMs)
  }
}

function read<T>(schema: z.ZodType<T>, content: unknown, shown: string): T {
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  throw new CodedError('NETWORK_INVALID', `${shown}: ${describe(parsed.error)}`)
}

type Settled = z.infer<typeof settledSchema>

async function ask(url: string): Promise<Settled | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) })
    return settledSchema.parse(await answer.json())
  } catch {
    return null
  }
}

/** Null if it was never told; what cannot be read is asked for again. */
function keptIn(home: string): Settled | null {
  try {
    return settledSchema.parse(JSON.parse(readFileSync(join(home, fileName), 'utf8')))
  } catch {
    return null
  }
}

function keep(home: string, settled: Settled): void {
  const file = join(home, fileName)
  try {
    mkdirSync(home, { recursive: true })
    writeFileSync(`${file}.new`, JSON.stringify(settled))
    renameSync(`${file}.new`, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CodedError('NETWORK_HOME', `--home ${home}: cannot write there (${code})`)
  }
}
