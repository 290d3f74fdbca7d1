import { emptyLedger, type Ledger } from '@groundwork/ledger'
import { ascii, type Bytes, compare, encode, type Hash, hash, type Writer } from '@groundwork/primitives'
import { createEpoch, type Epoch, type Parameters, validatorSet } from '@groundwork/stake-core'
import { type HybridSection, writeHybrid } from './hybrid.ts'

export const genesisVersion = 1

/** Where a validator stands and who answers for it: what reports and location rules go by. */
export interface Labels {
  readonly region: string
  readonly cloud: string
  readonly jurisdiction: string
  readonly entity: string
}

export interface GenesisValidator {
  /** Unique; the name of the process in logs and reports. */
  readonly name: string
  /** 32 bytes. */
  readonly publicKey: Bytes
  readonly weight: number
  readonly labels: Labels
}

export interface GenesisAccount {
  /** 32 bytes. */
  readonly publicKey: Bytes
  readonly balance: bigint
}

/** What all nodes of a chain must agree on before they start. */
export interface Genesis {
  /** The chain's name. */
  readonly chain: string
  /** In the order of their indices. */
  readonly validators: readonly GenesisValidator[]
  readonly accounts: readonly GenesisAccount[]
  readonly parameters: Parameters
  /** Absent: the stake chain alone. */
  readonly hybrid?: HybridSection
}

/** For chains whose assumed one-way delay is at most 150 ms or so. */
export const defaultParameters: Parameters = {
  minViewTimeMs: 400,
  timeoutBaseMs: 1200,
  timeoutMaxMs: 30_000,
  standstillMs: 1000,
  fetchRetryMs: 200,
  fetchRetryMaxMs: 1000,
  maxBodyBytes: 262_144,
  maxBodyTransactions: 1000,
  maxSkips: 4096,
}

/** Names a genesis: over its meaning, not over the text of the file. Accounts may stand in any order. */
export function genesisHash(genesis: Genesis): Hash {
  return hash(
    'groundwork/genesis/1',
    encode((out) => writeGenesis(out, genesis)),
  )
}

/** What transfers are bound to; includes the genesis, so two chains of one name do not mix. */
export function chainId(genesis: Genesis): Hash {
  return chainIdOf(genesisHash(genesis))
}

function chainIdOf(rootHash: Hash): Hash {
  return hash('groundwork/chain/1', rootHash)
}

/** Epoch 0, whose first block extends the genesis. */
export function epochOf(genesis: Genesis): Epoch {
  const rootHash = genesisHash(genesis)
  return createEpoch({
    chainId: chainIdOf(rootHash),
    number: 0,
    genesisHash: rootHash,
    validators: validatorSet(genesis.validators.map(({ publicKey, weight }) => ({ publicKey, weight }))),
    seed: hash('groundwork/genesis-seed/1', rootHash),
  })
}

export function initialLedger(genesis: Genesis): Ledger {
  let ledger = emptyLedger()
  for (const { publicKey, balance } of genesis.accounts) ledger = ledger.set(publicKey, { balance, nonce: 0 })
  return ledger
}

function writeGenesis(out: Writer, genesis: Genesis): void {
  out.u8(genesisVersion)
  out.bytes(ascii(genesis.chain))
  out.u32(genesis.validators.length)
  for (const { name, publicKey, weight, labels } of genesis.validators) {
    out.bytes(ascii(name))
    out.fixed(publicKey, 32)
    out.u64(weight)
    out.bytes(ascii(labels.region))
    out.bytes(ascii(labels.cloud))
    out.bytes(ascii(labels.jurisdiction))
    out.bytes(ascii(labels.entity))
  }
  const accounts = genesis.accounts.toSorted((a, b) => compare(a.publicKey, b.publicKey))
  out.u32(accounts.length)
  for (const { publicKey, balance } of accounts) {
    out.fixed(publicKey, 32)
    out.bigU64(balance)
  }
  const { parameters } = genesis
  out.u64(parameters.minViewTimeMs)
  out.u64(parameters.timeoutBaseMs)
  out.u64(parameters.timeoutMaxMs)
  out.u64(parameters.standstillMs)
  out.u64(parameters.fetchRetryMs)
  out.u64(parameters.fetchRetryMaxMs)
  out.u64(parameters.maxBodyBytes)
  out.u64(parameters.maxBodyTransactions)
  out.u64(parameters.maxSkips)
  if (genesis.hybrid !== undefined) writeHybrid(out, genesis.hybrid)
}
