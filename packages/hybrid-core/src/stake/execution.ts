import {
  applyTransfer,
  checkTransfer,
  decodeTransaction,
  type Ledger,
  type StakeTransaction,
  senderOf,
  type Transaction,
  type TransactionBytes,
  transactionSignature,
} from '@groundwork/ledger'
import { assert, CodedError, fromHex, type Hash, hash, isSafePublicKey, toHex } from '@groundwork/primitives'
import type { Verify } from '@groundwork/stake-core'
import type { Height, Key } from '../mode/index.ts'
import { bond, payOut, type StakeState, stakeRootOf, unbond } from './lots.ts'
import { isSlashed, slash } from './slash.ts'

/** What the stake chain's blocks change: accounts and stake. Immutable; versions share what they have in common. */
export interface Execution {
  readonly ledger: Ledger
  readonly stake: StakeState
}

/** What a physical block makes the stake chain do, in this order, before anything else (FI-1). */
export type Input =
  /** A lot that has served its unbonding. */
  | { readonly kind: 'payout'; readonly lot: number }
  | { readonly kind: 'forced'; readonly transaction: TransactionBytes }
  | { readonly kind: 'slash'; readonly validator: Key; readonly rule: OffenceRule; readonly height: Height }

export type OffenceRule = 'S1' | 'S2' | 'S3' | 'S4' | 'R1' | 'R2'

export interface ExecutionContext {
  /** What transactions are bound to. */
  readonly chainId: Hash
  readonly verify: Verify
  /** Offences this close count together. */
  readonly periodBlocks: number
  /** Smaller bonds are not taken. */
  readonly minStake: number
}

/** Keeps the list of lots from growing with every bond and unbond of a little. */
export const lotsPerValidatorMax = 64

/** `code` is null if it had its effect. */
export interface Outcome {
  readonly execution: Execution
  readonly code: string | null
  /** A bond: what was deposited, for whom. */
  readonly deposit?: { readonly validator: Key; readonly amount: number }
  /** A payout: what was left of the lot, and whose it is. */
  readonly withdrawal?: { readonly validator: Key; readonly amount: number }
}

/** What headers commit to as the state root under the hybrid. */
export function stateRootOf({ ledger, stake }: Execution): Hash {
  return combineRoots(ledger.root, stakeRootOf(stake))
}

export function combineRoots(ledgerRoot: Hash, stakeRoot: Hash): Hash {
  return hash('groundwork/hybrid-state/1', ledgerRoot, stakeRoot)
}

/** Total: what cannot be executed is a no-op with a code, and counts as included. */
export function executeInput(
  context: ExecutionContext,
  execution: Execution,
  input: Input,
  isRecorded: boolean,
): Outcome {
  const { ledger, stake } = execution
  switch (input.kind) {
    case 'payout': {
      const paid = payOut(stake, input.lot)
      if (paid === null) return { execution, code: 'LOT' }
      const { validator, amount } = paid.lot
      const address = fromHex(validator)
      const account = ledger.account(address)
      const balance = account.balance + BigInt(amount)
      return {
        execution: { ledger: ledger.set(address, { ...account, balance }), stake: paid.state },
        code: null,
        withdrawal: { validator, amount },
      }
    }
    case 'slash': {
      // In RECORDED at once; otherwise the running epoch's quorum stays what it was.
      const until = isRecorded ? stake.epoch : stake.epoch + 1
      const after = slash(stake, { ...input, until }, context.periodBlocks)
      return after === null
        ? { execution, code: 'OFFENDER' }
        : { execution: { ledger, stake: after }, code: null }
    }
    case 'forced':
      return executeBytes(context, execution, input.transaction)
  }
}

/** One transaction from its bytes, signature included. */
export function executeBytes(
  context: ExecutionContext,
  execution: Execution,
  bytes: TransactionBytes,
): Outcome {
  let transaction: Transaction
  try {
    transaction = decodeTransaction(bytes)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { execution, code: 'ENCODING' }
  }
  const { publicKey, message, signature } = transactionSignature(context.chainId, transaction)
  if (!context.verify(publicKey, message, signature)) return { execution, code: 'SIGNATURE' }
  return applyTransaction(context, execution, transaction)
}

/** A transaction whose signature is good. */
export function applyTransaction(
  context: ExecutionContext,
  execution: Execution,
  transaction: Transaction,
): Outcome {
  const { ledger, stake } = execution
  if (transaction.kind === 'transfer') {
    const { transfer } = transaction
    const code = checkTransfer(ledger, transfer)
    if (code !== undefined) return { execution, code }
    return {
      execution: { ledger: applyTransfer(ledger, transfer), stake: paidFee(stake, transfer.fee) },
      code: null,
    }
  }
  const code = stakeFault(context, execution, transaction)
  if (code !== null) return { execution, code }
  const { kind, amount, fee, nonce } = transaction
  const address = senderOf(transaction)
  const validator = toHex(address)
  const { balance } = ledger.account(address)
  const cost = fee + (kind === 'bond' ? amount : 0n)
  const after =
    kind === 'bond' ? bond(stake, validator, Number(amount)) : unbond(stake, validator, Number(amount))
  if (after === null) return { execution, code: kind === 'bond' ? 'TOTAL' : 'STAKE' }
  const paid = ledger.set(address, { balance: balance - cost, nonce: nonce + 1 })
  const outcome = { execution: { ledger: paid, stake: paidFee(after, fee) }, code: null }
  return kind === 'bond' ? { ...outcome, deposit: { validator, amount: Number(amount) } } : outcome
}

function stakeFault(
  { minStake }: ExecutionContext,
  { ledger, stake }: Execution,
  transaction: StakeTransaction,
): string | null {
  const { kind, from, amount, fee, nonce } = transaction
  const account = ledger.account(from)
  if (nonce < account.nonce) return 'NONCE_PAST'
  if (nonce > account.nonce) return 'NONCE_FUTURE'
  if (account.balance < fee + (kind === 'bond' ? amount : 0n)) return 'BALANCE'
  if (nonce >= Number.MAX_SAFE_INTEGER) return 'OVERFLOW'
  if (amount === 0n || amount >= 1n << 48n || (kind === 'bond' && amount < BigInt(minStake))) return 'AMOUNT'
  if (isSlashed(stake, toHex(from))) return 'SLASHED'
  let lots = 0
  for (const { validator } of stake.lots.values()) if (validator === toHex(from)) lots++
  if (lots >= lotsPerValidatorMax) return 'LOTS'
  return kind === 'unbond' || lots > 0 || isSafePublicKey(from) ? null : 'KEY'
}

function paidFee(stake: StakeState, fee: bigint): StakeState {
  assert(fee >= 0n, 'a fee is not negative')
  return fee === 0n ? stake : { ...stake, fees: stake.fees + fee }
}
