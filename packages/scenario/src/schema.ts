import * as z from 'zod'
import { CHECKS } from './check.ts'
import { VERBS } from './faults/index.ts'
import type { NetworkEntry } from './network.ts'
import { WINNERS } from './physical-network.ts'
import {
  farmerBehaviours,
  type LedgerName,
  ledgerNames,
  type PlannedStream,
  physicalProfileNames,
  type RuntimeName,
} from './plan.ts'
import { duration, fraction, integer, mapping, oneOf, rate, ratio, skew, text } from './quantity.ts'
import type { StakeRequestEntry } from './stake-requests.ts'
import { expectations, type SweepEntry, sweepSchema } from './sweep.ts'

/** The scenario file, as a schema: for reading it, and, exported, for editors. */

export const RUNTIMES: readonly RuntimeName[] = ['simulated', 'process', 'docker']

export const VALIDATORS_MAX = 100
const FARMERS_MAX = 100
const PLOTS_MAX = 64
const K_MIN = 16
const K_MAX = 32
const WINNERS_NOUN = `one of ${WINNERS.join(', ')}`

const NAME = 'a name of small letters, digits and hyphens that begins with a letter'
const LABEL = 'a label of letters, digits, spaces, dots, hyphens and underscores'

const name = (): z.ZodType<string, string> => text(NAME, 64, /^[a-z][a-z0-9-]*$/)
const label = (): z.ZodType<string, string> => text(LABEL, 64, /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/)

const validator = mapping(
  'a validator: a mapping with name, weight, region, cloud, jurisdiction, entity, twin',
  {
    name: name().optional().meta({ description: 'Default v1, v2, ...' }),
    weight: integer(1, 1_000_000_000).optional().meta({ description: 'Stake; default 1' }),
    region: label().optional(),
    cloud: label().optional().meta({ description: 'Default A' }),
    jurisdiction: label().optional().meta({ description: "Default: the region's" }),
    entity: label().optional().meta({ description: 'Default: an operator of its own' }),
    twin: z
      .boolean({ error: 'true or false' })
      .optional()
      .meta({ description: 'A second process with the same key' }),
  },
)

const farmer = mapping(
  'a mapping with plots, k, claims, timelord, cloud, jurisdiction, entity, skew, behaviour',
  {
    plots: integer(0, PLOTS_MAX).optional(),
    k: integer(K_MIN, K_MAX).optional(),
    claims: label()
      .optional()
      .meta({ description: 'The region that its plots claim; default: where it stands' }),
    timelord: z.boolean({ error: 'true or false' }).optional(),
    cloud: label().optional().meta({ description: 'Default A' }),
    jurisdiction: label().optional().meta({ description: "Default: the region's" }),
    entity: label().optional().meta({ description: 'Default: a farm of its own' }),
    skew: skew().optional().meta({ description: 'How far its clock is ahead, or behind if negative' }),
    behaviour: oneOf(farmerBehaviours.filter((name) => name !== 'orphan-items'))
      .optional()
      .meta({ description: 'Misbehaviour, from its start on' }),
  },
)

const physical = mapping(
  'a mapping with farmers, plots, k, timelords, profile, engine, vdf, parameters, overrides',
  {
    farmers: z
      .union([integer(1, FARMERS_MAX), z.record(label(), integer(1, FARMERS_MAX))], {
        error: `a whole number from 1 to ${FARMERS_MAX} or a mapping of region names to counts, such as { Ireland: 2 }`,
      })
      .optional()
      .meta({ description: 'Default 6' }),
    plots: integer(0, PLOTS_MAX).optional().meta({ description: 'Of each farmer; default 2' }),
    k: integer(K_MIN, K_MAX).optional().meta({
      description:
        'Size of a plot; default 16. Modelled space: such a plot is recomputed in less than a slot',
    }),
    timelords: integer(0, FARMERS_MAX)
      .optional()
      .meta({ description: 'So many farmers of each region are timelords too; default 1' }),
    profile: oneOf(physicalProfileNames).optional().meta({ description: 'Default ci' }),
    engine: oneOf(['space', 'work']).optional().meta({ description: 'Default space' }),
    vdf: z
      .union([integer(1024, 1_073_741_824), z.literal('none')], {
        error: 'a number of squarings from 1024 to 1073741824, or none',
      })
      .optional()
      .meta({
        description: "Squarings of a slot; default: the profile's. none: anybody can rewrite the past",
      }),
    parameters: mapping(
      'a mapping with slot, epoch, seedLag, winners, kappa, faults, outside, grace, unlocated, cap, floor, near',
      {
        slot: duration(20).optional().meta({ description: 'Length of a slot' }),
        epoch: integer(4, 65_536).optional().meta({ description: 'Slots of an epoch' }),
        seedLag: integer(1, 65_536)
          .optional()
          .meta({ description: 'Slots before an epoch at which its seed is fixed; default: half of it' }),
        winners: z
          .number({ error: WINNERS_NOUN })
          .refine((milli) => WINNERS.includes(milli), { error: WINNERS_NOUN })
          .optional()
          .meta({ description: 'Expected winners per slot, in thousandths' }),
        kappa: integer(1, 4096)
          .optional()
          .meta({ description: 'Depth at which a block counts as confirmed' }),
        faults: integer(0, 16)
          .optional()
          .meta({ description: 'f: a place needs 2f + 1 of 3f + 1 challengers of its region' }),
        outside: integer(0, 16).optional().meta({ description: 'Challengers of other regions' }),
        grace: integer(0, 64)
          .optional()
          .meta({ description: 'Epochs for which a proven place stays good without a new proof' }),
        unlocated: ratio().optional().meta({ description: 'What a plot is worth without a proven place' }),
        cap: ratio()
          .optional()
          .meta({ description: 'Largest share of effective space of a region; 100% is none' }),
        floor: ratio()
          .optional()
          .meta({ description: 'The cap takes no region below this part of its space' }),
        near: duration(1)
          .optional()
          .meta({ description: 'The longest round trip to a challenger of the same region' }),
      },
    )
      .nullish()
      .meta({ description: 'What differs from the profile' }),
    overrides: z
      .record(text('a farmer, such as f1', 16), farmer, {
        error: 'a mapping of farmers to what is different about them, such as { f3: { plots: 4 } }',
      })
      .optional(),
  },
)

