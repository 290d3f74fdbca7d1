import type { Series } from '@groundwork/trace'
import type { LegendEntry } from '../svg.ts'

/** The colour of each region, by order of appearance; the palette repeats after eight. */
export interface RegionColours {
  readonly regions: readonly string[]
  /** Suffix of the classes `s` (stroke) and `f` (fill). */
  of(region: string): number
  ofNode(node: string): number
  legend(mark: LegendEntry['mark']): LegendEntry[]
}

const palette = 8

export function regionColours(series: Series): RegionColours {
  const nodes = [...series.nodes, ...(series.physical ?? [])]
  const regions = [...new Set(nodes.map(({ region }) => region))]
  const regionOf = new Map(nodes.map(({ node, region }) => [node, region]))
  const of = (region: string) => Math.max(0, regions.indexOf(region)) % palette
  return {
    regions,
    of,
    ofNode: (node) => of(regionOf.get(node) ?? ''),
    legend: (mark) =>
      regions.map((region) => {
        const className = mark === 'dot' ? `f${of(region)}` : `s${of(region)}`
        return { text: region.replaceAll('_', ' '), mark, className }
      }),
  }
}
