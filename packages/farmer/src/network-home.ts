import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatPhysicalGenesis } from '@groundwork/genesis'
import { physicalProfiles, type Region } from '@groundwork/physical-core'
import { CodedError } from '@groundwork/primitives'
import { type Address, describe, readJson, readText } from '@groundwork/program'
import * as z from 'zod'
import { type FarmerPlan, physicalGenesisOf, type WrittenFarmer, writeFarmerHome } from './network.ts'

const whole = z.number().int().min(0)
const port = whole.max(65_535)
const label = z.string()

/** What a farmer needs of a network file, version 1; the file holds more, for other programs. */
const networkFileSchema = z.object({
  version: z.literal(1, 'unknown version, expected 1'),
  chain: z.string().min(1),
  /** Start of slot 1 of the physical chain, ms since 1970. */
  physicalTimeMs: whole,
  ports: z.object({ p2p: port, node: port }),
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
  layout: z.object({
    nodes: z.array(z.object({ name: z.string(), address: z.ipv4(), control: z.ipv4() })),
  }),
})

/** Of a round trip between two regions, what light needs at least; the rest are detours and routers. */
const lightShare = 0.6

/** Challengers of a region measure at most `nearMs`; nobody outside measures less than light needs. */
export function physicalRegions(
  names: readonly string[],
  nearMs: number,
  delays: Readonly<Record<string, Readonly<Record<string, number>>>>,
): Region[] {
  return names.map((name) => ({
    name,
    maxRttUs: Math.max(1, Math.round(nearMs * 1000)),
    minRttUs: names.map((other) => {
      if (other === name) return 0
      const rttMs = (delays[name]?.[other] ?? 0) + (delays[other]?.[name] ?? 0)
      return Math.round(1000 * lightShare * rttMs)
    }),
  }))
}

/** The farmers of a network file's content. Throws a CodedError `NETWORK_INVALID`, one line that begins with `shown`. */
export function farmerPlan(content: unknown, shown: string): FarmerPlan {
  const parsed = networkFileSchema.safeParse(content)
  if (!parsed.success) throw new CodedError('NETWORK_INVALID', `${shown}: ${describe(parsed.error)}`)
  const { chain, physicalTimeMs, plan, layout, ports } = parsed.data
  const { engine, squarings, regions, nearMs, ...numbers } = plan.physical
  const places = new Map(layout.nodes.map((place) => [place.name, place]))
  const nodes = plan.nodes.filter(({ role }) => role === 'farmer')
  const lost = nodes.find(({ name }) => !places.has(name))
  if (lost !== undefined)
    throw new CodedError('NETWORK_INVALID', `${shown}: layout.nodes: no place for ${lost.name}`)
  const order = new Map(nodes.map(({ name }, i) => [name, i]))
  const place = (name: string) => places.get(name) as (typeof layout.nodes)[number]
  const p2p = (name: string): Address => ({ host: place(name).address, port: ports.p2p })
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
    regions: physicalRegions(regions, nearMs, plan.delays),
    nodes: nodes.map(({ name, plots = 0, k = 16, claims, timelord = false, skewMs = 0 }) => ({
      name,
      claims: claims ?? (regions[0] as string),
      plots,
      k,
      timelord,
      clockOffsetMs: skewMs,
    })),
    connect: (from, to) => ({
      ...p2p(to),
      dial: (order.get(from) as number) < (order.get(to) as number),
    }),
    listen: p2p,
    api: (name) => ({ host: place(name).control, port: ports.node }),
  }
}

/**
 * Writes what a farmer of the network needs into its home and leaves data and plots alone. Throws a CodedError
 * `NETWORK_FILE`, `NETWORK_INVALID`, `NETWORK_NODE` for an unknown name, `NETWORK_HOME` for the home of another network.
 */
export function prepareFarmerHome(file: string, name: string, home: string): WrittenFarmer {
  const plan = farmerPlan(readJson(file, 'NETWORK'), file)
  const node = plan.nodes.find((other) => other.name === name)
  if (node === undefined) {
    const known = plan.nodes.map((other) => other.name).join(', ')
    throw new CodedError(
      'NETWORK_NODE',
      `--name ${name}: no such farmer in the network file (there are ${known})`,
    )
  }
  const genesisFile = join(home, 'physical-genesis.json')
  if (
    existsSync(genesisFile) &&
    readText(genesisFile, 'NETWORK') !== formatPhysicalGenesis(physicalGenesisOf(plan))
  ) {
    throw new CodedError(
      'NETWORK_HOME',
      `--home ${home}: holds a node of another network; remove what is in it, or give this one another home`,
    )
  }
  try {
    return writeFarmerHome(plan, node, home)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || error instanceof CodedError) throw error
    throw new CodedError('NETWORK_HOME', `--home ${home}: cannot write there (${code})`)
  }
}
