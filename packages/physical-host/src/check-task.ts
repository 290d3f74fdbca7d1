import type { PhysicalGenesis } from '@groundwork/physical-core'
import type { Bytes } from '@groundwork/primitives'
import type { BlockVerdict } from './check.ts'

/** What a thread is started with. */
export interface CheckThreadData {
  readonly genesis: PhysicalGenesis
  /** The thread's on Linux, if the program's is lower. */
  readonly niceness: number
}

export interface CheckRequest {
  readonly id: number
  readonly what: 'blocks' | 'slots'
  /** Encoded. */
  readonly records: readonly Bytes[]
}

export interface CheckResponse {
  readonly id: number
  /** One for each record. A slot's quality is empty. */
  readonly verdicts: readonly BlockVerdict[]
}
