/**
 * PC9. D' = D * clamp(blocks / target, 3/4, 4/3), rounded down, at least 1. Blocks of the best chain only: at most one a
 * slot, so the answer to more space is bounded from above as well.
 */
export function nextDifficulty(difficulty: bigint, blocks: number, target: number): bigint {
  const [numerator, denominator] =
    3 * blocks >= 4 * target ? [4, 3] : 4 * blocks <= 3 * target ? [3, 4] : [blocks, target]
  const next = (difficulty * BigInt(numerator)) / BigInt(denominator)
  if (next < 1n) return 1n
  return next < maxDifficulty ? next : maxDifficulty
}

/** Keeps weights of any chain below 2^128. */
const maxDifficulty = (1n << 63n) - 1n
