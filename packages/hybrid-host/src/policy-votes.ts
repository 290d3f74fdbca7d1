import {
  countRecordedVote,
  countSpaceVote,
  type DeriveContext,
  type DeriveState,
  decodeCharge,
  decodeRecordedVote,
  decodeSpaceVote,
  frozenSpace,
  type Input,
  judgeCharge,
  type ModeBlock,
  openBlock,
  recordedVoteMessage,
  spaceVoteMessage,
} from '@groundwork/hybrid-core'
import { CodedError, type Hex, toHex } from '@groundwork/primitives'
import type { Judge, Judgement, PooledOpaque } from './policy.ts'

/** Votes of those who count, for a window or a target that may still come. */
const passing: ReadonlySet<string> = new Set(['vote-window', 'vote-target', 'vote-source', 'vote-state-root'])
/** Few and small, and who is missing leaks. */
const recordedPriority = 1

/** Only votes that the next block would count: of V' and of the frozen space, each once. */
export function createVoteJudge(context: DeriveContext): Judge {
  return perState((state) => {
    const mode = openBlock(context.parameters, state.mode, '')
    return ({ item }) => {
      const isRecorded = item.kind === 'recorded-vote'
      const count = isRecorded ? recordedFault : spaceFault
      return judgementOf(
        reading(() => count(context, state, mode, item.bytes)),
        isRecorded ? recordedPriority : 0,
      )
    }
  })
}

function recordedFault(
  context: DeriveContext,
  state: DeriveState,
  mode: ModeBlock,
  bytes: Uint8Array,
): string | null {
  const { recorded } = state.mode
  if (recorded === null) return 'vote-fast'
  const vote = decodeRecordedVote(bytes)
  if (!recorded.validators.has(toHex(vote.validator))) return 'vote-validator'
  const fault = countRecordedVote(context, state, mode, vote)
  if (fault === null || !passing.has(fault)) return fault
  // Nobody keeps others' votes waiting in the name of a validator.
  return context.verify(vote.validator, recordedVoteMessage(vote), vote.signature) ? fault : 'vote-signature'
}

function spaceFault(
  context: DeriveContext,
  state: DeriveState,
  mode: ModeBlock,
  bytes: Uint8Array,
): string | null {
  if (state.mode.recorded === null) return 'vote-fast'
  const space = frozenSpace(state)
  const vote = decodeSpaceVote(bytes)
  const registered = space.farmers.get(toHex(vote.plotId))
  if (registered === undefined) return 'vote-plot'
  const fault = countSpaceVote(context, space, mode, vote)
  if (fault === null || !passing.has(fault)) return fault
  return context.verify(registered.farmer, spaceVoteMessage(vote), vote.signature) ? fault : 'vote-signature'
}

/** Only evidence that would count, and of one offence one proof. */
export function createChargeJudge(context: DeriveContext): Judge {
  return perState((state) => {
    const height = state.height + 1
    const ordered: Input[] = []
    const banned = new Set(state.mode.banned)
    const fault = (bytes: Uint8Array): string | null => {
      const verdict = judgeCharge(context, { ...state, ordered }, height, decodeCharge(bytes))
      if (verdict.kind === 'nothing') return verdict.reason
      if (verdict.kind === 'validator') {
        ordered.push({ kind: 'slash', validator: verdict.validator, rule: verdict.rule, height })
        return null
      }
      if (banned.has(verdict.plot)) return 'evidence-duplicate'
      banned.add(verdict.plot)
      return null
    }
    return ({ item }) =>
      judgementOf(
        reading(() => fault(item.bytes)),
        0,
      )
  })
}

/** Judges each item once on a tip, in the order in which items come: what was counted before is a duplicate after. */
function perState(begin: (state: DeriveState) => (pooled: PooledOpaque) => Judgement): Judge {
  let current: DeriveState | null = null
  let judge = (_: PooledOpaque): Judgement => ({ kind: 'refuse', reason: 'none' })
  let verdicts = new Map<Hex, Judgement>()
  return (state, pool) => {
    if (state !== current) {
      current = state
      judge = begin(state)
      verdicts = new Map()
    }
    return new Map(
      pool.map((pooled) => {
        const verdict = verdicts.get(pooled.key) ?? judge(pooled)
        verdicts.set(pooled.key, verdict)
        return [pooled.key, verdict]
      }),
    )
  }
}

function judgementOf(fault: string | null, priority: number): Judgement {
  if (fault === null) return { kind: 'take', priority }
  return { kind: passing.has(fault) ? 'wait' : 'refuse', reason: fault }
}

function reading(judge: () => string | null): string | null {
  try {
    return judge()
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return 'encoding'
  }
}
