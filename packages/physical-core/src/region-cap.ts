/** Scales are in thousand-millionths. */
export const fullScale = 1_000_000_000

/** The located space of one region: sizes of its plots after the location factor. */
export type RegionSizes = readonly bigint[]

/** What remains of a plot under its region's scale. */
export function scaled(size: bigint, scale: number): bigint {
  return (size * BigInt(scale)) / BigInt(fullScale)
}

/**
 * PC12. A scale for each region, so that no region has more than `capMilli` of what remains, by water-filling: the
 * regions that are too large are cut to one level, which the others determine. No region is cut below `floorMilli` of
 * its space. Nothing is cut where the cap cannot be kept: with fewer regions than 1 / cap there is no such level.
 * Regions without space do not count.
 */
export function regionScales(
  regions: readonly RegionSizes[],
  capMilli: number,
  floorMilli: number,
): readonly number[] {
  const floor = floorMilli * (fullScale / 1000)
  const totals = regions.map((sizes) => sum(sizes))
  const level = waterLevel(totals, capMilli)
  if (level === null) return totals.map(() => fullScale)
  const scales = totals.map((total) =>
    total <= level ? fullScale : Math.max(floor, Number((level * BigInt(fullScale)) / total)),
  )
  return settle(regions, scales, capMilli, floor)
}

/** The most that a region may keep; null where no level keeps the cap. */
function waterLevel(totals: readonly bigint[], capMilli: number): bigint | null {
  const descending = totals.filter((total) => total > 0n).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
  const cap = BigInt(capMilli)
  let rest = sum(descending)
  for (const [cut, total] of descending.entries()) {
    // With the `cut` largest at the level L, the whole is L * cut + rest, and L is the cap's part of it.
    const left = 1000n - BigInt(cut) * cap
    if (left <= 0n) return null
    if (total * left <= rest * cap) return (rest * cap) / left
    rest -= total
  }
  return null
}

/**
 * Rounding down one region raises the shares of the others by a hair: whoever is above gives way, all at once, until
 * nobody is. With exactly 1 / cap regions shares can be equal but for rounding, and that is left.
 */
function settle(
  regions: readonly RegionSizes[],
  start: readonly number[],
  capMilli: number,
  floor: number,
): readonly number[] {
  const cap = BigInt(capMilli)
  let scales = start
  for (let rounds = 0; rounds < maxRounds; rounds++) {
    const kept = regions.map((sizes, i) => keptOf(sizes, scales[i] as number))
    const whole = sum(kept)
    if (BigInt(kept.filter((part) => part > 0n).length) * cap <= 1000n) break
    const isOver = scales.map((scale, i) => (kept[i] as bigint) * 1000n > whole * cap && scale > floor)
    if (!isOver.includes(true)) break
    scales = scales.map((scale, i) => (isOver[i] ? scale - 1 : scale))
  }
  return scales
}

const maxRounds = 1000

function keptOf(sizes: RegionSizes, scale: number): bigint {
  return sum(sizes.map((size) => scaled(size, scale)))
}

function sum(values: readonly bigint[]): bigint {
  let total = 0n
  for (const value of values) total += value
  return total
}
