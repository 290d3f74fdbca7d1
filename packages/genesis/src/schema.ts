import { transferLength } from '@groundwork/ledger'
import { maxTotalWeight, maxValidators } from '@groundwork/stake-core'
import * as z from 'zod'
import { type HybridFile, hybridSchema } from './hybrid.ts'

/** The JSON text of a genesis, version 1. Byte strings are lower-case hexadecimal, balances decimal strings. */
export interface GenesisFile {
  version: 1
  chain: string
  validators: {
    name: string
    publicKey: string
    weight: number
    labels: { region: string; cloud: string; jurisdiction: string; entity: string }
  }[]
  accounts: { publicKey: string; balance: string }[]
  parameters: {
    minViewTimeMs: number
    timeoutBaseMs: number
    timeoutMaxMs: number
    standstillMs: number
    fetchRetryMs: number
    fetchRetryMaxMs: number
    maxBodyBytes: number
    maxBodyTransactions: number
    maxSkips: number
  }
  /** Only of a hybrid network. */
  hybrid?: HybridFile | undefined
}

const maxAccounts = 10_000
const hourMs = 3_600_000

// Every error text says what would be right; the reader puts the place before it and what was found behind it.
const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error })
const whole = (min: number, max: number, error = `a whole number from ${min} to ${max}`) =>
  z.int({ error }).min(min, { error }).max(max, { error })
const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, { error: `an object with only ${Object.keys(shape).join(', ')}` })
const list = <T extends z.core.SomeType>(item: T, min: number, max: number) => {
  const error = `a list of ${min} to ${max} entries`
  return z.array(item, { error }).min(min, { error }).max(max, { error })
}

const name = text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a name of 1 to 64 letters, digits, '.', '_', '-'")
const label = text(/^[\x20-\x7e]{1,64}$/, '1 to 64 printable ASCII characters')
const publicKey = text(/^[0-9a-f]{64}$/, '32 bytes in lower-case hexadecimal')
const milliseconds = whole(1, hourMs)

export const genesisSchema: z.ZodType<GenesisFile> = object({
  version: z.literal(1, { error: 'version 1, the only one this release knows' }),
  chain: name,
  validators: list(
    object({
      name,
      publicKey,
      weight: whole(1, maxTotalWeight - 1, 'a whole number from 1 to 2^48 - 1'),
      labels: object({ region: label, cloud: label, jurisdiction: label, entity: label }),
    }),
    1,
    maxValidators,
  ),
  accounts: list(
    object({
      publicKey,
      balance: text(/^[1-9][0-9]{0,19}$/, 'a decimal number from 1 to 2^64 - 1, as a string'),
    }),
    0,
    maxAccounts,
  ),
  parameters: object({
    minViewTimeMs: milliseconds,
    timeoutBaseMs: milliseconds,
    timeoutMaxMs: milliseconds,
    standstillMs: milliseconds,
    fetchRetryMs: milliseconds,
    fetchRetryMaxMs: milliseconds,
    // Below the four mebibytes at which gossip drops a message without a word.
    maxBodyBytes: whole(transferLength + 8, 2 * 1024 * 1024),
    maxBodyTransactions: whole(1, 65_536),
    maxSkips: whole(1, 4096),
  }),
  hybrid: hybridSchema.optional(),
})
