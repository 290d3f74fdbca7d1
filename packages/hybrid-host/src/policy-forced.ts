import { type DeriveContext, type DeriveState, decodeForced, physicalOf } from '@groundwork/hybrid-core'
import { decodeTransaction, senderOf, type Transaction, transactionSignature } from '@groundwork/ledger'
import { CodedError, fromHex, type Hex, toHex } from '@groundwork/primitives'
import type { Judgement, PooledOpaque } from './policy.ts'

interface Forced {
  readonly key: Hex
  readonly sender: Hex
  readonly nonce: number
  readonly fee: bigint
  readonly cost: bigint
}

/** Of one sender at once: the priority leaves room for the order of nonces. */
const perSender = 64
const feeMax = 1n << 46n
/** Bytes say the same on every tip. */
const known = new WeakMap<PooledOpaque, Forced | string>()

/**
 * A forced transaction is taken only if it is signed and its fee can be paid at derive(tip), after those of the same
 * sender before it. Ordered by fee, then hash; a later nonce is never worth more than what has to come before it.
 */
export function judgeForced(
  context: DeriveContext,
  state: DeriveState,
  pool: readonly PooledOpaque[],
): Map<Hex, Judgement> {
  const judged = new Map<Hex, Judgement>()
  const bySender = new Map<Hex, Forced[]>()
  for (const pooled of pool) {
    const { key } = pooled
    const forced = known.get(pooled) ?? read(context, pooled)
    known.set(pooled, forced)
    if (typeof forced === 'string') judged.set(key, { kind: 'refuse', reason: forced })
    else bySender.set(forced.sender, [...(bySender.get(forced.sender) ?? []), forced])
  }
  const { ledger } = physicalOf(context, state)
  for (const [sender, all] of bySender) {
    let { balance, nonce } = ledger.account(fromHex(sender))
    let fee = feeMax
    let taken = 0
    // Of two with one nonce the better paid counts; of equal ones the lower hash.
    all.sort((a, b) => a.nonce - b.nonce || (a.fee > b.fee ? -1 : a.fee < b.fee ? 1 : a.key < b.key ? -1 : 1))
    for (const forced of all) {
      const verdict = (): Judgement => {
        if (forced.nonce < nonce) return { kind: 'refuse', reason: 'forced-nonce-past' }
        if (forced.nonce >= nonce + perSender) return { kind: 'refuse', reason: 'forced-nonce-far' }
        if (forced.nonce > nonce || taken >= perSender) return { kind: 'wait', reason: 'forced-nonce' }
        if (forced.cost > balance) return { kind: 'refuse', reason: 'forced-balance' }
        fee = forced.fee < fee ? forced.fee : fee
        balance -= forced.cost
        nonce++
        taken++
        return { kind: 'take', priority: Number(fee) * perSender + (perSender - taken) }
      }
      judged.set(forced.key, verdict())
    }
  }
  return judged
}

/** Signed, and with a fee; or why not. */
function read({ execution }: DeriveContext, { key, item: { bytes } }: PooledOpaque): Forced | string {
  let transaction: Transaction
  try {
    transaction = decodeTransaction(decodeForced(bytes))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return 'forced-encoding'
  }
  const { publicKey, message, signature } = transactionSignature(execution.chainId, transaction)
  const { fee, nonce, amount } = transaction.kind === 'transfer' ? transaction.transfer : transaction
  if (fee <= 0n) return 'forced-fee'
  if (!execution.verify(publicKey, message, signature)) return 'forced-signature'
  const cost = transaction.kind === 'unbond' ? fee : fee + amount
  return { key, sender: toHex(senderOf(transaction)), nonce, fee, cost }
}
