import type {
  ChainRules,
  ChainStatus,
  PhysicalBlock,
  PhysicalCore,
  PhysicalEvent,
  PhysicalMessage,
} from '@groundwork/physical-core'
import type { Hash } from '@groundwork/primitives'

/** What a misbehaving farmer has at hand: the honest program, and its own mouth and ears. */
export interface TacticInit {
  readonly rules: ChainRules
  readonly core: PhysicalCore
  broadcast(message: PhysicalMessage): void
  step(event: PhysicalEvent): void
  /** Lets the honest program hear something. */
  deliver(from: string, message: PhysicalMessage): void
  /** A block of its store and so many before it, oldest first. */
  block(hash: Hash, ancestors: number): PhysicalBlock[]
}

/** How a farmer departs from the honest program, which knows nothing of it. */
export interface Tactic {
  /** What the honest program would say is kept back. */
  withholds(message: PhysicalMessage): boolean
  /** True if it dealt with the message in the honest program's place. */
  receives(from: string, message: PhysicalMessage): boolean
  /** What it claims of its chain. */
  status(): ChainStatus
  /** The honest program took a step. */
  stepped(): void
}

export type TacticFactory = (init: TacticInit) => Tactic
