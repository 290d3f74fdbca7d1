import { checkGenesis, type PhysicalGenesis } from '@groundwork/physical-core'
import { CodedError, fromHex, toHex } from '@groundwork/primitives'
import * as z from 'zod'

const key = z.string().regex(/^[0-9a-f]{64}$/, 'expected 32 bytes in lower-case hexadecimal')
const whole = z.number().int().min(0)
const lanes = z.strictObject({
  checkpoint: whole,
  forced: whole,
  evidence: whole,
  votes: whole,
  registry: whole,
})

const schema = z.strictObject({
  version: z.literal(1, 'unknown version, expected 1'),
  chain: z.string(),
  timeMs: whole,
  parameters: z.strictObject({
    engine: z.enum(['space', 'work']),
    /** Squarings a slot; null for none. */
    vdf: whole.nullable(),
    slotMs: whole,
    epochSlots: whole,
    seedLagSlots: whole,
    winnersPerSlotMilli: whole,
    initialDifficulty: z.string().regex(/^\d{1,20}$/, 'expected digits'),
    kMin: whole,
    kMax: whole,
    maxPlots: whole,
    kappa: whole,
    maxFutureSlots: whole,
    maxBlockBytes: whole,
    laneBytes: lanes,
    maxForcedItems: whole,
    locationFaults: whole,
    outsideChallengers: whole,
    locationGraceEpochs: whole,
    locatedMilli: whole,
    unlocatedMilli: whole,
    regionCapMilli: whole,
    regionFloorMilli: whole,
  }),
  regions: z.array(z.strictObject({ name: z.string(), maxRttUs: whole, minRttUs: z.array(whole) })),
  landmarks: z.array(z.strictObject({ publicKey: key, region: whole })),
  plots: z.array(z.strictObject({ farmer: key, index: whole, k: whole, region: whole })),
})

/** The JSON text of a physical chain's genesis. */
export function formatPhysicalGenesis(genesis: PhysicalGenesis): string {
  const { parameters } = genesis
  const file: z.infer<typeof schema> = {
    version: 1,
    chain: genesis.chain,
    timeMs: genesis.timeMs,
    parameters: {
      ...parameters,
      vdf: parameters.vdf.kind === 'none' ? null : parameters.vdf.squarings,
      initialDifficulty: `${parameters.initialDifficulty}`,
    },
    regions: genesis.regions.map((region) => ({ ...region, minRttUs: [...region.minRttUs] })),
    landmarks: genesis.landmarks.map(({ publicKey, region }) => ({ publicKey: toHex(publicKey), region })),
    plots: genesis.plots.map(({ farmer, index, k, region }) => ({ farmer: toHex(farmer), index, k, region })),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/** Reads that text. Throws one line: `GENESIS_SYNTAX`, `GENESIS_SCHEMA`, `PHYSICAL_PARAMETERS`. */
export function parsePhysicalGenesis(text: string): PhysicalGenesis {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0]
    throw new CodedError('GENESIS_SYNTAX', `physical genesis: expected JSON: ${reason}`)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const where = issue?.path.join('.') || 'the file'
    throw new CodedError('GENESIS_SCHEMA', `physical genesis: ${where}: ${issue?.message.split('\n', 1)[0]}`)
  }
  const { version: _, parameters, landmarks, plots, ...rest } = parsed.data
  const genesis: PhysicalGenesis = {
    ...rest,
    parameters: {
      ...parameters,
      vdf: parameters.vdf === null ? { kind: 'none' } : { kind: 'wesolowski', squarings: parameters.vdf },
      initialDifficulty: BigInt(parameters.initialDifficulty),
    },
    landmarks: landmarks.map(({ publicKey, region }) => ({ publicKey: fromHex(publicKey, 32), region })),
    plots: plots.map(({ farmer, ...plot }) => ({ ...plot, farmer: fromHex(farmer, 32) })),
  }
  checkGenesis(genesis)
  return genesis
}
