import {
  type Charge,
  contradictionOf,
  type DeriveContext,
  type DeriveState,
  encodeCharge,
  judgeCharge,
  type RecordedVote,
  recordedVoteMessage,
  type SpaceVote,
  spaceVoteMessage,
} from '@groundwork/hybrid-core'
import type { Item } from '@groundwork/physical-core'
import { compare, equal, forgetOldest, type Hash, isZero, toHex } from '@groundwork/primitives'
import {
  type Block,
  type Certificate,
  type Epoch,
  type Evidence,
  evidenceKey,
  extractEvidence,
  type FinalChain,
  type Header,
  hashHeader,
  voteOf,
} from '@groundwork/stake-core'
import type { FollowerEffect } from './effect.ts'

/** Collects offences, and keeps their proofs on offer until the physical chain has judged them. */
export interface Accuser {
  /** S1 to S3, with headers of the blocks voted for; more may be found by `headerOf`. */
  accuse(evidence: Evidence, headers: readonly Header[]): void
  /** Two final chains of one epoch that contradict each other: whoever signed for both. How many were not known to have. */
  chains(epoch: Epoch, a: FinalChain, b: FinalChain): number
  /** S4: everybody who certified a block that does not execute; nothing, unless the parameters say that it is an offence. */
  badState(block: Block, certificate: Certificate): void
  /** R1, R2: votes on whatever fork, or waiting for a block. */
  recordedVote(vote: RecordedVote): void
  /** F2. */
  spaceVote(vote: SpaceVote): void
  /** What to put on the chain on this tip. Forgets what has been judged, and what is too old. */
  due(state: DeriveState): FollowerEffect[]
}

const openMax = 256
const votersMax = 4096
const votesMax = 8
/** Of one block's lane, whatever it holds. */
const itemsAtOnce = 16

export interface AccuserInit {
  readonly context: DeriveContext
  /** At the tip. */
  readonly state: () => DeriveState
  readonly headerOf: (hash: Hash) => Header | null
}

