import { type Account, type AccountProof, proveAccount, verifyAccountProof } from '@groundwork/ledger'
import { type Bytes, equal, type Hash } from '@groundwork/primitives'
import { combineRoots, type Execution, stakeRootOf } from '../stake/index.ts'

/** Shows an account under a state root, which commits to accounts and stake: needs nothing but the root to check. */
export interface StateProof {
  /** Null if there is no such account. */
  readonly account: Account | null
  readonly proof: AccountProof
  readonly ledgerRoot: Hash
  readonly stakeRoot: Hash
}

export function proveState({ ledger, stake }: Execution, address: Bytes): StateProof {
  const { balance, nonce } = ledger.account(address)
  return {
    account: balance === 0n && nonce === 0 ? null : { balance, nonce },
    proof: proveAccount(ledger, address),
    ledgerRoot: ledger.root,
    stakeRoot: stakeRootOf(stake),
  }
}

/** Total: never throws. */
export function verifyStateProof(stateRoot: Hash, address: Bytes, shown: StateProof): boolean {
  const { account, proof, ledgerRoot, stakeRoot } = shown
  if (ledgerRoot.length !== 32 || stakeRoot.length !== 32) return false
  if (!equal(combineRoots(ledgerRoot, stakeRoot), stateRoot)) return false
  return verifyAccountProof(ledgerRoot, address, account, proof)
}
