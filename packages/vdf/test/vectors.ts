import { ascii, fromHex, type Hex, toHex } from '@groundwork/primitives'
import { evaluate } from '../src/evaluate.ts'
import { bigIntSquarer, challengeWithoutVdf, hashToGroup, hashToPrime, slotContext } from '../src/index.ts'
import { prove } from '../src/prove.ts'

/** What must never change: everything in hexadecimal, of the package's own encodings. */
export interface Vectors {
  readonly hashToGroup: readonly { readonly input: Hex; readonly element: Hex }[]
  readonly claims: readonly {
    readonly x: Hex
    readonly iterations: number
    readonly context: Hex
    readonly y: Hex
    readonly prime: Hex
    readonly proof: Hex
  }[]
  readonly withoutVdf: { readonly beacon: Hex; readonly slot: number; readonly challenge: Hex }
}

/** Computed with BigInt alone. */
export function vectors(): Vectors {
  const beacon = '07'.repeat(32)
  return {
    hashToGroup: ['', 'groundwork', 'x'.repeat(300)].map((text) => ({
      input: toHex(ascii(text)),
      element: toHex(hashToGroup(ascii(text))),
    })),
    claims: [1, 137, 1000].map((iterations) => {
      const x = hashToGroup(ascii(`golden ${iterations}`))
      const context = slotContext(3, iterations)
      const evaluation = evaluate({ x, iterations, squarer: bigIntSquarer() })!
      const statement = { x, y: evaluation.y, iterations, context }
      return {
        x: toHex(x),
        iterations,
        context: toHex(context),
        y: toHex(evaluation.y),
        prime: hashToPrime(statement).toString(16),
        proof: toHex(prove({ ...statement, checkpoints: evaluation.checkpoints })!),
      }
    }),
    withoutVdf: { beacon, slot: 5, challenge: toHex(challengeWithoutVdf(fromHex(beacon), 5)) },
  }
}
