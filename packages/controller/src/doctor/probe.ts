/** `missing`: what needs it cannot run. `warn`: it runs, and a person should know. `unknown`: cannot be found out here. */
export type ProbeStatus = 'ok' | 'warn' | 'missing' | 'unknown'

export type ProbeGroup = 'machine' | 'containers'

/** One thing that was looked at. Plain JSON. */
export interface Probe {
  readonly name: string
  readonly group: ProbeGroup
  readonly status: ProbeStatus
  /** Half a sentence for people. */
  readonly detail: string
  /** The command that mends it, or what else to do. */
  readonly mend?: string
}

export function probe(
  group: ProbeGroup,
  name: string,
  status: ProbeStatus,
  detail: string,
  mend?: string | null,
): Probe {
  return { name, group, status, detail, ...(mend === undefined || mend === null ? {} : { mend }) }
}

export const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
