import {
  acceptCheckpoint,
  type Checkpoint,
  type CheckpointBodies,
  type DeriveContext,
  type DeriveRecord,
  type DeriveState,
  decodeCheckpoint,
  decodeCheckpointBodies,
  openBlock,
} from '@groundwork/hybrid-core'
import { CodedError, equal, type Hex, memoized } from '@groundwork/primitives'
import { hashHeader } from '@groundwork/stake-core'
import type { Judgement, PooledOpaque } from './policy.ts'

interface Candidate {
  readonly keys: readonly [checkpoint: Hex, bodies: Hex]
  readonly checkpoint: Checkpoint
  readonly bodies: CheckpointBodies
}

/** Why an item waits whose other half is not here. */
const half = 'checkpoint-half'

const verdictsOn = memoized((_: DeriveState) => new Map<string, string | number>())

export type CheckpointJudge = (
  state: DeriveState,
  checkpoints: readonly PooledOpaque[],
  bodies: readonly PooledOpaque[],
) => Map<Hex, Judgement>

/** Rejections that the next blocks may lift: an older checkpoint comes first, or an anchor is not on this branch yet. */
const passing: ReadonlySet<string> = new Set(['parent', 'anchor', 'epoch'])

/**
 * Takes the one pair that `derive` accepts in the next block and that brings the stake chain furthest. Two pairs would
 * mix in the lane. Judged once per tip and pair.
 */
export function createCheckpointJudge(context: DeriveContext): CheckpointJudge {
  /** How far a pair brings the stake chain, or why derive would reject it. */
  const worth = (state: DeriveState, { keys, checkpoint, bodies }: Candidate): string | number => {
    const verdicts = verdictsOn(state)
    const name = keys.join()
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const records: DeriveRecord[] = []
    const mode = openBlock(context.parameters, state.mode, name)
    acceptCheckpoint(context, mode, { ...state, height: state.height + 1 }, { checkpoint, bodies }, records)
    const accepted = records.find((record) => record.kind === 'checkpoint-accepted')
    const rejected = records.find((record) => record.kind === 'checkpoint-rejected')
    const verdict = accepted === undefined ? (rejected?.reason ?? 'rejected') : accepted.tipHeight
    verdicts.set(name, verdict)
    return verdict
  }

  return (state, checkpoints, bodies) => {
    const judged = new Map<Hex, Judgement>()
    const candidates = pairs(checkpoints, bodies, judged)
    let best: { candidate: Candidate; reach: number } | null = null
    for (const candidate of candidates) {
      // Its signatures are many, and it would change nothing: every third validator says the same one at a height.
      const isBeaten: boolean =
        best !== null && extendsTip(state, candidate) && claimOf(candidate) <= best.reach
      const verdict: string | number = isBeaten ? claimOf(candidate) : worth(state, candidate)
      if (typeof verdict === 'number') {
        for (const key of candidate.keys) mark(judged, key, { kind: 'wait', reason: 'checkpoint-other' })
        if (best === null || verdict > best.reach) best = { candidate, reach: verdict }
      } else {
        const kind = passing.has(verdict) ? 'wait' : 'refuse'
        for (const key of candidate.keys) mark(judged, key, { kind, reason: `checkpoint-${verdict}` })
      }
    }
    for (const key of best?.candidate.keys ?? []) judged.set(key, { kind: 'take', priority: best!.reach })
    return judged
  }
}

/** How far a pair says that it brings the stake chain. */
function claimOf({ checkpoint }: Candidate): number {
  return checkpoint.blocks.at(-1)!.header.height
}

function extendsTip(state: DeriveState, { checkpoint }: Candidate): boolean {
  return equal(checkpoint.blocks[0]!.header.parentHash, state.tip.hash)
}

/** Bodies may serve several certificates: waiting is not undone by another pair's refusal. */
function mark(judged: Map<Hex, Judgement>, key: Hex, judgement: Judgement): void {
  const before = judged.get(key)
  const isWaiting = before?.kind === 'wait' && before.reason !== half
  if (!isWaiting || judgement.kind === 'wait') judged.set(key, judgement)
}

/** Those that claim most first. */
function pairs(
  checkpoints: readonly PooledOpaque[],
  bodies: readonly PooledOpaque[],
  judged: Map<Hex, Judgement>,
): Candidate[] {
  const decodedBodies = bodies.flatMap((pooled) => {
    const value = attempt(judged, pooled, bodiesOf)
    return value === null ? [] : [{ key: pooled.key, value }]
  })
  const candidates = checkpoints.flatMap((pooled) => {
    const read = attempt(judged, pooled, checkpointOf)
    if (read === null) return []
    return decodedBodies
      .filter(({ value }) => equal(value.tip, read.tip))
      .map(
        ({ key, value }): Candidate => ({
          keys: [pooled.key, key],
          checkpoint: read.checkpoint,
          bodies: value,
        }),
      )
  })
  return candidates.sort((a, b) => claimOf(b) - claimOf(a))
}

const bodiesOf = once(decodeCheckpointBodies)
const checkpointOf = once((bytes) => {
  const checkpoint = decodeCheckpoint(bytes)
  const last = checkpoint.blocks.at(-1)
  return last === undefined ? null : { checkpoint, tip: hashHeader(last.header) }
})

/** Bytes say the same on every tip; null for those that say nothing. */
function once<T>(decode: (bytes: Uint8Array) => T | null): (pooled: PooledOpaque) => T | null {
  const known = new WeakMap<PooledOpaque, { readonly value: T | null }>()
  const read = (bytes: Uint8Array): T | null => {
    try {
      return decode(bytes)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return null
    }
  }
  return (pooled) => {
    const { value } = known.get(pooled) ?? { value: read(pooled.item.bytes) }
    known.set(pooled, { value })
    return value
  }
}

/** The other half of a pair may come later. */
function attempt<T>(
  judged: Map<Hex, Judgement>,
  pooled: PooledOpaque,
  read: (pooled: PooledOpaque) => T | null,
): T | null {
  const value = read(pooled)
  const judgement: Judgement =
    value === null ? { kind: 'refuse', reason: 'checkpoint-encoding' } : { kind: 'wait', reason: half }
  judged.set(pooled.key, judgement)
  return value
}
