const DEFAULT_REGIONS = ['N_Virginia', 'Ireland', 'Mumbai'] as const

/** Nodes whose regions the file does not say: as evenly as possible, those of a region together. */
export function placeEvenly(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => DEFAULT_REGIONS[i % DEFAULT_REGIONS.length] as string).sort(
    (a, b) => DEFAULT_REGIONS.indexOf(a as never) - DEFAULT_REGIONS.indexOf(b as never),
  )
}

/** Whose law holds in a region, where the file does not say. */
const JURISDICTIONS: Readonly<Record<string, string>> = {
  N_Virginia: 'US',
  N_California: 'US',
  Oregon: 'US',
  Canada: 'CA',
  London: 'GB',
  Ireland: 'EU',
  Frankfurt: 'EU',
  S_Paulo: 'BR',
  Tokyo: 'JP',
  Mumbai: 'IN',
  Sydney: 'AU',
  Seoul: 'KR',
  Singapore: 'SG',
}

export function jurisdictionOf(region: string): string {
  return JURISDICTIONS[region] ?? region
}
