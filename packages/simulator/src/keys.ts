import {
  emptyLedger,
  encodeTransfer,
  type Ledger,
  type TransactionBytes,
  transferMessage,
} from '@groundwork/ledger'
import {
  type Bytes,
  encode,
  type Hash,
  hash,
  type KeyPair,
  keyPair,
  type SignatureScheme,
} from '@groundwork/primitives'
import { createEpoch, type Epoch, validatorSet } from '@groundwork/stake-core'

/** Kept between simulations of one process: deriving a public key costs more than simulating a view. */
const known = new Map<string, KeyPair>()

/** The key of the n-th validator or account of every simulation: nothing here is secret. */
export function simulatedKey(role: 'validator' | 'account', index: number): KeyPair {
  const label = `${role}/${index}`
  const found = known.get(label)
  if (found !== undefined) return found
  const number = encode((out) => out.u32(index))
  const made = keyPair(hash(`groundwork/simulated-${role}/1`, number))
  known.set(label, made)
  return made
}

/** An epoch that starts at a genesis made of nothing but the seed. */
export function simulatedEpoch(weights: readonly number[], seed: string): Epoch {
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

export const simulatedBalance = 1_000_000_000n

export function simulatedLedger(accounts: number): Ledger {
  let ledger = emptyLedger()
  for (let index = 0; index < accounts; index++) {
    ledger = ledger.set(simulatedKey('account', index).publicKey, { balance: simulatedBalance, nonce: 0 })
  }
  return ledger
}

export function signedTransfer(
  chainId: Hash,
  scheme: SignatureScheme,
  transfer: {
    readonly from: number
    readonly to: number
    readonly amount: bigint
    readonly fee: bigint
    readonly nonce: number
  },
): TransactionBytes {
  const { secretKey, publicKey } = simulatedKey('account', transfer.from)
  const { amount, fee, nonce } = transfer
  const unsigned = { from: publicKey, to: simulatedKey('account', transfer.to).publicKey, amount, fee, nonce }
  return encodeTransfer({
    ...unsigned,
    signature: scheme.sign(secretKey, transferMessage(chainId, unsigned)),
  })
}

function codeUnits(text: string): Bytes {
  return encode((out) => {
    for (let i = 0; i < text.length; i++) out.u16(text.charCodeAt(i))
  })
}
