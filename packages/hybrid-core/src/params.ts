import { CodedError } from '@groundwork/primitives'

/** A fraction of small integers: consensus computes no decimals. */
export interface Ratio {
  readonly num: number
  readonly den: number
}

/** What decides the mode: FAST or RECORDED. All lengths are counted in blocks of the physical chain. */
export interface ModeParameters {
  /** Depth at which a physical block counts as confirmed. */
  readonly kappa: number
  /** D_a: oldest anchor with which a checkpoint still moves the deadline. */
  readonly maxAnchorAgeBlocks: number
  /** D_s: without a refreshing checkpoint for this long, RECORDED begins. */
  readonly stallDeadlineBlocks: number
  /** V: votes of a window count in this many blocks. */
  readonly voteBlocks: number
  /** L_w: kappa + V + 2. */
  readonly windowBlocks: number
  /** What an absent validator keeps of its stake after a window that was not justified. */
  readonly leak: Ratio
  /** Part of the frozen space that has to vote; zero only as an ablation. */
  readonly theta: Ratio
  /** Justified windows in a row for an exit, before back-off. */
  readonly exitWindows: number
  /** The back-off doubles this often at most. */
  readonly backoffMax: number
  /** FAST blocks, in deadlines, that take back one doubling. */
  readonly backoffDecayDeadlines: number
  /** A deposit made in RECORDED waits for this many closed windows. */
  readonly depositWindows: number
  /** At most one part in this many of the set's weight is added per window. */
  readonly depositShare: number
  /** Validators below it are not in a set. */
  readonly minStake: number
}

/** What every node of a hybrid network must agree on, beside the genesis of either chain. Integers only. */
export interface HybridParameters extends ModeParameters {
  /** R2 binds for this many windows after the inner vote's; then whoever followed a fork that lost may vote again. */
  readonly surroundWindows: number
  /** m: validators stop signing this many blocks before the deadline. */
  readonly stopMarginBlocks: number
  /** U_p: between the end of a stake's duty, confirmed, and its withdrawal; zero only as an ablation. */
  readonly unbondingBlocks: number
  /** E_max, by the newest anchor in the evidence. */
  readonly evidenceMaxAgeBlocks: number
  /** S_stale: a tip this old is no tip to sign on. */
  readonly staleSlots: number
  /** E: heights of the stake chain per epoch. */
  readonly epochHeights: number
  /** C_rate: bytes of stake-chain blocks that each physical block pays for. */
  readonly creditRateBytes: number
  /** Room for one checkpoint with its bodies in a physical block. */
  readonly checkpointLaneBytes: number
  /** Skip certificates in one justification. */
  readonly maxSkips: number
  /** S4: a vote for a block that does not execute to its state root is an offence; a bug would slash the honest. */
  readonly slashBadState: boolean
}

const demo: HybridParameters = {
  kappa: 6,
  maxAnchorAgeBlocks: 16,
  stallDeadlineBlocks: 28,
  stopMarginBlocks: 6,
  voteBlocks: 8,
  windowBlocks: 16,
  leak: { num: 1, den: 2 },
  theta: { num: 2, den: 3 },
  exitWindows: 2,
  backoffMax: 4,
  backoffDecayDeadlines: 8,
  depositWindows: 8,
  depositShare: 8,
  minStake: 1,
  surroundWindows: 2,
  unbondingBlocks: 256,
  evidenceMaxAgeBlocks: 192,
  staleSlots: 24,
  epochHeights: 256,
  creditRateBytes: 32_768,
  checkpointLaneBytes: 65_536,
  maxSkips: 64,
  slashBadState: false,
}

export const hybridProfiles: Readonly<Record<'ci' | 'demo' | 'adversarial', HybridParameters>> = {
  ci: {
    ...demo,
    kappa: 3,
    maxAnchorAgeBlocks: 10,
    stallDeadlineBlocks: 18,
    stopMarginBlocks: 3,
    voteBlocks: 6,
    windowBlocks: 11,
    unbondingBlocks: 64,
    evidenceMaxAgeBlocks: 48,
  },
  demo,
  adversarial: {
    ...demo,
    kappa: 24,
    maxAnchorAgeBlocks: 38,
    stallDeadlineBlocks: 66,
    stopMarginBlocks: 10,
    voteBlocks: 16,
    windowBlocks: 42,
    leak: { num: 4, den: 5 },
    unbondingBlocks: 2048,
    evidenceMaxAgeBlocks: 1536,
  },
}

/** D: a forced transaction is executed within this many physical blocks, whatever stake is coerced. */
export function inclusionBoundBlocks(parameters: ModeParameters): number {
  return parameters.maxAnchorAgeBlocks + parameters.stallDeadlineBlocks
}

/** C_burst. */
export function creditBurstBytes({
  creditRateBytes,
  stallDeadlineBlocks,
  stopMarginBlocks,
}: HybridParameters): number {
  return Math.floor((creditRateBytes * (stallDeadlineBlocks - stopMarginBlocks)) / 2)
}

