import { assert, encode } from '@groundwork/primitives'
import { evaluate } from './evaluate.ts'
import { choosePowers } from './powers.ts'
import { prove } from './prove.ts'
import { bigIntSquarer, chooseSquarer, distance } from './squarer.ts'
import { type ArithmeticPath, bigIntPowers, hashToGroup, slotContext, verify } from './verify/index.ts'

/** Medians over the runs, each with another input; one core, no other thread. */
export interface SpeedRow {
  readonly iterations: number
  readonly evaluateMs: number
  readonly proveMs: number
  readonly verifyMs: number
  readonly squaringsPerSecond: number
}

export interface SpeedReport {
  readonly path: ArithmeticPath
  /** Of the most iterations. */
  readonly squaringsPerSecond: number
  readonly runs: number
  /** Squarings between two checkpoints. */
  readonly distance: number
  readonly node: string
  readonly openssl: string
  readonly rows: readonly SpeedRow[]
}

export interface SpeedInit {
  readonly iterations?: readonly number[]
  readonly runs?: number
  readonly path?: 'auto' | 'bigint'
}

const usualIterations = [2 ** 14, 2 ** 16, 2 ** 17, 2 ** 18, 2 ** 20]

/** Measures on the calling thread, which it blocks for about ten seconds. Every proof it times is verified. */
export function speedReport({
  iterations = usualIterations,
  runs = 5,
  path = 'auto',
}: SpeedInit = {}): SpeedReport {
  assert(iterations.length > 0 && runs > 0, 'speedReport: nothing to measure')
  const squarer = path === 'bigint' ? bigIntSquarer() : chooseSquarer()
  const powers = path === 'bigint' ? bigIntPowers : choosePowers()
  const measure = (count: number, run: number) => {
    const x = hashToGroup(encode((out) => [out.u64(count), out.u64(run)]))
    const context = slotContext(count, run)
    const started = performance.now()
    const evaluation = evaluate({ x, iterations: count, squarer })
    const evaluated = performance.now()
    assert(evaluation !== null, 'nobody cancels')
    const statement = { x, y: evaluation.y, iterations: count, context }
    const proof = prove({ ...statement, checkpoints: evaluation.checkpoints, powers })
    const proved = performance.now()
    assert(proof !== null && verify({ ...statement, proof }, powers), 'the proof verifies')
    const verified = performance.now()
    return { evaluateMs: evaluated - started, proveMs: proved - evaluated, verifyMs: verified - proved }
  }
  // Until the compiler has seen it all.
  for (let run = 0; run < 5; run++) measure(2 ** 13, run)
  const rows = [...iterations].map((count) => {
    const times = Array.from({ length: runs }, (_, run) => measure(count, run))
    const evaluateMs = median(times.map((time) => time.evaluateMs))
    return {
      iterations: count,
      evaluateMs,
      proveMs: median(times.map((time) => time.proveMs)),
      verifyMs: median(times.map((time) => time.verifyMs)),
      squaringsPerSecond: Math.round((1000 * count) / evaluateMs),
    }
  })
  const longest = rows.reduce((best, row) => (row.iterations > best.iterations ? row : best))
  return {
    path: squarer.path,
    squaringsPerSecond: longest.squaringsPerSecond,
    runs,
    distance,
    node: process.versions.node,
    openssl: process.versions.openssl,
    rows,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}
