import { type Bytes, encode } from '@groundwork/primitives'
import { isElement } from './group.ts'

/** That y = x^(2^iterations), said in a context. */
export interface Statement {
  /** 256 bytes, canonical: see `isElement`. */
  readonly x: Bytes
  readonly y: Bytes
  /** In [1, maxIterations]. */
  readonly iterations: number
  /** What else the proof is bound to, at most `maxContextBytes`: a proof of one slot is none of another. */
  readonly context: Bytes
}

export const maxIterations: number = 2 ** 24
export const maxContextBytes = 256

export function isIterations(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= maxIterations
}

export function isContext(context: Bytes): boolean {
  return context instanceof Uint8Array && context.length <= maxContextBytes
}

/** Everything but whether it is true. */
export function isStatement({ x, y, iterations, context }: Statement): boolean {
  return isIterations(iterations) && isContext(context) && isElement(x) && isElement(y)
}

/** The context of a slot of the physical chain. */
export function slotContext(epoch: number, slot: number): Bytes {
  return encode((out) => {
    out.u64(epoch)
    out.u64(slot)
  })
}
