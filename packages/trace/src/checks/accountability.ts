import { equal, fromHex } from '@groundwork/primitives'
import {
  type Court,
  createEpoch,
  decodeCertificate,
  decodeEvidence,
  decodeJustifiedHeader,
  type Epoch,
  type Evidence,
  extractEvidence,
  type FinalChain,
  type Verify,
  validatorSet,
  verifyEvidence,
} from '@groundwork/stake-core'
import type { EpochRecord } from '../hybrid-record.ts'
import type { RecordOf } from '../record.ts'
import { type Run, weightOf } from '../run.ts'
import type { Conflict } from './agreement.ts'
import { type CheckResult, listed, plural, result } from './check.ts'

/** The absolute limit of the encoding: a tighter one here could only add accusations. */
const maxSkips = 4096

/** What the finalized chains alone prove about one conflict. */
export interface ConflictEvidence {
  readonly conflict: Conflict
  readonly offenders: readonly number[]
  readonly rules: readonly Evidence['rule'][]
  readonly weight: number
}

export interface Blame {
  /** null: the signatures of this run cannot be checked here, or its epoch is unknown. */
  readonly court: Court | null
  readonly perConflict: readonly ConflictEvidence[]
  /** Named by evidence that verifies: from the chains, or recorded by an honest node. */
  readonly accused: ReadonlySet<number>
  /** Evidence in an honest node's log that does not hold. */
  readonly unfounded: readonly RecordOf<'evidence'>[]
}

export function epochFromRecord(record: EpochRecord): Epoch {
  return createEpoch({
    chainId: fromHex(record.chainId, 32),
    number: record.number,
    genesisHash: fromHex(record.genesisHash, 32),
    seed: fromHex(record.seed, 32),
    validators: validatorSet(
      record.validators.map(({ publicKey, weight }) => ({ publicKey: fromHex(publicKey, 32), weight })),
    ),
  })
}

export function findBlame(run: Run, conflicts: readonly Conflict[], verify: Verify | null): Blame {
  const court = courtOf(run, verify)
  const recorded = run.honest.flatMap((node) => node.records.of('evidence'))
  if (court === null) {
    return {
      court,
      perConflict: [],
      accused: new Set(recorded.map((record) => record.offender)),
      unfounded: [],
    }
  }
  const proofs = proofsOf(run)
  const perConflict = conflicts.map((conflict) => evidenceFor(run, court, proofs, conflict))
  const unfounded = recorded.filter((record) => !holds(court, record))
  const founded = recorded.filter((record) => !unfounded.includes(record))
  const accused = new Set([
    ...perConflict.flatMap(({ offenders }) => offenders),
    ...founded.map((record) => record.offender),
  ])
  return { court, perConflict, accused, unfounded }
}

function courtOf(run: Run, verify: Verify | null): Court | null {
  const record = run.nodes.flatMap((node) => node.records.of('node-started'))[0]?.epoch
  if (record === undefined || verify === null) return null
  const epoch = epochFromRecord(record)
  return equal(epoch.id, fromHex(record.epochId)) ? { epoch, verify, maxSkips } : null
}

function holds(court: Court, record: RecordOf<'evidence'>): boolean {
  try {
    const evidence = decodeEvidence(fromHex(record.evidence))
    return evidence.offender === record.offender && verifyEvidence(court, evidence) === null
  } catch {
    return false
  }
}

/** Any finalized record of a block will do: what a block proves does not depend on who tells. */
function proofsOf(run: Run): Map<string, RecordOf<'finalized'>> {
  const proofs = new Map<string, RecordOf<'finalized'>>()
  for (const record of run.nodes.flatMap((node) => node.records.of('finalized'))) {
    const known = proofs.get(record.hash)
    if (known === undefined || known.certificate === null) proofs.set(record.hash, record)
  }
  return proofs
}

function evidenceFor(
  run: Run,
  court: Court,
  proofs: ReadonlyMap<string, RecordOf<'finalized'>>,
  conflict: Conflict,
): ConflictEvidence {
  const chains = [conflict.a, conflict.b].map((side) => chainFrom(run, proofs, side))
  const [a, b] = chains
  const evidence = a == null || b == null ? [] : extractEvidence(court, a, b)
  const offenders = [...new Set(evidence.map(({ offender }) => offender))].sort((x, y) => x - y)
  const rules = [...new Set(evidence.map(({ rule }) => rule))].sort()
  return { conflict, offenders, rules, weight: weightOf(run.stake.weights, offenders) }
}