const hybrid = mapping('a mapping with profile, parameters', {
  profile: oneOf(physicalProfileNames).optional().meta({ description: "Default: the physical chain's" }),
  parameters: mapping(
    'a mapping with maxAnchorAge, stallDeadline, stopMargin, voteBlocks, leak, theta, exitWindows, unbonding, evidenceMaxAge, staleSlots, epochHeights, creditRate, slashBadState',
    {
      maxAnchorAge: integer(1, 65_536)
        .optional()
        .meta({ description: 'D_a: oldest anchor with which a checkpoint moves the deadline, in blocks' }),
      stallDeadline: integer(1, 65_536)
        .optional()
        .meta({ description: 'D_s: blocks without such a checkpoint until RECORDED begins' }),
      stopMargin: integer(1, 65_536)
        .optional()
        .meta({ description: 'm: validators stop so many blocks before the deadline' }),
      voteBlocks: integer(6, 4096)
        .optional()
        .meta({ description: 'V: blocks in which votes of a window count' }),
      leak: fraction().optional().meta({ description: 'What an absent validator keeps per window' }),
      theta: fraction().optional().meta({ description: 'Space that must vote; 0 only as an ablation' }),
      exitWindows: integer(1, 64).optional().meta({ description: 'Justified windows in a row for an exit' }),
      unbonding: integer(0, 2 ** 32)
        .optional()
        .meta({ description: 'U_p, in blocks; longer than evidenceMaxAge, or 0 as an ablation' }),
      evidenceMaxAge: integer(1, 2 ** 32)
        .optional()
        .meta({ description: 'E_max, in blocks' }),
      staleSlots: integer(1, 65_536).optional().meta({ description: 'S_stale' }),
      epochHeights: integer(4, 2 ** 32)
        .optional()
        .meta({ description: 'E: heights per epoch of the stake chain' }),
      creditRate: integer(256, 1_048_576)
        .optional()
        .meta({ description: 'C_rate: bytes of the stake chain that each physical block pays for' }),
      slashBadState: z
        .boolean({ error: 'true or false' })
        .optional()
        .meta({ description: 'S4: votes for wrong state roots are slashed' }),
    },
  ).nullish(),
})

const network = mapping('a mapping with validators, regions, parameters, physical, hybrid', {
  validators: z
    .union([integer(1, VALIDATORS_MAX), z.array(validator).min(1).max(VALIDATORS_MAX)], {
      error: `a whole number from 1 to ${VALIDATORS_MAX} or a list of as many validators`,
    })
    .optional()
    .meta({ description: 'Default 4' }),
  regions: z
    .record(label(), integer(1, VALIDATORS_MAX), {
      error: 'a mapping of region names to counts, such as { Ireland: 2 }',
    })
    .optional()
    .meta({ description: 'Validators per region, in this order' }),
  parameters: mapping('a mapping with minViewTime, timeoutBase, timeoutMax, standstill', {
    minViewTime: duration().optional(),
    timeoutBase: duration(1).optional(),
    timeoutMax: duration(1).optional(),
    standstill: duration(1).optional(),
  })
    .nullish()
    .meta({ description: 'Timing of the protocol' }),
  physical: physical
    .nullish()
    .meta({ description: 'The physical chain; with it, validators may be left out' }),
  hybrid: hybrid
    .nullish()
    .meta({ description: 'What ties the two chains together; kappa is the physical one' }),
})

