import { z } from 'zod'
import { hazardNames } from './hybrid-record.ts'
import type { TraceRecord } from './record.ts'

const hex = z.string().regex(/^([0-9a-f]{2})*$/, 'expected lower-case hexadecimal')
const count = z.number().int().min(0)
const number = z.number()
const text = z.string()
const type = z.enum(['notar', 'skip', 'final'])

const base = { v: z.literal(1), node: text, monoMs: number, wallMs: number, stakeEpoch: count.optional() }

function fact<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.object({ ...base, kind: z.literal(kind), ...shape })
}

const epoch = z.object({
  epochId: hex,
  chainId: hex,
  number: count,
  genesisHash: hex,
  seed: hex,
  validators: z.array(z.object({ publicKey: hex, weight: z.number().int().positive() })),
})

const integer = z.string().regex(/^\d+$/, 'expected a decimal integer')
const block = { height: count, hash: hex, slot: count, plot: hex, items: count }

const physical = [
  fact('farmer-started', {
    pid: number,
    chain: hex,
    engine: z.enum(['space', 'work']),
    lottery: z.enum(['plots', 'hashes', 'simulated']),
    vdf: z.enum(['wesolowski', 'stand-in', 'none']),
    signatures: z.enum(['ed25519', 'stand-in']),
    timelord: z.boolean(),
    plots: z.array(z.object({ plot: hex, k: count, region: text })),
    byzantine: z.array(text),
  }),
  fact('slot-proof', { slot: count, lateMs: number }),
  fact('vdf', { slot: count, evaluateMs: number, lagSlots: count }),
  fact('farmed', block),
  fact('physical-block', block),
  fact('physical-tip', {
    height: count,
    hash: hex,
    slot: count,
    weight: integer,
    reverted: count,
    adopted: z.array(hex),
  }),
  fact('reorg', { depth: count, fromHeight: count, fromHash: hex, toHeight: count, toHash: hex }),
  fact('physical-epoch', {
    epoch: count,
    difficulty: integer,
    space: integer,
    plots: z.array(z.object({ plot: hex, region: text, located: z.boolean(), effective: integer })),
  }),
  fact('attested', { plot: hex, epoch: count, region: text, inside: z.boolean(), rttUs: count }),
  fact('farmer-equivocation', { plot: hex, slot: count }),
  fact('physical-refused', { counts: z.record(text, number) }),
] as const

const stakeBlock = z.object({ epoch: count.nullable(), height: count, hash: hex })
const shares = z.array(z.object({ validator: hex, amount: count }))

function event<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.object({ kind: z.literal(kind), ...shape })
}

const hybridEvent = z.discriminatedUnion('kind', [
  event('checkpoint-accepted', {
    epoch: count,
    tip: hex,
    tipHeight: count,
    blocks: count,
    anchor: count,
    refreshing: z.boolean(),
  }),
  event('checkpoint-rejected', { reason: text }),
  event('forced-posted', { transaction: hex }),
  event('forced-executed', {
    transaction: hex,
    posted: count,
    code: text.nullable(),
    by: z.enum(['checkpoint', 'recorded']),
  }),
  event('recorded-began', { needed: count, firstWindow: count }),
  event('window-closed', {
    window: count,
    target: hex,
    source: z.number().int().min(-1),
    present: count,
    weight: count,
    space: integer,
    total: integer,
    justified: z.boolean(),
    streak: count,
    leaked: shares,
    activated: shares,
  }),
  event('target-final', { window: count, target: hex }),
  event('fast-resumed', { validators: shares }),
  event('epoch-began', { number: count, id: hex }),
  event('slashed', { validator: hex, rule: text }),
  event('banned', { plot: hex }),
  event('unbonding-began', { lot: count, amount: count, due: count }),
  event('payout', { lot: count, amount: count }),
  event('paid-out', { lot: count, validator: hex, amount: count }),
  event('ignored', { item: text, reason: text }),
])

const hybrid = [
  fact('derived', {
    height: count,
    block: hex,
    mode: z.enum(['FAST', 'RECORDED']),
    root: hex.nullable(),
    supply: z
      .object({ total: integer, staked: integer, slashed: integer, leaked: integer, fees: integer })
      .nullable(),
    events: z.array(hybridEvent),
  }),
  fact('delivered', { blocks: z.array(stakeBlock) }),
  fact('held-back', { blocks: z.array(stakeBlock) }),
  fact('ledger', { ledger: z.enum(['anchored', 'phys']), stake: stakeBlock, physicalHeight: count }),
  fact('hazard', {
    hazard: z.enum(hazardNames),
    reason: text,
    tip: hex,
    height: count,
    fork: count,
    lost: z.array(stakeBlock),
    instead: z.array(stakeBlock),
  }),
  fact('epoch-entered', { epoch }),
] as const

const record = z.discriminatedUnion('kind', [
  fact('node-started', {
    validator: count.nullable(),
    signatures: z.enum(['ed25519', 'stand-in']),
    pid: number,
    epoch,
    byzantine: z.array(text),
  }),
  fact('node-stopped', { reason: text }),
  fact('peer-up', { peer: text }),
  fact('peer-down', { peer: text, reason: text }),
  fact('view-entered', {
    view: count,
    leader: count,
    cause: z.enum(['start', 'notar', 'skip', 'final']),
  }),
  fact('proposed', { view: count, height: count, hash: hex, transactions: count }),
  fact('proposal-received', { view: count, height: count, hash: hex, proposer: count }),
  fact('proposal-invalid', { view: count, hash: hex, proposer: count, reason: text }),
  fact('voted', { view: count, type, hash: hex }),
  fact('certified', { view: count, type, hash: hex, formed: z.boolean() }),
  fact('finalized', {
    view: count,
    height: count,
    hash: hex,
    parent: hex,
    proposer: count,
    proof: hex,
    certificate: hex.nullable(),
    transactions: z.array(hex),
  }),
  fact('evidence', { rule: z.enum(['S1', 'S2', 'S3', 'S5']), view: count, offender: count, evidence: hex }),
  fact('rejected', { counts: z.record(text, number) }),
  fact('resources', {
    rssMiB: number,
    pssMiB: number.nullable(),
    cpuShare: number,
    loopLagMsMax: number,
  }),
  fact('round-trips', {
    peers: z.record(text, z.object({ samples: count, minMs: number, medianMs: number })),
  }),
  ...physical,
  ...hybrid,
  fact('run-started', { scenario: text, runtime: text, seed: number }),
  fact('network-ready', {}),
  fact('fault-began', {
    fault: text,
    verb: text,
    nodes: z.array(text),
    detail: text,
    stopsFinality: z.boolean(),
  }),
  fact('fault-healed', { fault: text }),
  fact('submitted', {
    transaction: hex,
    to: text,
    accepted: z.boolean(),
    reason: text.nullable(),
    by: z.enum(['stake', 'physical']).optional(),
    target: z.boolean().optional(),
    stake: z.strictObject({ kind: z.enum(['bond', 'unbond']), validator: count, amount: count }).optional(),
  }),
  fact('node-exited', {
    target: text,
    code: number.nullable(),
    signal: text.nullable(),
    expected: z.boolean(),
  }),
  fact('run-ended', { reason: text }),
])

/** The record, or what is wrong with it in one line. Unknown keys are dropped, so that a later minor version may add some. */
export function readRecord(value: unknown): TraceRecord | string {
  const result = record.safeParse(value)
  if (result.success) return result.data satisfies TraceRecord
  const issue = result.error.issues[0]
  return issue === undefined ? 'not a record' : `${issue.path.join('.') || 'record'}: ${issue.message}`
}
