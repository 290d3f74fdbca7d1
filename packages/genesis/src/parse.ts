import { CodedError, fromHex, isSafePublicKey, toHex } from '@groundwork/primitives'
import { maxTotalWeight, type Parameters } from '@groundwork/stake-core'
import type * as z from 'zod'
import { type Genesis, genesisVersion } from './genesis.ts'
import { hybridFile, hybridSection } from './hybrid.ts'
import { type GenesisFile, genesisSchema } from './schema.ts'

const maxU64 = (1n << 64n) - 1n

/**
 * Reads the JSON text of a genesis. Throws one line that says what is wrong, where, and what would be right:
 * `GENESIS_SYNTAX`, `GENESIS_VERSION`, `GENESIS_SCHEMA`, `GENESIS_DUPLICATE`, `GENESIS_KEY`, `GENESIS_WEIGHT`,
 * `GENESIS_BALANCE`, `GENESIS_PARAMETERS` or `HYBRID_PARAMETERS`.
 */
export function parseGenesis(text: string): Genesis {
  return checked(read(text))
}

/** The text that `parseGenesis` reads. */
export function formatGenesis(genesis: Genesis): string {
  const file: GenesisFile = {
    version: genesisVersion,
    chain: genesis.chain,
    validators: genesis.validators.map(({ publicKey, ...rest }) => ({
      ...rest,
      publicKey: toHex(publicKey),
    })),
    accounts: genesis.accounts.map(({ publicKey, balance }) => ({
      publicKey: toHex(publicKey),
      balance: `${balance}`,
    })),
    parameters: genesis.parameters,
    ...(genesis.hybrid && { hybrid: hybridFile(genesis.hybrid) }),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

function read(text: string): GenesisFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new CodedError('GENESIS_SYNTAX', `genesis: expected JSON: ${oneLine((error as Error).message)}`)
  }
  const result = genesisSchema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues.find(({ path }) => path.at(-1) === 'version') ?? result.error.issues[0]!
  const code = issue.path.at(-1) === 'version' ? 'GENESIS_VERSION' : 'GENESIS_SCHEMA'
  throw failure(code, issue.path, issue.message, found(json, issue))
}

function checked(file: GenesisFile): Genesis {
  unique(file.validators, 'validators', 'name')
  unique(file.validators, 'validators', 'publicKey')
  unique(file.accounts, 'accounts', 'publicKey')
  let weight = 0
  let supply = 0n
  for (const [i, validator] of file.validators.entries()) {
    weight += validator.weight
    if (weight >= maxTotalWeight) {
      const right = 'weights that sum up to less than 2^48'
      throw failure('GENESIS_WEIGHT', ['validators', i, 'weight'], right, `${weight} up to here`)
    }
  }
  for (const [i, account] of file.accounts.entries()) {
    supply += BigInt(account.balance)
    if (supply > maxU64) {
      const right = 'balances that sum up to less than 2^64'
      throw failure('GENESIS_BALANCE', ['accounts', i, 'balance'], right, `${supply} up to here`)
    }
  }
  checkParameters(file.parameters)
  // Keys last: one takes most of a millisecond.
  const key = (hex: string, path: readonly PropertyKey[]) => {
    const publicKey = fromHex(hex, 32)
    if (isSafePublicKey(publicKey)) return publicKey
    throw failure('GENESIS_KEY', [...path, 'publicKey'], 'an ed25519 public key of prime order', hex)
  }
  return {
    chain: file.chain,
    validators: file.validators.map(({ publicKey, ...rest }, i) => ({
      ...rest,
      publicKey: key(publicKey, ['validators', i]),
    })),
    accounts: file.accounts.map(({ publicKey, balance }, i) => ({
      publicKey: key(publicKey, ['accounts', i]),
      balance: BigInt(balance),
    })),
    parameters: file.parameters,
    ...(file.hybrid && { hybrid: hybridSection(file.hybrid) }),
  }
}

function checkParameters(parameters: Parameters): void {
  const above = (name: keyof Parameters, limit: keyof Parameters, orEqual: boolean) => {
    const [value, bound] = [parameters[name], parameters[limit]]
    if (value > bound || (orEqual && value === bound)) return
    const right = `${orEqual ? 'at least' : 'more than'} ${limit} (${bound})`
    throw failure('GENESIS_PARAMETERS', ['parameters', name], right, `${value}`)
  }
  // A view that may end before its leader may propose never finalizes anything.
  above('timeoutBaseMs', 'minViewTimeMs', false)
  above('timeoutMaxMs', 'timeoutBaseMs', true)
  above('fetchRetryMaxMs', 'fetchRetryMs', true)
}

function unique<K extends string>(items: readonly Record<K, unknown>[], where: string, key: K): void {
  const seen = new Map<unknown, number>()
  for (const [i, item] of items.entries()) {
    const first = seen.get(item[key])
    if (first !== undefined) {
      const right = `a ${key} of its own`
      throw failure('GENESIS_DUPLICATE', [where, i, key], right, `that of ${where}[${first}]`)
    }
    seen.set(item[key], i)
  }
}

function failure(code: string, path: readonly PropertyKey[], right: string, what: string): CodedError {
  const where = place(path)
  return new CodedError(code, oneLine(`genesis: ${where}: expected ${right}, found ${what}`), { where })
}

function place(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${String(step)}`
  return text === '' ? 'the file' : text
}

function found(json: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `the unknown key "${issue.keys[0]}"`
  let value = json
  for (const step of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step]
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value)
}

function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ')
  return flat.length > 300 ? `${flat.slice(0, 297)}...` : flat
}
