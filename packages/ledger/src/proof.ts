import { type Bytes, equal, type Hash, zeroHash } from '@groundwork/primitives'
import type { Ledger } from './ledger.ts'
import { type Account, bitAt, hashBranch, hashLeaf, keyOf, rootOf, type Trie } from './trie.ts'

/** Shows what stands at an address' place under a state root: its account, nothing, or another account alone. */
export interface AccountProof {
  /** Hashes of the subtrees beside the path, from the root downwards; at most 256. */
  readonly siblings: readonly Hash[]
  /** The account that stands alone where the address would be: a proof of absence. Null otherwise. */
  readonly other: { readonly address: Bytes; readonly account: Account } | null
}

export function proveAccount(ledger: Ledger, address: Bytes): AccountProof {
  const key = keyOf(address)
  const siblings: Hash[] = []
  let node: Trie = ledger.trie
  while (node?.kind === 'branch') {
    const goesLeft = bitAt(key, siblings.length) === 0
    siblings.push(rootOf(goesLeft ? node.right : node.left))
    node = goesLeft ? node.left : node.right
  }
  if (node === undefined || equal(node.key, key)) return { siblings, other: null }
  return { siblings, other: { address: node.address, account: node.account } }
}

/** True if under `root` the address has exactly this account, or none if `account` is null. Total: never throws. */
export function verifyAccountProof(
  root: Hash,
  address: Bytes,
  account: Account | null,
  { siblings, other }: AccountProof,
): boolean {
  if (address.length !== 32 || siblings.length > 256 || siblings.some((sibling) => sibling.length !== 32))
    return false
  const key = keyOf(address)
  let node = zeroHash
  if (account !== null) {
    if (other !== null || !isEncodable(account)) return false
    node = hashLeaf(address, account)
  } else if (other !== null) {
    if (other.address.length !== 32 || !isEncodable(other.account) || equal(other.address, address))
      return false
    const otherKey = keyOf(other.address)
    for (let depth = 0; depth < siblings.length; depth++) {
      if (bitAt(key, depth) !== bitAt(otherKey, depth)) return false
    }
    node = hashLeaf(other.address, other.account)
  }
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as Hash
    node = bitAt(key, depth) === 0 ? hashBranch(node, sibling) : hashBranch(sibling, node)
  }
  return equal(node, root)
}

function isEncodable({ balance, nonce }: Account): boolean {
  return balance >= 0n && balance < 1n << 64n && Number.isSafeInteger(nonce) && nonce >= 0
}