const stream = mapping('a mapping with by, to, from, every, count', {
  by: oneOf(['stake', 'physical']).meta({
    description: "To the validators' mempools, or as forced transactions to the farmers",
  }),
  to: oneOf(['target', 'any'])
    .optional()
    .meta({ description: 'target: the account that censors are after; default any' }),
  from: duration().optional().meta({ description: 'The first; default 0s' }),
  every: duration(1),
  count: integer(1, 100_000),
})

const stakeRequest = mapping('a mapping with at, do, validator, amount, by', {
  at: duration().meta({ description: 'When, after the network is ready' }),
  do: oneOf(['bond', 'unbond']).meta({
    description: 'bond: funds of its account become its stake; unbond: it asks for stake back',
  }),
  validator: name(),
  amount: z
    .union([integer(1, 1_000_000_000), z.literal('all')], { error: 'a whole number, or all' })
    .meta({ description: 'all: what it had at stake when the network began; of unbond only' }),
  by: oneOf(['stake', 'physical']).optional().meta({ description: 'As for streams; default physical' }),
})

const workload = mapping('a mapping with rate, accounts, targets, streams, stake', {
  rate: rate().optional().meta({ description: 'Transfers per second, open loop; default 50/s' }),
  accounts: integer(1, 10_000).optional().meta({ description: 'Default 16' }),
  targets: oneOf(['uniform']).optional().meta({ description: 'Which node gets a transfer' }),
  streams: z
    .array(stream, { error: 'a list such as [{ by: physical, to: target, every: 1s, count: 20 }]' })
    .optional()
    .meta({ description: 'Transfers that are looked at one by one' }),
  stake: z
    .array(stakeRequest, { error: 'a list such as [{ at: 5s, do: unbond, validator: v1, amount: all }]' })
    .optional()
    .meta({ description: 'What validators do with their stake; ledger hybrid, runtime simulated' }),
})

function file(fault: z.ZodType, check: z.ZodType): z.ZodType {
  return mapping(
    'a scenario: a mapping with name, ledger, sweep, network, workload, timeline, checks, expect, duration',
    {
      name: name().optional().meta({ description: 'Default: the name of the file' }),
      description: text('a text').optional().meta({ description: 'What happens and what must come of it' }),
      lesson: text('a text').optional().meta({ description: 'What one learns from it' }),
      runtimes: z
        .array(oneOf(RUNTIMES), { error: `a list of ${RUNTIMES.join(', ')}` })
        .min(1, { error: `a list of at least one of ${RUNTIMES.join(', ')}` })
        .optional()
        .meta({ description: 'Where it makes sense; default: all' }),
      ledger: oneOf(ledgerNames)
        .optional()
        .meta({ description: 'stake: the stake chain on its own (default); hybrid: with network.physical' }),
      sweep: sweepSchema(check)
        .optional()
        .meta({ description: 'Variants of the scenario, each on both ledgers and from several seeds' }),
      network: network.nullish(),
      workload: workload.nullish(),
      timeline: z
        .array(fault, { error: 'a list of faults, such as [{ at: 10s, fault: kill, target: one }]' })
        .nullish(),
      checks: z
        .array(check, { error: 'a list of checks, such as [agreement, recovery: { within: 5s }]' })
        .nullish()
        .meta({ description: 'Default: agreement and no-false-blame' }),
      expect: expectations(check)
        .optional()
        .meta({ description: 'Checks of one ledger only, beside the others' }),
      duration: duration(1000).optional().meta({ description: 'Default: some time after the last heal' }),
    },
  )
}

/** Faults and checks stay open here: each is read by the schema that its name selects, so that an error names one thing. */
export const outerSchema: z.ZodType<OuterFile> = file(z.unknown(), z.unknown()) as never

/** The parts of a file that have one shape each. */
export interface OuterFile {
  readonly name?: string
  readonly description?: string
  readonly lesson?: string
  readonly runtimes?: readonly RuntimeName[]
  readonly ledger?: LedgerName
  readonly sweep?: SweepEntry
  readonly network?: NetworkEntry | null
  readonly workload?: WorkloadEntry | null
  readonly duration?: number
}

export interface WorkloadEntry {
  readonly rate?: number
  readonly accounts?: number
  readonly streams?: readonly StreamEntry[]
  readonly stake?: readonly StakeRequestEntry[]
}

export interface StreamEntry {
  readonly by: PlannedStream['by']
  readonly to?: PlannedStream['to']
  readonly from?: number
  readonly every: number
  readonly count: number
}

/** The JSON Schema of scenario files (draft 2020-12), for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const kinds = Object.values(CHECKS)
  const bare = kinds.filter((kind) => kind.bare).map((kind) => kind.check)
  const checks = kinds.map((kind) => z.strictObject({ [kind.check]: kind.schema }))
  const full = file(
    z.union(Object.values(VERBS).map((verb) => verb.schema)),
    z.union([z.enum(bare), ...checks]),
  )
  return {
    title: 'Groundwork scenario',
    ...z.toJSONSchema(full, { io: 'input', reused: 'ref' }),
  }
}
