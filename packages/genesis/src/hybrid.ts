import {
  checkHybridParameters,
  checkSurroundings,
  type DeriveGenesis,
  type HybridParameters,
  recordedVoteBytes,
  spaceVoteBytes,
} from '@groundwork/hybrid-core'
import { chainRules, genesisState, type PhysicalGenesis } from '@groundwork/physical-core'
import { CodedError, equal, fromHex, type Hash, toHex, type Writer } from '@groundwork/primitives'
import * as z from 'zod'
import { epochOf, type Genesis, initialLedger } from './genesis.ts'

/** What makes a stake chain half of a hybrid: it names the other half. */
export interface HybridSection {
  /** Names the physical chain that records this one. */
  readonly physicalGenesis: Hash
  readonly parameters: HybridParameters
}

export const hybridVersion = 1

/** In the order in which the genesis' hash takes them. */
const numbers = [
  'kappa',
  'maxAnchorAgeBlocks',
  'stallDeadlineBlocks',
  'stopMarginBlocks',
  'voteBlocks',
  'windowBlocks',
  'exitWindows',
  'backoffMax',
  'backoffDecayDeadlines',
  'depositWindows',
  'depositShare',
  'minStake',
  'surroundWindows',
  'unbondingBlocks',
  'evidenceMaxAgeBlocks',
  'staleSlots',
  'epochHeights',
  'creditRateBytes',
  'checkpointLaneBytes',
  'maxSkips',
] as const
const ratios = ['leak', 'theta'] as const

type NumberName = (typeof numbers)[number]

/** Of a genesis file. */
export interface HybridFile {
  version: 1
  physicalGenesis: string
  parameters: Record<NumberName, number> &
    Record<(typeof ratios)[number], { num: number; den: number }> & { slashBadState: boolean }
}

const error = 'a whole number'
const whole = z.int({ error }).min(0, { error })
const ratioError = 'a fraction {"num", "den"} of whole numbers'
const ratio = z.strictObject({ num: whole, den: whole }, { error: ratioError })

const parametersSchema = z.strictObject(
  {
    ...(Object.fromEntries(numbers.map((name) => [name, whole])) as Record<NumberName, typeof whole>),
    leak: ratio,
    theta: ratio,
    slashBadState: z.boolean({ error: 'true or false' }),
  },
  { error: 'an object with all hybrid parameters and nothing else' },
)

export const hybridSchema: z.ZodType<HybridFile> = z.strictObject(
  {
    version: z.literal(hybridVersion, { error: 'version 1, the only one this release knows' }),
    physicalGenesis: z
      .string({ error: '32 bytes in lower-case hexadecimal' })
      .regex(/^[0-9a-f]{64}$/, { error: '32 bytes in lower-case hexadecimal' }),
    parameters: parametersSchema,
  },
  { error: 'an object with only version, physicalGenesis, parameters' },
)

export function hybridFile({ physicalGenesis, parameters }: HybridSection): HybridFile {
  return { version: hybridVersion, physicalGenesis: toHex(physicalGenesis), parameters }
}

/** Throws `HYBRID_PARAMETERS`, one line. */
export function hybridSection({ physicalGenesis, parameters }: HybridFile): HybridSection {
  checkHybridParameters(parameters)
  return { physicalGenesis: fromHex(physicalGenesis, 32), parameters }
}

export function writeHybrid(out: Writer, { physicalGenesis, parameters }: HybridSection): void {
  out.u8(hybridVersion)
  out.fixed(physicalGenesis, 32)
  for (const name of numbers) out.u64(parameters[name])
  for (const name of ratios) {
    out.u8(parameters[name].num)
    out.u8(parameters[name].den)
  }
  out.u8(parameters.slashBadState ? 1 : 0)
}

/** Names a physical chain. */
export function physicalGenesisHash(physical: PhysicalGenesis): Hash {
  return chainRules(physical).chainId
}

/**
 * What everything derived from both chains begins with. Throws one line: `GENESIS_HYBRID` if they are not halves of one
 * network, `HYBRID_PARAMETERS` if they do not fit each other.
 */
export function deriveGenesisOf(genesis: Genesis, physical: PhysicalGenesis): DeriveGenesis {
  const { hybrid } = genesis
  if (hybrid === undefined)
    throw new CodedError('GENESIS_HYBRID', 'genesis: hybrid: expected the section, found nothing')
  const rules = chainRules(physical)
  if (!equal(hybrid.physicalGenesis, rules.chainId)) {
    const [named, given] = [hybrid.physicalGenesis, rules.chainId].map((hash) => toHex(hash))
    throw new CodedError(
      'GENESIS_HYBRID',
      `genesis: hybrid.physicalGenesis: expected the physical chain at hand (${given}), found ${named}`,
    )
  }
  checkSurroundings(hybrid.parameters, surroundings(genesis, physical))
  return {
    parameters: hybrid.parameters,
    epoch: epochOf(genesis),
    ledger: initialLedger(genesis),
    physicalGenesis: rules.chainId,
    space: genesisState(rules).epoch,
  }
}

/** The network's delays are the scenario's concern. */
function surroundings(
  { parameters: stake, validators }: Genesis,
  { parameters, plots }: PhysicalGenesis,
): Parameters<typeof checkSurroundings>[1] {
  return {
    minViewTimeMs: stake.minViewTimeMs,
    timeoutBaseMs: stake.timeoutBaseMs,
    delayBoundMs: 0,
    executionMs: 0,
    physicalKappa: parameters.kappa,
    checkpointLaneBytes: parameters.laneBytes.checkpoint,
    votesLaneBytes: parameters.laneBytes.votes,
    plots: plots.length,
    validators: validators.length,
    spaceVoteBytes: spaceVoteBytes(Math.max(16, ...plots.map(({ k }) => k))),
    recordedVoteBytes,
  }
}
