import type { ChangedLink } from '../../live-link-table.ts'
import type { InterpreterInit } from '../interpreter.ts'
import type { CounterValues } from './counters.ts'

/** What the router tells the process that emulates, as messages; answered in order. */
export type Command =
  | {
      readonly kind: 'open'
      readonly network: Pick<InterpreterInit, 'nodes' | 'links' | 'seed'>
      readonly device: string
      readonly mtu: number
    }
  | { readonly kind: 'links'; readonly links: readonly ChangedLink[] }
  | { readonly kind: 'stats' }

export type Answer =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'stats'
      readonly counters: CounterValues
      /** Packets that the kernel's queues had no room for. */
      readonly missed: number
      readonly saturatedSeconds: number
      readonly cpuMs: number
    }
  /** Answers nothing: it cannot go on. */
  | { readonly kind: 'broken'; readonly message: string }
