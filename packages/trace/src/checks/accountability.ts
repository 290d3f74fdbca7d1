import { equal, fromHex, toHex } from '@groundwork/primitives'
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
import { decodedOrNull } from '../decoded.ts'
import type { EpochRecord } from '../hybrid-record.ts'
import type { RecordOf } from '../record.ts'
import { epochOf, type Run, weightOf } from '../run.ts'
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
  /** One for every epoch that a node signed in. None: the signatures of this run cannot be checked here. */
  readonly courts: readonly Court[]
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
  const courts = courtsOf(run, verify)
  const recorded = run.honest.flatMap((node) => node.records.of('evidence'))
  if (courts.length === 0) {
    return {
      courts,
      perConflict: [],
      accused: new Set(recorded.map((record) => record.offender)),
      unfounded: [],
    }
  }
  const proofs = proofsOf(run)
  const perConflict = conflicts.map((conflict) => evidenceFor(run, courts, proofs, conflict))
  const unfounded: RecordOf<'evidence'>[] = []
  const founded: number[] = []
  for (const record of recorded) {
    const court = courts.find((candidate) => holds(candidate, record))
    if (court === undefined) unfounded.push(record)
    else founded.push(originalIndex(courts, court, record.offender))
  }
  const accused = new Set([...perConflict.flatMap(({ offenders }) => offenders), ...founded])
  return { courts, perConflict, accused, unfounded }
}

function courtsOf(run: Run, verify: Verify | null): Court[] {
  return verify === null ? [] : knownEpochs(run).map((epoch) => ({ epoch, verify, maxSkips }))
}

/** Every epoch that a node signed in, whose record is what its id names, by number. */
export function knownEpochs(run: Run): Epoch[] {
  const records = run.nodes.flatMap(({ records }) => [
    ...records.of('node-started'),
    ...records.of('epoch-entered'),
  ])
  const known = new Map(records.map(({ epoch }) => [epoch.epochId, epoch]))
  return [...known.values()]
    .map((record) => ({ record, epoch: epochFromRecord(record) }))
    .filter(({ record, epoch }) => equal(epoch.id, fromHex(record.epochId)))
    .map(({ epoch }) => epoch)
    .sort((a, b) => a.number - b.number)
}

function nameOf({ number, id }: Epoch): string {
  return number === 0 ? '0' : `${number} (${toHex(id).slice(0, 8)})`
}

/** The plan's number of a validator that an epoch numbers in its own way; -1 for one that joined later. */
function originalIndex(courts: readonly Court[], { epoch }: Court, index: number): number {
  const first = courts[0]?.epoch.validators.validators ?? []
  const key = epoch.validators.validators[index]?.publicKey
  return first.findIndex(({ publicKey }) => key !== undefined && equal(publicKey, key))
}

function holds(court: Court, record: RecordOf<'evidence'>): boolean {
  const evidence = decodedOrNull(() => decodeEvidence(fromHex(record.evidence)))
  return evidence?.offender === record.offender && verifyEvidence(court, evidence) === null
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
  courts: readonly Court[],
  proofs: ReadonlyMap<string, RecordOf<'finalized'>>,
  conflict: Conflict,
): ConflictEvidence {
  const chains = [conflict.a, conflict.b].map((side) => chainFrom(run, proofs, side))
  const [a, b] = chains
  const court = courts.find(({ epoch }) => nameOf(epoch) === epochOf(conflict.a))
  const evidence = a == null || b == null || court === undefined ? [] : extractEvidence(court, a, b)
  const named = evidence.map(({ offender }) => originalIndex(courts, court!, offender))
  const offenders = [...new Set(named)].sort((x, y) => x - y)
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
  return decodedOrNull(() => {
    const blocks: FinalChain['blocks'][number][] = []
    for (let hash = covered.hash; ; ) {
      const record = proofs.get(hash)
      if (record === undefined) return null
      blocks.unshift(decodeJustifiedHeader(fromHex(record.proof)))
      if (record.height <= fromHeight) break
      hash = record.parent
    }
    return { blocks, certificate: decodeCertificate(fromHex(covered.certificate!)) }
  })
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
  if (blame.courts.length === 0)
    return check('invalid', `There ${forks}, but signatures cannot be checked here.`)
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
