import { join } from 'node:path'
import { formatPhysicalGenesis, parseGenesis } from '@groundwork/genesis'
import { physicalProfiles, regionsOf } from '@groundwork/physical-core'
import { CodedError } from '@groundwork/primitives'
import {
  describe,
  networkFilePieces,
  nodeNamed,
  placesOf,
  readJson,
  settledContent,
  settleHome,
} from '@groundwork/program'
import * as z from 'zod'
import {
  type FarmerPlan,
  physicalGenesisOf,
  type StakePlan,
  type WrittenFarmer,
  writeFarmerHome,
} from './network.ts'

const whole = z.number().int().min(0)
const label = z.string()

/** What a farmer needs of a network file, version 1; the file holds more, for other programs. */
const networkFileSchema = z.object({
  ...networkFilePieces,
  /** Start of slot 1 of the physical chain, ms since 1970. */
  physicalTimeMs: whole,
  plan: z.object({
    seed: whole,
    delays: z.record(z.string(), z.record(z.string(), z.number().min(0))),
    physical: z.object({
      engine: z.enum(['space', 'work']),
      squarings: whole.nullable(),
      slotMs: whole,
      epochSlots: whole,
      seedLagSlots: whole,
      winnersPerSlotMilli: whole,
      kappa: whole,
      locationFaults: whole,
      outsideChallengers: whole,
      locationGraceEpochs: whole,
      unlocatedMilli: whole,
      regionCapMilli: whole,
      regionFloorMilli: whole,
      nearMs: z.number().min(0),
      regions: z.array(label).min(1),
    }),
    nodes: z
      .array(
        z.object({
          name: z.string().min(1).max(64),
          role: label,
          plots: whole.optional(),
          k: whole.optional(),
          claims: label.optional(),
          timelord: z.boolean().optional(),
          skewMs: z.number().int().optional(),
        }),
      )
      .min(1)
      .max(1_000),
  }),
  /** Validators that begin later, with keys of others. */
  seized: z
    .array(z.object({ name: z.string().min(1).max(64), role: label }))
    .max(1_000)
    .default([]),
})

/** The farmers of a network file's content. Throws a CodedError `NETWORK_INVALID`, one line that begins with `shown`. */
export function farmerPlan(content: unknown, shown: string): FarmerPlan {
  const parsed = networkFileSchema.safeParse(content)
  if (!parsed.success) throw new CodedError('NETWORK_INVALID', `${shown}: ${describe(parsed.error)}`)
  const { chain, physicalTimeMs, plan, seized, layout, ports, hybrid } = parsed.data
  const { engine, squarings, regions, nearMs, ...numbers } = plan.physical
  const nodes = plan.nodes.filter(({ role }) => role === 'farmer')
  const all = [...plan.nodes, ...seized]
  const names = all.map(({ name }) => name)
  const validators = all.flatMap(({ name, role }) => (role === 'farmer' ? [] : [name]))
  return {
    chain,
    seed: plan.seed,
    timeMs: physicalTimeMs,
    parameters: {
      ...physicalProfiles.demo,
      ...numbers,
      engine,
      vdf: squarings === null ? { kind: 'none' } : { kind: 'wesolowski', squarings },
    },
    regions: regionsOf(regions, nearMs, plan.delays),
    nodes: nodes.map(({ name, plots = 0, k = 16, claims, timelord = false, skewMs = 0 }) => ({
      name,
      claims: claims ?? (regions[0] as string),
      plots,
      k,
      timelord,
      clockOffsetMs: skewMs,
    })),
    ...(hybrid && { stake: stakePlan(hybrid.genesis, validators) }),
    ...placesOf(shown, names, layout, ports),
  }
}

function stakePlan(genesis: unknown, nodes: readonly string[]): StakePlan {
  return { genesis: parseGenesis(JSON.stringify(genesis ?? null)), nodes }
}

/**
 * Writes what a farmer of the network needs into its home and leaves data and plots alone. Throws a CodedError
 * `NETWORK_FILE`, `NETWORK_INVALID`, `NETWORK_NODE` for an unknown name, `NETWORK_HOME` for the home of another network,
 * `NETWORK_START` if nobody says when the first slot begins.
 */
export async function prepareFarmerHome(file: string, name: string, home: string): Promise<WrittenFarmer> {
  const content = readJson(file, 'NETWORK')
  const plan = farmerPlan(await settledContent({ content, shown: file, home, for: 'physical' }), file)
  const node = nodeNamed(plan.nodes, name, 'farmer')
  const genesis = {
    file: join(home, 'physical-genesis.json'),
    content: formatPhysicalGenesis(physicalGenesisOf(plan)),
  }
  return settleHome(home, genesis, () => writeFarmerHome(plan, node, home))
}
