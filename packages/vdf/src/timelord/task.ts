import type { Bytes } from '@groundwork/primitives'
import type { ArithmeticPath } from '../verify/power.ts'

/** What a thread is started with. */
export interface ThreadData {
  /** `bigint` leaves OpenSSL out. */
  readonly path: 'auto' | 'bigint'
  /** The thread's on Linux, if the program's is lower; elsewhere it would be the whole process's, and is left alone. */
  readonly niceness: number
}

export type Task =
  | { readonly kind: 'path' }
  | { readonly kind: 'evaluate'; readonly x: Bytes; readonly iterations: number }
  | {
      readonly kind: 'prove'
      readonly x: Bytes
      readonly y: Bytes
      readonly iterations: number
      readonly context: Bytes
      readonly checkpoints: Uint8Array<ArrayBuffer>
    }

export interface Request {
  readonly id: number
  readonly task: Task
  /** Its first word is not zero when nobody wants the answer any more. */
  readonly cancelled: Int32Array
}

export type Answer =
  | { readonly kind: 'path'; readonly path: ArithmeticPath }
  | { readonly kind: 'evaluated'; readonly y: Bytes; readonly checkpoints: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'proved'; readonly proof: Bytes }
  | { readonly kind: 'cancelled' }
  /** The proof does not verify: the evaluation was wrong. */
  | { readonly kind: 'fault' }

export interface Response {
  readonly id: number
  readonly answer: Answer
}