/** A chain from the fork up to the first block with a FINAL certificate, from the log of any node that followed this side. */
function chainFrom(
  run: Run,
  proofs: ReadonlyMap<string, RecordOf<'finalized'>>,
  side: RecordOf<'finalized'>,
): FinalChain | null {
  for (const node of run.nodes) {
    const finalized = node.records.of('finalized')
    const from = finalized.findIndex(({ hash }) => hash === side.hash)
    const covered =
      from < 0 ? undefined : finalized.slice(from).find(({ certificate }) => certificate !== null)
    const chain = covered === undefined ? null : decodeChain(proofs, side.height, covered)
    if (chain !== null) return chain
  }
  return null
}

function decodeChain(
  proofs: ReadonlyMap<string, RecordOf<'finalized'>>,
  fromHeight: number,
  covered: RecordOf<'finalized'>,
): FinalChain | null {
  try {
    const blocks: FinalChain['blocks'][number][] = []
    for (let hash = covered.hash; ; ) {
      const record = proofs.get(hash)
      if (record === undefined) return null
      blocks.unshift(decodeJustifiedHeader(fromHex(record.proof)))
      if (record.height <= fromHeight) break
      hash = record.parent
    }
    return { blocks, certificate: decodeCertificate(fromHex(covered.certificate!)) }
  } catch {
    return null
  }
}

export function checkAccountability(
  run: Run,
  expect: 'conflict' | 'no-conflict',
  conflicts: readonly Conflict[],
  blame: Blame,
): CheckResult {
  const check = (verdict: CheckResult['verdict'], detail: string) =>
    result('accountability', 'safety', verdict, detail)
  if (conflicts.length === 0) {
    if (expect === 'no-conflict') return check('pass', 'No two honest nodes finalized conflicting blocks.')
    return { ...check('fail', 'Conflicting finality was expected and did not happen.'), concerns: 'liveness' }
  }
  const forks = `${conflicts.length === 1 ? 'is' : 'are'} ${plural(conflicts.length, 'fork')}`
  if (blame.court === null) return check('invalid', `There ${forks}, but signatures cannot be checked here.`)
  const { overlap, total } = run.stake
  const weakest = Math.min(...blame.perConflict.map(({ weight }) => weight))
  const accused = [...new Set(blame.perConflict.flatMap(({ offenders }) => offenders))].sort((a, b) => a - b)
  const innocent = accused.filter((validator) => !run.faulty.has(validator))
  if (innocent.length > 0) return check('fail', `Evidence names honest ${validators(run, innocent)}.`)
  const named =
    `the finalized chains alone name ${validators(run, accused)}, with at least ${weakest} of ${total} stake for each fork` +
    ` (2q - W is ${overlap})`
  if (weakest < overlap) return check('fail', `There ${forks}, and ${named}: too little.`)
  const honest = 'nobody honest is named'
  if (expect === 'conflict') return check('pass', `As expected there ${forks}; ${named}; ${honest}.`)
  return check('fail', `Honest nodes finalized conflicting blocks: there ${forks}; ${named}; ${honest}.`)
}

export function checkNoFalseBlame(run: Run, blame: Blame): CheckResult {
  const check = (verdict: CheckResult['verdict'], detail: string) =>
    result('no-false-blame', 'safety', verdict, detail)
  const innocent = [...blame.accused].filter((validator) => !run.faulty.has(validator))
  if (innocent.length > 0) return check('fail', `Evidence names honest ${validators(run, innocent)}.`)
  const [unfounded] = blame.unfounded
  if (unfounded !== undefined) {
    return check(
      'fail',
      `${unfounded.node} recorded evidence against validator ${unfounded.offender} that does not hold.`,
    )
  }
  if (blame.accused.size === 0) return check('pass', 'Nobody is accused.')
  return check('pass', `Accused: ${validators(run, [...blame.accused])}, all faulty; nobody honest.`)
}

function validators(run: Run, indices: readonly number[]): string {
  const names = indices.map(
    (index) =>
      run.nodes.find(({ planned }) => planned.validator === index && planned.twinOf === null)?.name ??
      `#${index}`,
  )
  return `${indices.length === 1 ? 'validator' : 'validators'} ${listed(names)}`
}
