import { ascii, type Bytes } from '@groundwork/primitives'
import { type Claim, evaluate, hashToGroup, prove, type Squarer } from '../src/index.ts'

/** An element of this name. */
export function element(name: string): Bytes {
  return hashToGroup(ascii(name))
}

/** A true claim. */
export function claimOf(squarer: Squarer, iterations: number, name = `x${iterations}`): Claim {
  const x = element(name)
  const context = ascii('a context')
  const evaluation = evaluate({ x, iterations, squarer })
  if (evaluation === null) throw new Error('nobody cancels')
  const statement = { x, y: evaluation.y, iterations, context }
  const proof = prove({ ...statement, checkpoints: evaluation.checkpoints })
  if (proof === null) throw new Error('nobody cancels')
  return { ...statement, proof }
}

export function flipBit(bytes: Bytes, bit: number): Bytes {
  const flipped = new Uint8Array(bytes)
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (128 >> (bit & 7))
  return flipped
}
