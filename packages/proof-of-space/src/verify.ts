import type { Bytes, Hash } from '@groundwork/primitives'
import { unpackBits } from './bits.ts'
import { isMatch } from './matching.ts'
import {
  challengeBytes,
  extraBits,
  maxK,
  minK,
  plotIdBytes,
  proofBytes,
  proofValues,
  tableCount,
} from './parameters.ts'
import { qualityIndex, qualityOf, targetOf, toPlotOrder } from './quality.ts'
import { firstFunction, type TableFunction, tableFunction } from './table-functions.ts'

export { maxK, minK, proofBytes } from './parameters.ts'
export { expectedSize, plotIdOf, plotSeed } from './plot-id.ts'

export interface Claim {
  /** 32 bytes, of which the first 31 make the plot. */
  readonly plotId: Bytes
  /** 16 to 32. */
  readonly k: number
  /** 32 bytes. */
  readonly challenge: Bytes
  /** 8k bytes: 64 x-values of k bits in proof order. */
  readonly proof: Bytes
}

/**
 * The quality of a proof of space (32 bytes), or undefined if it is none. Total: any bytes of any length and any number
 * may come from the network. Random bytes fail at the first pair of values, after some microseconds.
 */
export function verify(claim: Claim): Hash | undefined {
  const { plotId, k, challenge, proof } = claim
  if (!(Number.isInteger(k) && k >= minK && k <= maxK)) return undefined
  if (plotId.length !== plotIdBytes || challenge.length !== challengeBytes) return undefined
  if (proof.length !== proofBytes(k)) return undefined
  unpackBits(proof, k, values)
  if (proven(plotId, k) !== targetOf(challenge, k)) return undefined
  toPlotOrder(values)
  const pair = 2 * qualityIndex(challenge)
  return qualityOf(challenge, k, values[pair] as number, values[pair + 1] as number)
}

/** Of the claim at hand; nothing here is re-entered. Words of metadata are four apart. */
const stride = 4
const values = new Uint32Array(proofValues)
const ys = new Float64Array(proofValues)
let parents = new Int32Array(stride * proofValues)
let children = new Int32Array(stride * proofValues)

/** The first k bits of f7 of the values, or -1 if a pair does not match. */
function proven(plotId: Bytes, k: number): number {
  const f1 = firstFunction(plotId, k)
  for (let i = 0; i < proofValues; i++) {
    const x = values[i] as number
    ys[i] = f1(x)
    parents[stride * i] = x << (32 - k)
    if (i % 2 === 1 && !isMatch(ys[i - 1] as number, ys[i] as number)) return -1
  }
  for (const f of functionsOf(k)) {
    const count = countAt(f.table)
    for (let i = 0; i < count; i++) {
      const [left, right] = [2 * i, 2 * i + 1]
      if (!isMatch(ys[left] as number, ys[right] as number)) return -1
      ys[i] = f.evaluate(ys[left] as number, parents, stride * left, stride * right, children, stride * i)
    }
    ;[parents, children] = [children, parents]
  }
  return Math.floor((ys[0] as number) / 2 ** extraBits)
}

/** Entries of a table in one proof: 32 of table 2, one of table 7. */
function countAt(table: number): number {
  return 1 << (tableCount - table)
}

interface Level {
  readonly table: number
  readonly evaluate: TableFunction
}

const levels = new Map<number, readonly Level[]>()

function functionsOf(k: number): readonly Level[] {
  const known = levels.get(k)
  if (known !== undefined) return known
  const made = [2, 3, 4, 5, 6, 7].map((table) => ({ table, evaluate: tableFunction(k, table) }))
  levels.set(k, made)
  return made
}
