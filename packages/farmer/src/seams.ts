import type { Item, OfferedItem, PhysicalObservation } from '@groundwork/physical-core'
import { honestPhysicalSeams, type PhysicalSeams } from '@groundwork/program/physical'
import type { Hono } from 'hono'

export type Judge = (items: readonly OfferedItem[]) => readonly OfferedItem[]

/** Where one that can be made to misbehave differs from this program. */
export interface FarmerSeams extends PhysicalSeams {
  /** Which items its mempool takes. */
  judge(honest: Judge): Judge
  /** Items that it makes itself. */
  offer(honest: (items: readonly Item[]) => void): (items: readonly Item[]) => void
  /** What it sees on the chain. */
  observed(honest: (observation: PhysicalObservation) => void): (observation: PhysicalObservation) => void
  /** Adds to the HTTP interface. */
  serve(app: Hono): void
}

export const honestSeams: FarmerSeams = {
  ...honestPhysicalSeams,
  judge: (honest) => honest,
  offer: (honest) => honest,
  observed: (honest) => honest,
  serve: () => {},
}
