import { type Clock, createLimiter, nodeSignatures } from '@groundwork/host'
import {
  advance,
  type ChainRules,
  type ChainState,
  committeeOf,
  epochOf,
  type Item,
  itemMessage,
  type LocationAttestation,
  type Peer,
  type PhysicalCore,
  type PlotRecord,
  type Slot,
} from '@groundwork/physical-core'
import type { PhysicalTransport } from '@groundwork/physical-host'
import { type Bytes, CodedError, equal, type Hex, type KeyPair, toHex } from '@groundwork/primitives'
import type { TraceFact } from '@groundwork/trace'
import type { FarmedPlot } from '../plots.ts'
import { createMeasurement, type Measured, type Measurement } from './measurement.ts'
import { decodePlaceMessage, encodePlaceMessage, type PlaceMessage } from './messages.ts'
import { answerTo } from './prover.ts'

export interface PlaceRoleInit {
  readonly rules: ChainRules
  readonly core: Pick<PhysicalCore, 'chain'>
  readonly slotNow: () => Slot
  /** Own keys that may be drawn into a committee: as a farmer, as a landmark. */
  readonly challengers: readonly KeyPair[]
  readonly clock: Clock
  readonly transport: () => PhysicalTransport | undefined
  readonly plots: () => ReadonlyMap<Hex, FarmedPlot>
  onAttested(item: Item, fact: TraceFact): void
  onRefused(reason: string): void
}

/**
 * Proofs of place: in every epoch the committee of a plot, drawn by the beacon, measures how fast its farmer answers
 * challenges that need the plot, over the direct streams of the network. Answers are given for own plots.
 */
export interface PlaceRole {
  onFrame(from: Peer, frame: Bytes): void
  peerUp(peer: Peer): void
  peerDown(peer: Peer): void
  tipMoved(): void
  plotsChanged(): void
  stop(): void
}

interface Task {
  readonly record: PlotRecord
  readonly key: KeyPair
  readonly epoch: number
  readonly inside: boolean
  attempts: number
  isDone: boolean
}

interface Round {
  readonly task: Task
  readonly peer: Peer
  readonly measurement: Measurement
  id: number
}

const answerMsMax = 3_000
const maxAttempts = 3
/** Of one challenger at a time, so that measurements do not wait for each other. */
const challengeRate = { perSecond: 100, burst: 200 }

export function createPlaceRole(init: PlaceRoleInit): PlaceRole {
  const { rules, core, clock } = init
  const { epochSlots, slotMs } = rules.parameters
  const answerMs = Math.min(answerMsMax, (epochSlots * slotMs) / 4)
  const claims = new Map<Peer, ReadonlySet<Hex>>()
  const limiter = createLimiter(clock, challengeRate)
  let tasks: Task[] = []
  let epoch = -1
  let round: Round | null = null
  let ids = 0
  let isStopped = false

  const send = (to: Peer, frame: Bytes): void => init.transport()?.send(to, frame)
  const tell = (peer: Peer): void => {
    const plotIds = [...init.plots().values()].map(({ plotId }) => plotId)
    if (plotIds.length > 0) send(peer, encodePlaceMessage({ kind: 'plots', plotIds }))
  }

  /** The best chain as the next block meets it. */
  const current = (): ChainState => {
    const chain = core.chain()
    return advance(rules, chain, epochOf(rules, Math.max(init.slotNow(), chain.slot)))
  }

  /** Whom this node measures in the present epoch. */
  const plan = (): void => {
    const chain = current()
    if (chain.epoch.number === epoch || rules.parameters.engine === 'work') return
    epoch = chain.epoch.number
    round = null
    tasks = []
    for (const record of chain.epoch.plots.values()) {
      if (record.banned || (record.until !== null && record.until <= epoch)) continue
      const committee = committeeOf(rules, chain.epoch, record)
      for (const key of init.challengers) {
        const isIn = (list: typeof committee.inside) =>
          list.some(({ publicKey }) => equal(publicKey, key.publicKey))
        const inside = isIn(committee.inside)
        if (inside || isIn(committee.outside))
          tasks.push({ record, key, epoch, inside, attempts: 0, isDone: false })
      }
    }
  }

  const begin = (): void => {
    if (round !== null || isStopped) return
    for (const task of tasks) {
      if (task.isDone || task.attempts >= maxAttempts || task.epoch !== epoch) continue
      const plot = toHex(task.record.plotId)
      const claimants = [...claims].filter(([, plots]) => plots.has(plot))
      const peer = claimants[task.attempts % Math.max(1, claimants.length)]?.[0]
      if (peer === undefined) continue
      task.attempts++
      round = { task, peer, measurement: createMeasurement(task.record, task.epoch, ids), id: -1 }
      ids += 64
      return challenge(round)
    }
  }

  const challenge = (running: Round): void => {
    const { id, frame } = running.measurement.next(clock.now())
    running.id = id
    send(running.peer, frame)
    clock.schedule(answerMs, () => {
      if (round === running && running.id === id) fail('place-no-answer')
    })
  }

  const fail = (reason: string): void => {
    round = null
    init.onRefused(reason)
    begin()
  }

  const attest = ({ record, key, inside }: Task, { rttUs, transcriptHash }: Measured): void => {
    const unsigned: LocationAttestation = {
      kind: 'location',
      plotId: record.plotId,
      epoch,
      challenger: key.publicKey,
      rttUs,
      transcriptHash,
      signature: new Uint8Array(64),
    }
    const signature = nodeSignatures.sign(key.secretKey, itemMessage(rules.chainId, unsigned))
    const region = rules.genesis.regions[record.region]?.name ?? ''
    const fact: TraceFact = { kind: 'attested', plot: toHex(record.plotId), epoch, region, inside, rttUs }
    init.onAttested({ ...unsigned, signature }, fact)
  }

  const onAnswer = (from: Peer, message: Extract<PlaceMessage, { kind: 'answer' }>, nowMs: number): void => {
    const running = round
    if (running === null || running.peer !== from || running.id !== message.id)
      return init.onRefused('place-unasked')
    const fault = running.measurement.answer(message.proofs, nowMs)
    if (fault !== null) return fail(fault)
    const { measured } = running.measurement
    if (measured === null) return challenge(running)
    running.task.isDone = true
    round = null
    if (running.task.epoch === current().epoch.number) attest(running.task, measured)
    begin()
  }

  return {
    onFrame(from, frame) {
      if (isStopped) return
      // Before anything is read of it: what follows is not the network's time.
      const nowMs = clock.now()
      let message: PlaceMessage
      try {
        message = decodePlaceMessage(frame)
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        init.onRefused('place-garbage')
        return init.transport()?.penalize(from, 'place-garbage')
      }
      switch (message.kind) {
        case 'plots':
          claims.set(from, new Set(message.plotIds.map(toHex)))
          return begin()
        case 'challenge': {
          if (!limiter.take(from)) return init.onRefused('place-too-many')
          const answer = answerTo(message, init.plots())
          if (answer === null) return init.onRefused('place-plot-unknown')
          return send(from, encodePlaceMessage(answer))
        }
        case 'answer':
          return onAnswer(from, message, nowMs)
      }
    },
    peerUp: tell,
    peerDown(peer) {
      claims.delete(peer)
      if (round?.peer === peer) fail('place-no-answer')
    },
    tipMoved() {
      if (isStopped) return
      plan()
      begin()
    },
    plotsChanged() {
      for (const peer of init.transport()?.connected() ?? []) tell(peer)
    },
    stop() {
      isStopped = true
      round = null
    },
  }
}
