import {
  type ChainRules,
  challengerOf,
  committeeOf,
  itemMessage,
  type LocationAttestation,
  type PhysicalCore,
  type PlotId,
} from '@groundwork/physical-core'
import { type Bytes, equal, type Hex, hash, toHex } from '@groundwork/primitives'
import type { PhysicalFact } from '@groundwork/trace'
import type { FarmMessage } from './messages.ts'

export interface PlaceInit {
  readonly rules: ChainRules
  readonly core: PhysicalCore
  readonly publicKey: Bytes
  sign(message: Bytes): Bytes
  /** The peer that farms with this key, if it is connected. */
  peerOf(farmer: Bytes): string | null
  send(to: string, message: FarmMessage): void
  schedule(afterMs: number, action: () => void): void
  now(): number
  emit(fact: PhysicalFact): void
  refuse(reason: string): void
  /** Puts an attestation on the chain. */
  offer(item: LocationAttestation): void
}

/** A challenger's part in proofs of place: measures those plots for which the epoch's seed gave it a seat. */
export interface Place {
  /** The best chain is in this epoch: at most one measurement an epoch. */
  look(): void
  answered(from: string, plotId: PlotId, nonce: number): void
}

const samples = 3
const answersWithinMs = 1500

interface Measurement {
  readonly plotId: PlotId
  readonly epoch: number
  readonly sentMs: number[]
  bestMs: number
  answers: number
}

export function createPlace(init: PlaceInit): Place {
  const { rules, core } = init
  const running = new Map<Hex, Measurement>()
  let lookedIn = -1

  const seatFor = (plotId: PlotId) => {
    const { epoch } = core.chain()
    const active = epoch.active.get(toHex(plotId))
    if (active === undefined) return null
    const { record } = active
    const probe = { challenger: init.publicKey } as LocationAttestation
    const seat = challengerOf(committeeOf(rules, epoch, record), probe)
    return seat === undefined ? null : { record, isInside: seat.isInside }
  }

  const challenge = (measurement: Measurement, to: string): void => {
    const nonce = measurement.sentMs.length
    measurement.sentMs.push(init.now())
    init.send(to, { kind: 'place-challenge', plotId: measurement.plotId, nonce })
  }

  /** Words on what was measured while the epoch lasts; later nobody would take them. */
  const conclude = ({ plotId, epoch, bestMs, answers }: Measurement): void => {
    const seat = seatFor(plotId)
    if (seat === null || core.chain().epoch.number !== epoch) return
    const region = rules.genesis.regions[seat.record.region]
    if (region === undefined) return
    if (answers === 0) return init.refuse('place-no-answer')
    const rttUs = Math.round(bestMs * 1000)
    const transcriptHash = hash('groundwork/simulated-transcript/1', plotId, Uint8Array.of(answers))
    const unsigned: LocationAttestation = {
      kind: 'location',
      plotId,
      epoch,
      challenger: init.publicKey,
      rttUs,
      transcriptHash,
      signature: new Uint8Array(64),
    }
    const signature = init.sign(itemMessage(rules.chainId, unsigned))
    init.emit({
      kind: 'attested',
      plot: toHex(plotId),
      epoch,
      region: region.name,
      inside: seat.isInside,
      rttUs,
    })
    init.offer({ ...unsigned, signature })
  }

  return {
    look() {
      const { epoch } = core.chain()
      if (epoch.number <= lookedIn) return
      lookedIn = epoch.number
      for (const [key, { record }] of epoch.active) {
        const to = init.peerOf(record.farmer)
        if (equal(record.farmer, init.publicKey) || to === null || seatFor(record.plotId) === null) continue
        const measurement: Measurement = {
          plotId: record.plotId,
          epoch: epoch.number,
          sentMs: [],
          bestMs: Number.POSITIVE_INFINITY,
          answers: 0,
        }
        running.set(key, measurement)
        challenge(measurement, to)
        init.schedule(answersWithinMs, () => {
          if (running.get(key) !== measurement) return
          running.delete(key)
          conclude(measurement)
        })
      }
    },
    answered(from, plotId, nonce) {
      const key = toHex(plotId)
      const measurement = running.get(key)
      const sentMs = measurement?.sentMs[nonce]
      if (measurement === undefined || sentMs === undefined) return
      measurement.bestMs = Math.min(measurement.bestMs, init.now() - sentMs)
      measurement.answers++
      if (measurement.sentMs.length < samples) return challenge(measurement, from)
      if (measurement.answers < samples) return
      running.delete(key)
      conclude(measurement)
    },
  }
}
