/** PC20. Integer logarithms, in 2^-32; figures for people and policies, never for consensus. */
const precision = 32n
const one = 1n << precision

/** log2(numerator / denominator) in 2^-32, for a ratio of at least 1, by repeated squaring. */
function log2(numerator: bigint, denominator: bigint): bigint {
  let whole = 0n
  let scaledDown = denominator
  while (numerator >= scaledDown << 1n) {
    scaledDown <<= 1n
    whole++
  }
  let x = (numerator << precision) / scaledDown
  let result = whole << precision
  for (let bit = one >> 1n; bit > 0n; bit >>= 1n) {
    x = (x * x) >> precision
    if (x < one << 1n) continue
    x >>= 1n
    result |= bit
  }
  return result
}

/**
 * p: how much of the space that gave `reference` millionths of active slots is active, in thousandths, from the slots of
 * a window that had a block: ln(1 - a) / ln(1 - a_ref). Growth is concave in space, so growth itself would mislead. The
 * standard deviation for 240 slots is about 50 at one half. A window without an empty slot counts as half a slot empty.
 */
export function spaceShareMilli(active: number, window: number, referencePpm: number): number {
  if (window < 1 || active < 1 || referencePpm < 1) return 0
  const numerator = log2(2n * BigInt(window), emptyHalves(active, window))
  const denominator = log2(1_000_000n, BigInt(1_000_000 - Math.min(referencePpm, 999_999)))
  return Number((1000n * numerator) / denominator)
}

/** Winners per slot in thousandths, -ln(1 - a), from the same window. */
export function winnersMilli(active: number, window: number): number {
  if (window < 1 || active < 1) return 0
  return Number((1000n * naturalLog(2n * BigInt(window), emptyHalves(active, window))) / one)
}

/**
 * Effective space that difficulty and growth speak of, in the unit of S_eff. A modelled figure: at laptop size a plot is
 * recomputed in less than a slot, so it measures who takes part, not disks.
 */
export function estimatedSpace(difficulty: bigint, active: number, window: number): bigint {
  if (window < 1 || active < 1) return 0n
  return (difficulty * naturalLog(2n * BigInt(window), emptyHalves(active, window))) / one
}

function emptyHalves(active: number, window: number): bigint {
  return BigInt(Math.max(1, 2 * (window - active)))
}

/** ln 2 in 2^-32. */
const ln2 = 2_977_044_472n

function naturalLog(numerator: bigint, denominator: bigint): bigint {
  return (log2(numerator, denominator) * ln2) / one
}
