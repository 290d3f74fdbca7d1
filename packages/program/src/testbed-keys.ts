import { ascii, type Bytes, hash } from '@groundwork/primitives'

/** Written into every key file of a generated network. */
export const testbedKeyNote =
  'testbed key, derived from the seed of the run: not secret, never use it elsewhere'

/** Deterministic secret keys of a generated network: whoever knows the seed knows them. */
export function testbedKey(
  seed: number | string,
  purpose: 'validator' | 'farmer' | 'landmark' | 'network' | 'account',
  label: string,
): Bytes {
  return hash('groundwork/testbed-key/1', ascii(`${purpose}/${label}/${seed}`))
}
