/**
 * Which stored snapshots a node keeps: the newest, and for every doubling of the distance below it one more, so that a
 * reorganisation of any depth starts from one that is at most twice as far down. Heights in any order.
 */
export function snapshotsToKeep(heights: readonly number[]): number[] {
  const descending = [...new Set(heights)].sort((a, b) => b - a)
  const newest = descending[0]
  if (newest === undefined) return []
  const kept = [newest]
  let reach = 1
  for (const [i, height] of descending.entries()) {
    if (i === 0) continue
    const isLast = i === descending.length - 1
    const next = descending[i + 1] ?? Number.NEGATIVE_INFINITY
    // The last one within reach stands for all that it passes.
    if (!isLast && newest - next <= reach) continue
    kept.push(height)
    reach = Math.max(2 * (newest - height), reach)
  }
  return kept.sort((a, b) => a - b)
}
