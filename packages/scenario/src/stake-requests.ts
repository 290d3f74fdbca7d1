import {
  type LedgerName,
  type PlannedNode,
  type PlannedStakeRequest,
  type RuntimeName,
  validatorsOf,
} from './plan.ts'
import { fail, type Path, quote, type Source } from './problem.ts'
import { valid } from './suggest.ts'

/** `workload.stake`, as the schema reads it. */
export interface StakeRequestEntry {
  readonly at: number
  readonly do: PlannedStakeRequest['kind']
  readonly validator: string
  readonly amount: number | 'all'
  readonly by?: PlannedStakeRequest['by'] | undefined
}

export interface StakeRequestsInit {
  readonly nodes: readonly PlannedNode[]
  readonly source: Source
  readonly ledger: LedgerName
  /** The scenario's own: who asks for the stake chain alone of a hybrid scenario gets no requests. */
  readonly ownLedger: LedgerName
  readonly runtime: RuntimeName
}

/** Amounts and nonces filled in. Throws SCENARIO_CONFLICT, _TARGET, _INVALID or _UNSUPPORTED: one line. */
export function planStakeRequests(
  entries: readonly StakeRequestEntry[],
  init: StakeRequestsInit,
): readonly PlannedStakeRequest[] {
  const { source, runtime } = init
  const path: Path = ['workload', 'stake']
  if (entries.length === 0) return []
  if (runtime !== 'simulated')
    fail('SCENARIO_UNSUPPORTED', source, path, `runtime ${runtime} cannot do it; runtime simulated can`)
  if (init.ledger !== 'hybrid') {
    if (init.ownLedger === 'hybrid') return []
    fail('SCENARIO_CONFLICT', source, path, 'the stake chain alone has one set for ever; add ledger: hybrid')
  }
  const requests = entries.map((entry, i) => planRequest(entry, init, [...path, i]))
  const ofOne = Map.groupBy(
    requests.toSorted((a, b) => a.atMs - b.atMs),
    ({ validator }) => validator,
  )
  return requests.map((request) => ({
    ...request,
    nonce: ofOne.get(request.validator)?.indexOf(request) ?? 0,
  }))
}

function planRequest(
  entry: StakeRequestEntry,
  { nodes, source }: StakeRequestsInit,
  path: Path,
): Omit<PlannedStakeRequest, 'nonce'> {
  const validators = validatorsOf(nodes)
  const owner = validators.find(({ name }) => name === entry.validator)
  if (owner === undefined) {
    const names = validators.map(({ name }) => name)
    const text = `${quote(entry.validator)} is not a validator${valid(entry.validator, names)}`
    return fail('SCENARIO_TARGET', source, [...path, 'validator'], text)
  }
  if (entry.do === 'bond' && entry.amount === 'all')
    fail('SCENARIO_INVALID', source, [...path, 'amount'], 'all goes with unbond; a bond says how much')
  return {
    kind: entry.do,
    validator: owner.validator,
    amount: entry.amount === 'all' ? owner.weight : entry.amount,
    by: entry.by ?? 'physical',
    atMs: entry.at,
  }
}
