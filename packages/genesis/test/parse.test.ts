import { CodedError } from '@groundwork/primitives'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatGenesis, parseGenesis } from '../src/index.ts'
import { example } from './example.ts'

const identity = `01${'00'.repeat(31)}`
const alice = JSON.parse(formatGenesis(example)).accounts[0].publicKey

/** The example's text with one value replaced (`undefined` removes it); the path is written as in the errors. */
function changed(path: string, value: unknown): string {
  const file = JSON.parse(formatGenesis(example))
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '')
  const last = steps.pop() as string
  const parent = steps.reduce((at, step) => at[step], file)
  parent[last] = value
  return JSON.stringify(file)
}

const bad: [what: string, text: string, code: string, message: string][] = [
  ['no JSON', '{"version": 1,', 'GENESIS_SYNTAX', 'genesis: expected JSON: '],
  [
    'another thing',
    '[]',
    'GENESIS_SCHEMA',
    'genesis: the file: expected an object with only version, chain, ',
  ],
  [
    'a later version, whatever else it says',
    changed('version', 2).replace('"chain"', '"kette"'),
    'GENESIS_VERSION',
    'genesis: version: expected version 1, the only one this release knows, found 2',
  ],
  ['no version', changed('version', undefined), 'GENESIS_VERSION', 'found nothing'],
  [
    'an unknown key',
    changed('extra', 1),
    'GENESIS_SCHEMA',
    'genesis: the file: expected an object with only version, chain, validators, accounts, parameters, hybrid, found the unknown key "extra"',
  ],
  [
    'an unknown label',
    changed('validators[1].labels.color', 'red'),
    'GENESIS_SCHEMA',
    'genesis: validators[1].labels: ',
  ],
  [
    'a missing label',
    changed('validators[1].labels.cloud', undefined),
    'GENESIS_SCHEMA',
    'genesis: validators[1].labels.cloud: expected 1 to 64 printable ASCII characters, found nothing',
  ],
  [
    'no validators',
    changed('validators', []),
    'GENESIS_SCHEMA',
    'genesis: validators: expected a list of 1 to 1000 entries, found a list of 0',
  ],
  [
    'a missing parameter',
    changed('parameters.standstillMs', undefined),
    'GENESIS_SCHEMA',
    'genesis: parameters.standstillMs: expected a whole number from 1 to 3600000, found nothing',
  ],
  ['a fraction', changed('parameters.standstillMs', 0.5), 'GENESIS_SCHEMA', 'found 0.5'],
  [
    'a chain name over two lines',
    changed('chain', 'a\nb'),
    'GENESIS_SCHEMA',
    'genesis: chain: expected a name of',
  ],
  [
    'a weight of 0',
    changed('validators[3].weight', 0),
    'GENESIS_SCHEMA',
    'genesis: validators[3].weight: expected a whole number from 1 to 2^48 - 1, found 0',
  ],
  ['a weight as text', changed('validators[3].weight', '1'), 'GENESIS_SCHEMA', 'found "1"'],
  [
    'weights that sum up to 2^48',
    changed('validators[3].weight', 2 ** 48 - 6),
    'GENESIS_WEIGHT',
    'genesis: validators[3].weight: expected weights that sum up to less than 2^48, found 281474976710656 up to here',
  ],
  [
    'a balance as a number',
    changed('accounts[0].balance', 5),
    'GENESIS_SCHEMA',
    'genesis: accounts[0].balance: expected a decimal number from 1 to 2^64 - 1, as a string, found 5',
  ],
  ['a balance of 0', changed('accounts[0].balance', '0'), 'GENESIS_SCHEMA', 'found "0"'],
  [
    'balances that sum up to 2^64',
    changed('accounts[0].balance', `${2n ** 64n - 7n}`),
    'GENESIS_BALANCE',
    'genesis: accounts[1].balance: expected balances that sum up to less than 2^64',
  ],
  [
    'a validator twice',
    changed('validators[2].name', 'v0'),
    'GENESIS_DUPLICATE',
    'genesis: validators[2].name: expected a name of its own, found that of validators[0]',
  ],
  [
    'an account twice',
    changed('accounts[1].publicKey', alice),
    'GENESIS_DUPLICATE',
    'genesis: accounts[1].publicKey: expected a publicKey of its own, found that of accounts[0]',
  ],
  [
    'a key in capitals',
    changed('accounts[0].publicKey', alice.toUpperCase()),
    'GENESIS_SCHEMA',
    'genesis: accounts[0].publicKey: expected 32 bytes in lower-case hexadecimal',
  ],
  [
    'a validator key of small order',
    changed('validators[0].publicKey', identity),
    'GENESIS_KEY',
    'genesis: validators[0].publicKey: expected an ed25519 public key of prime order, found 0100',
  ],
  [
    'an account key off the curve',
    changed('accounts[0].publicKey', `02${'00'.repeat(31)}`),
    'GENESIS_KEY',
    'genesis: accounts[0].publicKey: ',
  ],
  [
    'views shorter than their leader waits',
    changed('parameters.timeoutBaseMs', 400),
    'GENESIS_PARAMETERS',
    'genesis: parameters.timeoutBaseMs: expected more than minViewTimeMs (400), found 400',
  ],
  [
    'a largest timeout below the first',
    changed('parameters.timeoutMaxMs', 1199),
    'GENESIS_PARAMETERS',
    'expected at least timeoutBaseMs (1200), found 1199',
  ],
  [
    'a largest retry below the first',
    changed('parameters.fetchRetryMaxMs', 199),
    'GENESIS_PARAMETERS',
    'expected at least fetchRetryMs (200), found 199',
  ],
  [
    'bodies too large to travel',
    changed('parameters.maxBodyBytes', 2 ** 22),
    'GENESIS_SCHEMA',
    'genesis: parameters.maxBodyBytes: expected a whole number from 160 to 2097152',
  ],
]

test.each(bad)('%s is refused in one line', (_, text, code, message) => {
  const error = failureOf(text)
  expect(error?.message).toContain(message)
  expect(error?.code).toBe(code)
  expect(error?.message).not.toContain('\n')
  expect(error?.message.length).toBeLessThanOrEqual(300)
})

test('bounds themselves are allowed', () => {
  expect(failureOf(changed('validators[3].weight', 2 ** 48 - 7))).toBeUndefined()
  expect(failureOf(changed('accounts[0].balance', `${2n ** 64n - 8n}`))).toBeUndefined()
  expect(failureOf(changed('parameters.timeoutMaxMs', 1200))).toBeUndefined()
  expect(failureOf(changed('accounts', []))).toBeUndefined()
})

test('any other JSON gives a coded error, nothing worse', () => {
  const arbText = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .tuple(
        fc.constantFrom(
          'chain',
          'validators',
          'accounts',
          'parameters',
          'validators[0]',
          'accounts[0].balance',
        ),
        fc.jsonValue(),
      )
      .map(([path, value]) => changed(path, value)),
  )
  fc.assert(
    fc.property(arbText, (text) => {
      const error = failureOf(text)
      if (error !== undefined) expect(error.code).toMatch(/^GENESIS_/)
    }),
  )
})

function failureOf(text: string): CodedError | undefined {
  try {
    parseGenesis(text)
    return undefined
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
}
