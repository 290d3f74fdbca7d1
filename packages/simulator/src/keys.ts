import { emptyLedger, type Ledger } from '@groundwork/ledger'
import { type Bytes, encode, type Hash, hash, type KeyPair, keyPair } from '@groundwork/primitives'
import { createEpoch, type Epoch, validatorSet } from '@groundwork/stake-core'
import type { SimulatedChain } from './cluster.ts'

/** Kept between simulations of one process: deriving a public key costs more than simulating a view. */
const known = new Map<string, KeyPair>()

/** The key of the n-th validator or account of every simulation: nothing here is secret. */
export function simulatedKey(role: 'validator' | 'account' | 'farmer', index: number): KeyPair {
  const label = `${role}/${index}`
  const found = known.get(label)
  if (found !== undefined) return found
  const number = encode((out) => out.u32(index))
  const made = keyPair(hash(`groundwork/simulated-${role}/1`, number))
  known.set(label, made)
  return made
}

/** A chain of the simulator's own keys. */
export function simulatedChain(weights: readonly number[], accounts: number, seed: string): SimulatedChain {
  return {
    epoch: simulatedEpoch(weights, seed),
    ledger: simulatedLedger(accounts),
    secretKey: (validator) => simulatedKey('validator', validator).secretKey,
  }
}

/** An epoch that starts at a genesis made of nothing but the seed. */
function simulatedEpoch(weights: readonly number[], seed: string): Epoch {
  const seeded = (what: string): Hash => hash(`groundwork/simulated-${what}/1`, codeUnits(seed))
  const validators = weights.map((weight, index) => ({
    publicKey: simulatedKey('validator', index).publicKey,
    weight,
  }))
  return createEpoch({
    chainId: seeded('chain'),
    number: 0,
    genesisHash: seeded('genesis'),
    validators: validatorSet(validators),
    seed: seeded('seed'),
  })
}

export function simulatedAccounts(count: number): KeyPair[] {
  return Array.from({ length: count }, (_, index) => simulatedKey('account', index))
}

export const simulatedBalance: bigint = 1_000_000_000n

function simulatedLedger(accounts: number): Ledger {
  let ledger = emptyLedger()
  for (let index = 0; index < accounts; index++) {
    ledger = ledger.set(simulatedKey('account', index).publicKey, { balance: simulatedBalance, nonce: 0 })
  }
  return ledger
}

function codeUnits(text: string): Bytes {
  return encode((out) => {
    for (let i = 0; i < text.length; i++) out.u16(text.charCodeAt(i))
  })
}
