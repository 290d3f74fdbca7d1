import type { Clock } from '@groundwork/host/pure'
import { type Bytes, CodedError } from '@groundwork/primitives'
import type { Source } from './source.ts'

/** What is known of a source. */
export interface SourceReport {
  readonly name: string
  /** `dropped`: lied too often, and is asked nothing any more. `silent`: did not answer the last time. */
  readonly state: 'asked' | 'silent' | 'dropped'
  /** What was held against it, by reason. */
  readonly refusals: ReadonlyMap<string, number>
}

export type SourceEvent =
  | { readonly kind: 'refused'; readonly source: string; readonly reason: string }
  | { readonly kind: 'dropped'; readonly source: string; readonly reason: string }
  | { readonly kind: 'silent' | 'answers'; readonly source: string }

export interface Sources {
  /** Those that are worth asking, in their order. */
  readonly names: readonly string[]
  /** Undefined: no answer, whatever the reason; it was counted. Null: the source does not serve that. */
  ask(name: string, path: string, maxBytes: number): Promise<Bytes | null | undefined>
  /** It lied: at once for what no honest node sends, after some more for what may be an accident. */
  blame(name: string, reason: string): void
  reports(): readonly SourceReport[]
}

export interface SourcesInit {
  readonly sources: readonly Source[]
  readonly clock: Clock
  readonly onEvent: (event: SourceEvent) => void
}

/** Of what an honest node may seem to do, caught between two branches or restarting while it answers; not more often in a minute. */
export const strikes = 3
const forgivenAfterMs = 60_000
const pardonable: ReadonlySet<string> = new Set([
  'sync-no-answer',
  'sync-empty',
  'sync-claim-false',
  'answer-unasked',
])
/** Only says that a node is in another epoch. */
const innocent = /-epoch$/
const answerMs = 8_000

/** Keeps count of what sources do. None of them is believed, and none can hold the others up. */
export function createSources({ sources, clock, onEvent }: SourcesInit): Sources {
  const known = new Map(
    sources.map((source) => [
      source.name,
      {
        source,
        isDropped: false,
        accidentsMs: [] as number[],
        isSilent: false,
        refusals: new Map<string, number>(),
      },
    ]),
  )

  const count = (name: string, reason: string): void => {
    const entry = known.get(name)
    if (entry === undefined) return
    entry.refusals.set(reason, (entry.refusals.get(reason) ?? 0) + 1)
    onEvent({ kind: 'refused', source: name, reason })
  }
  const blame = (name: string, reason: string): void => {
    const entry = known.get(name)
    if (entry === undefined || entry.isDropped) return
    count(name, reason)
    if (innocent.test(reason)) return
    const nowMs = clock.now()
    entry.accidentsMs = [...entry.accidentsMs.filter((atMs) => nowMs - atMs < forgivenAfterMs), nowMs]
    if (pardonable.has(reason) && entry.accidentsMs.length < strikes) return
    entry.isDropped = true
    onEvent({ kind: 'dropped', source: name, reason })
  }
  const silent = (name: string, isSilent: boolean): void => {
    const entry = known.get(name)
    if (entry === undefined || entry.isSilent === isSilent) return
    entry.isSilent = isSilent
    onEvent({ kind: isSilent ? 'silent' : 'answers', source: name })
  }

  return {
    get names() {
      return [...known.values()].filter((entry) => !entry.isDropped).map(({ source }) => source.name)
    },
    async ask(name, path, maxBytes) {
      const entry = known.get(name)
      if (entry === undefined || entry.isDropped) return undefined
      const late = new Promise<undefined>((resolve) => clock.schedule(answerMs, () => resolve(undefined)))
      let answer: Bytes | null | undefined
      try {
        answer = await Promise.race([entry.source.get(path, maxBytes), late])
      } catch (error) {
        const code = error instanceof CodedError ? error.code : ''
        if (code === 'SOURCE_OVERSIZE') blame(name, 'oversize')
        else if (code === 'SOURCE_STATUS') count(name, 'status')
      }
      silent(name, answer === undefined)
      if (answer !== null && answer !== undefined && answer.length > maxBytes) {
        blame(name, 'oversize')
        return undefined
      }
      return answer
    },
    blame,
    reports: () =>
      [...known.values()].map((entry) => ({
        name: entry.source.name,
        state: entry.isDropped ? 'dropped' : entry.isSilent ? 'silent' : 'asked',
        refusals: new Map(entry.refusals),
      })),
  }
}