const ranges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  kappa: [1, 4096],
  maxAnchorAgeBlocks: [1, 65_536],
  stallDeadlineBlocks: [1, 65_536],
  stopMarginBlocks: [1, 65_536],
  voteBlocks: [6, 4096],
  windowBlocks: [1, 65_536],
  exitWindows: [1, 64],
  backoffMax: [0, 10],
  backoffDecayDeadlines: [1, 1024],
  depositWindows: [1, 1024],
  depositShare: [1, 1024],
  minStake: [1, 2 ** 40],
  surroundWindows: [0, 2 ** 32],
  unbondingBlocks: [0, 2 ** 32],
  evidenceMaxAgeBlocks: [1, 2 ** 32],
  staleSlots: [1, 65_536],
  epochHeights: [4, 2 ** 32],
  creditRateBytes: [256, 1_048_576],
  checkpointLaneBytes: [4096, 1_048_576],
  maxSkips: [1, 4096],
}

/** Throws `HYBRID_PARAMETERS`: one line that says which relation does not hold, and with which values. */
export function checkHybridParameters(parameters: HybridParameters): void {
  for (const [name, [min, max]] of Object.entries(ranges)) {
    const value = parameters[name as 'kappa']
    if (!Number.isInteger(value) || value < min || value > max)
      bad(`${name}: expected an integer from ${min} to ${max}, found ${String(value).slice(0, 40)}`)
  }
  const { kappa: k, maxAnchorAgeBlocks: a, stallDeadlineBlocks: s, stopMarginBlocks: m } = parameters
  const { voteBlocks: v, windowBlocks: w, leak, theta } = parameters
  need(a - m >= k + 4, 'maxAnchorAgeBlocks - stopMarginBlocks >= kappa + 4', `${a} - ${m} < ${k} + 4`)
  need(s >= 2 * k + m + 8, 'stallDeadlineBlocks >= 2 kappa + stopMarginBlocks + 8', `${s} < ${2 * k + m + 8}`)
  need(
    s - k - m >= k + 4,
    'stallDeadlineBlocks - kappa - stopMarginBlocks >= kappa + 4',
    `${s - k - m} < ${k + 4}`,
  )
  need(w === k + v + 2, 'windowBlocks = kappa + voteBlocks + 2', `${w} is not ${k + v + 2}`)
  const { evidenceMaxAgeBlocks: e, unbondingBlocks: u } = parameters
  need(
    e < u || u === 0,
    'evidenceMaxAgeBlocks < unbondingBlocks, or no unbonding as an ablation',
    `${e} >= ${u}`,
  )
  for (const [name, { num, den }] of Object.entries({ leak, theta }))
    need(
      Number.isInteger(num) && Number.isInteger(den) && num >= 0 && den >= 1 && den <= 16 && num < den,
      `${name} is a fraction below 1 with a denominator up to 16`,
      `${num}/${den}`,
    )
  need(
    theta.num === 0 || (2 * theta.num > theta.den && 3 * theta.num <= 2 * theta.den),
    '1/2 < theta <= 2/3, or 0 as an ablation',
    `theta is ${theta.num}/${theta.den}`,
  )
}

/** What bears on both chains at once: the timing of stake-chain views, and room for everybody's votes. */
export interface Surroundings {
  /** Of the stake chain. */
  readonly minViewTimeMs: number
  readonly timeoutBaseMs: number
  /** Delta: assumed bound on one-way delay. */
  readonly delayBoundMs: number
  readonly executionMs: number
  /** Of the physical chain. */
  readonly physicalKappa: number
  readonly checkpointLaneBytes: number
  readonly votesLaneBytes: number
  /** Plots and validators that may have to vote in one window. */
  readonly plots: number
  readonly validators: number
  readonly spaceVoteBytes: number
  readonly recordedVoteBytes: number
}

/** Throws `HYBRID_PARAMETERS`. */
export function checkSurroundings(parameters: HybridParameters, around: Surroundings): void {
  const { minViewTimeMs, timeoutBaseMs, delayBoundMs, executionMs } = around
  const least = minViewTimeMs + 3 * delayBoundMs + executionMs
  need(
    timeoutBaseMs >= least,
    'timeoutBaseMs >= minViewTimeMs + 3 delayBoundMs + executionMs',
    `${timeoutBaseMs} < ${least}`,
  )
  need(
    around.physicalKappa === parameters.kappa,
    'both chains have one kappa',
    `${around.physicalKappa} and ${parameters.kappa}`,
  )
  need(
    around.checkpointLaneBytes === parameters.checkpointLaneBytes,
    "checkpointLaneBytes is the physical chain's",
    `${parameters.checkpointLaneBytes} and ${around.checkpointLaneBytes}`,
  )
  // Half of the blocks in which votes count may be the adversary's.
  const room = Math.floor(parameters.voteBlocks / 2) * around.votesLaneBytes
  const votes = around.plots * around.spaceVoteBytes + around.validators * around.recordedVoteBytes
  need(
    votes <= room,
    'the votes of all plots and validators fit half the blocks of a window',
    `${votes} > ${room} bytes`,
  )
}

function need(holds: boolean, rule: string, found: string): void {
  if (!holds) bad(`expected ${rule}, found ${found}`)
}

function bad(text: string): never {
  throw new CodedError('HYBRID_PARAMETERS', `hybrid parameters: ${text}`)
}
