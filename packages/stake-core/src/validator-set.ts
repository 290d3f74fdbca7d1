import { assert, type Bytes, encode, type Hash, hash } from '@groundwork/primitives'
import type { Epoch, Validator, ValidatorIndex, ValidatorSet } from './types.ts'

export const maxValidators = 1000
/** Keeps 3W a safe integer. */
export const maxTotalWeight: number = 2 ** 48

/** Callers have checked keys and weights (genesis does); a bad set here is a programmer's error. */
export function validatorSet(validators: readonly Validator[]): ValidatorSet {
  assert(
    validators.length > 0 && validators.length <= maxValidators,
    `bad number of validators: ${validators.length}`,
  )
  let total = 0
  for (const { weight } of validators) {
    assert(Number.isSafeInteger(weight) && weight > 0, `bad weight: ${weight}`)
    total += weight
  }
  assert(total < maxTotalWeight, `total weight too large: ${total}`)
  return { validators, total, quorum: quorumOf(total), hash: hashValidators(validators) }
}

/** q = floor(2W/3) + 1. */
export function quorumOf(total: number): number {
  return Math.floor((2 * total) / 3) + 1
}

function hashValidators(validators: readonly Validator[]): Hash {
  const encoded = encode((out) => {
    out.u32(validators.length)
    for (const { publicKey, weight } of validators) {
      out.fixed(publicKey, 32)
      out.u64(weight)
    }
  })
  return hash('groundwork/validators/1', encoded)
}

/** Any two different epochs, also of different branches, have different ids; everything signed is bound to one. */
export function createEpoch(init: Omit<Epoch, 'id'>): Epoch {
  const number = encode((out) => out.u64(init.number))
  const id = hash('groundwork/epoch/1', init.chainId, number, init.genesisHash, init.validators.hash)
  return { ...init, id }
}

export function publicKeyOf(epoch: Epoch, index: ValidatorIndex): Bytes | undefined {
  return epoch.validators.validators[index]?.publicKey
}

/** The summed weight of distinct validators. */
export function weightOf(epoch: Epoch, indices: Iterable<ValidatorIndex>): number {
  let weight = 0
  for (const index of new Set(indices)) weight += epoch.validators.validators[index]?.weight ?? 0
  return weight
}
