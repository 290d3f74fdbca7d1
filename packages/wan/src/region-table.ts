import { CodedError } from '@groundwork/primitives'

/** One-way delays in milliseconds: `delays[from][to]`, by region name. Not symmetric, and no metric: see netem/README.md. */
export type RegionDelays = Readonly<Record<string, Readonly<Record<string, number>>>>

/**
 * Reads a table of one-way delays: a header `From/to,A,B,...`, then one row for each of these regions in any order.
 * Throws a CodedError `region-table` of one line that names the line and the column.
 */
export function parseRegionTable(csv: string): RegionDelays {
  const lines = csv
    .split(/\r?\n/)
    .map((text, i) => ({ number: i + 1, cells: text.split(',').map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
  const header = lines.shift()
  if (header === undefined) throw problem(1, 'empty; expected a header "From/to,<region>,..."')
  const regions = header.cells.slice(1)
  if (regions.length === 0) throw problem(header.number, 'no regions; expected "From/to,<region>,..."')
  if (regions.includes('')) throw problem(header.number, 'a region without a name')
  const twice = regions.find((region, i) => regions.indexOf(region) !== i)
  if (twice !== undefined) throw problem(header.number, `region ${twice} appears twice`)

  const rows = new Map<string, Record<string, number>>()
  for (const { number, cells } of lines) {
    const [from = '', ...values] = cells
    if (!regions.includes(from)) throw problem(number, `region "${from}" is not in the header`)
    if (rows.has(from)) throw problem(number, `region ${from} has a second row`)
    if (values.length !== regions.length) {
      throw problem(number, `${values.length} delays for ${from}; expected ${regions.length}`)
    }
    const delays = regions.map((to, i) => [to, parseDelay(values[i] as string, number, to)] as const)
    rows.set(from, Object.fromEntries(delays))
  }
  const missing = regions.find((region) => !rows.has(region))
  if (missing !== undefined) throw problem(header.number, `region ${missing} has a column but no row`)
  return Object.fromEntries(regions.map((region) => [region, rows.get(region) as Record<string, number>]))
}

function parseDelay(cell: string, line: number, to: string): number {
  if (!/^\d+(\.\d+)?$/.test(cell)) {
    throw problem(line, `column ${to}: "${cell}" is not a delay in milliseconds, such as 42`)
  }
  return Number(cell)
}

function problem(line: number, text: string): CodedError {
  return new CodedError('region-table', `region table, line ${line}: ${text}`, { line })
}
