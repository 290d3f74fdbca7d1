import { someChain } from '@groundwork/host/conformance'
import { emptyLedger, type Ledger } from '@groundwork/ledger'
import { hash } from '@groundwork/primitives'
import type { FinalizedBlock } from '@groundwork/stake-core'

/** A chain and the ledger after each of its blocks; index 0 is the genesis. The same in every process. */
export interface History {
  readonly blocks: readonly FinalizedBlock[]
  readonly ledgers: readonly Ledger[]
}

const accounts = 200

export function history(count: number): History {
  let ledger = emptyLedger()
  for (let i = 0; i < accounts; i++) ledger = ledger.set(address(i), { balance: 1000n, nonce: 0 })
  const ledgers = [ledger]
  for (let height = 1; height <= count; height++) {
    for (let k = 0; k < 20; k++) {
      const to = address((height * 31 + k * 7) % accounts)
      const { balance, nonce } = ledger.account(to)
      ledger = ledger.set(to, { balance: balance + BigInt(k), nonce: nonce + 1 })
    }
    // One account goes and comes back, so that deletions are part of it.
    ledger = ledger.set(address(accounts), { balance: BigInt(height % 2), nonce: 0 })
    ledgers.push(ledger)
  }
  return { blocks: someChain(count), ledgers }
}

function address(i: number): Uint8Array {
  return hash('store-level/address', Uint8Array.of(i >> 8, i & 0xff))
}