export function createAccuser({ context, state: now, headerOf }: AccuserInit): Accuser {
  const open = new Map<string, Charge>()
  /** Votes seen by whoever signed them and under what, those that are as one left out. */
  const recorded = new Map<string, RecordedVote[]>()
  const space = new Map<string, SpaceVote>()
  /** Whom two final chains have shown, by epoch. */
  const caught = new Set<string>()

  const charge = (key: string, made: Charge): void => {
    if (!open.has(key)) forgetOldest(open.set(key, made), openMax)
  }

  const accuse = (evidence: Evidence, headers: readonly Header[]): void => {
    // Two proposals are no offence that the physical chain punishes.
    if (evidence.rule === 'S5') return
    const voted =
      evidence.rule === 'S3' ? [] : [evidence.a.hash, evidence.b.hash].filter((hash) => !isZero(hash))
    const known = voted.flatMap((hash) => {
      const header = headers.find((one) => equal(hashHeader(one), hash)) ?? headerOf(hash)
      return header === null ? [] : [header]
    })
    charge(evidenceKey(evidence), { kind: 'stake', evidence, headers: known })
  }

  /** One charge may not be worth anything yet: its header or its epoch is not known. */
  const completed = (made: Charge): Charge => {
    if (made.kind !== 'stake' || made.headers.length > 0 || made.evidence.rule === 'S3') return made
    if (made.evidence.rule === 'S5') return made
    const { a, b } = made.evidence
    const headers = [a.hash, b.hash].flatMap((hash) => headerOf(hash) ?? [])
    return headers.length === 0 ? made : { ...made, headers }
  }

  return {
    accuse,
    chains(epoch, a, b) {
      const court = { epoch, verify: context.verify, maxSkips: context.parameters.maxSkips }
      const found = extractEvidence(court, a, b)
      const headers = [...a.blocks, ...b.blocks].map(({ header }) => header)
      for (const evidence of found) accuse(evidence, headers)
      const offenders = new Set(found.map(({ epochId, offender }) => `${toHex(epochId)}:${offender}`))
      const fresh = [...offenders].filter((one) => !caught.has(one))
      for (const one of fresh) caught.add(one)
      forgetOldest(caught, votersMax)
      return fresh.length
    },
    badState({ header, justification, body }, certificate) {
      if (!context.parameters.slashBadState || !equal(certificate.hash, hashHeader(header))) return
      for (const { voter } of certificate.signatures) {
        const vote = voteOf(certificate, voter)!
        const key = `${toHex(certificate.epochId)}:${certificate.view}:${voter}:S4`
        charge(key, { kind: 'state', vote, block: { header, justification }, body })
      }
    },
    recordedVote(vote) {
      const voter = toHex(vote.validator)
      const key = `${toHex(vote.epochId)}:${voter}`
      const known = recorded.get(key) ?? []
      if (!hasVote(now(), vote)) return
      if (known.some((one) => equal(recordedVoteMessage(one), recordedVoteMessage(vote)))) return
      if (!context.verify(vote.validator, recordedVoteMessage(vote), vote.signature)) return
      for (const one of known) {
        const rule = contradictionOf(one, vote, context.parameters.surroundWindows)
        if (rule !== null) charge(`${key}:${rule}`, { kind: 'recorded', a: one, b: vote })
      }
      forgetOldest(recorded.set(key, [...known, vote].slice(-votesMax)), votersMax)
    },
    spaceVote(vote) {
      const key = `${toHex(vote.plotId)}:${vote.window}:${toHex(vote.farmer)}`
      const known = space.get(key)
      if (!isRegistered(now(), vote)) return
      if (known !== undefined && equal(known.targetHash, vote.targetHash)) return
      if (!context.verify(vote.farmer, spaceVoteMessage(vote), vote.signature)) return
      if (known === undefined) {
        forgetOldest(space.set(key, vote), votersMax)
        return
      }
      const [a, b] = compare(known.targetHash, vote.targetHash) < 0 ? [known, vote] : [vote, known]
      charge(key, { kind: 'space', a, b })
    },
    due(state) {
      const items: Item[] = []
      const bench = { ...state, ordered: [] }
      for (const [key, made] of [...open]) {
        const whole = completed(made)
        const verdict = judgeCharge(context, bench, state.height + 1, whole)
        const isDone = verdict.kind === 'nothing' && isJudged(verdict.reason)
        const isBanned = verdict.kind === 'plot' && state.mode.banned.has(verdict.plot)
        if (isDone || isBanned) open.delete(key)
        else if (verdict.kind !== 'nothing' && items.length < itemsAtOnce)
          items.push({ kind: 'stake-evidence', bytes: encodeCharge(whole) })
      }
      return items.length === 0 ? [] : [{ kind: 'items', why: 'evidence', items }]
    },
  }
}

/** Strangers' votes are nothing, and would crowd out those that count. */
function hasVote({ epochs, mode }: DeriveState, { epochId, validator }: RecordedVote): boolean {
  if (mode.recorded?.validators.has(toHex(validator))) return true
  const known = epochs.find(({ epoch }) => equal(epoch.id, epochId))
  return known?.epoch.validators.validators.some(({ publicKey }) => equal(publicKey, validator)) ?? false
}

function isRegistered({ spaces }: DeriveState, { plotId, farmer }: SpaceVote): boolean {
  const plot = toHex(plotId)
  for (const { farmers } of spaces.values()) {
    const registered = farmers.get(plot)
    if (registered !== undefined) return equal(registered.farmer, farmer)
  }
  return false
}

/** Nothing will come of it any more. Other reasons (an epoch or a header not known here yet) may pass. */
function isJudged(reason: string): boolean {
  return reason === 'evidence-duplicate' || reason === 'evidence-age' || reason === 'evidence-signature'
}
