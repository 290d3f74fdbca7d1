import { assert, type Bytes } from '@groundwork/primitives'
import { distance, type Squarer } from './squarer.ts'
import { canonical, decodeResidue, elementBytes, encodeResidue, isElement } from './verify/group.ts'
import { isIterations } from './verify/statement.ts'

export interface Evaluation {
  /** x^(2^iterations), canonical. */
  readonly y: Bytes
  /** x^(2^(i * distance)) for every i from 0 that is before the end, 256 bytes each: what the proof is made from. */
  readonly checkpoints: Uint8Array<ArrayBuffer>
}

export interface EvaluateInit {
  readonly x: Bytes
  readonly iterations: number
  readonly squarer: Squarer
  /** Asked before every `distance` squarings, some 0.2 ms. */
  readonly isCancelled?: () => boolean
}

/** The sequential work, on the calling thread. Null if it was cancelled. */
export function evaluate({ x, iterations, squarer, isCancelled }: EvaluateInit): Evaluation | null {
  assert(isIterations(iterations) && isElement(x), 'evaluate: bad input')
  const checkpoints = new Uint8Array(Math.ceil(iterations / distance) * elementBytes)
  let residue = x
  for (let done = 0; done < iterations; done += distance) {
    if (isCancelled?.() === true) return null
    checkpoints.set(residue, (done / distance) * elementBytes)
    residue = squarer.square(residue, Math.min(distance, iterations - done))
  }
  return { y: encodeResidue(canonical(decodeResidue(residue))), checkpoints }
}
