import { type Bytes, encode, equal, type Hash, hash, zeroHash } from '@groundwork/primitives'

/** What an address owns. An address that was never written has balance 0 and nonce 0. */
export interface Account {
  /** Below 2^64. */
  readonly balance: bigint
  /** The number of transfers this account has sent. */
  readonly nonce: number
}

/**
 * An immutable binary trie over the bits of hash(address): a subtree that holds one account is its leaf, an empty one
 * is undefined. The shape, and so the root, depends on the accounts only, not on the order of writes.
 */
export type Trie = TrieNode | undefined

export type TrieNode = Leaf | Branch

interface Leaf {
  readonly kind: 'leaf'
  readonly key: Hash
  readonly address: Bytes
  readonly account: Account
  digest: Digest
}

interface Branch {
  readonly kind: 'branch'
  readonly left: Trie
  readonly right: Trie
  digest: Digest
}

/** Computed when first asked for. A string of 32 bytes takes a fifth of the memory of an array of them. */
type Digest = string | undefined

export function keyOf(address: Bytes): Hash {
  return hash('groundwork/ledger-key/1', address)
}

/** The bit of `key` that decides at `depth`: 0 goes left. */
export function bitAt(key: Hash, depth: number): 0 | 1 {
  return (((key[depth >> 3] as number) >> (7 - (depth & 7))) & 1) as 0 | 1
}

export function find(trie: Trie, key: Hash): Leaf | undefined {
  let node = trie
  for (let depth = 0; node?.kind === 'branch'; depth++)
    node = bitAt(key, depth) === 0 ? node.left : node.right
  return node !== undefined && equal(node.key, key) ? node : undefined
}

export function leaf(key: Hash, address: Bytes, account: Account): Leaf {
  return { kind: 'leaf', key, address, account, digest: undefined }
}

/** The trie with `written` in it, in place of an earlier leaf of that key. */
export function insert(trie: Trie, written: Leaf, depth = 0): TrieNode {
  if (trie === undefined) return written
  if (trie.kind === 'leaf') {
    return equal(trie.key, written.key) ? written : insert(branchAbove(trie, depth), written, depth)
  }
  return bitAt(written.key, depth) === 0
    ? branch(insert(trie.left, written, depth + 1), trie.right)
    : branch(trie.left, insert(trie.right, written, depth + 1))
}

/** The trie without `key`. */
export function remove(trie: Trie, key: Hash, depth = 0): Trie {
  if (trie === undefined) return undefined
  if (trie.kind === 'leaf') return equal(trie.key, key) ? undefined : trie
  const goesLeft = bitAt(key, depth) === 0
  const before = goesLeft ? trie.left : trie.right
  const after = remove(before, key, depth + 1)
  if (after === before) return trie
  const [left, right] = goesLeft ? [after, trie.right] : [trie.left, after]
  // A subtree of one account is a leaf, so that the shape says nothing about accounts that went.
  if (left === undefined && right?.kind !== 'branch') return right
  if (right === undefined && left?.kind !== 'branch') return left
  return branch(left, right)
}

function branch(left: Trie, right: Trie): Branch {
  return { kind: 'branch', left, right, digest: undefined }
}

function branchAbove(only: Leaf, depth: number): Branch {
  return bitAt(only.key, depth) === 0 ? branch(only, undefined) : branch(undefined, only)
}

export function rootOf(trie: Trie): Hash {
  if (trie === undefined) return zeroHash
  if (trie.digest !== undefined) return unpacked(trie.digest)
  const root =
    trie.kind === 'leaf'
      ? hashLeaf(trie.address, trie.account)
      : hashBranch(rootOf(trie.left), rootOf(trie.right))
  trie.digest = packed(root)
  return root
}

function packed(root: Hash): string {
  // Not spread: this is hot, and an iterator over bytes is slow.
  return String.fromCharCode.apply(null, root as unknown as number[])
}

function unpacked(digest: string): Hash {
  const root = new Uint8Array(digest.length)
  for (let i = 0; i < root.length; i++) root[i] = digest.charCodeAt(i)
  return root
}

/** The key is a hash of the address, so the leaf commits to its place as well. */
export function hashLeaf(address: Bytes, account: Account): Hash {
  const fields = encode((out) => {
    out.fixed(address, 32)
    out.bigU64(account.balance)
    out.u64(account.nonce)
  })
  return hash('groundwork/ledger-leaf/1', fields)
}

export function hashBranch(left: Hash, right: Hash): Hash {
  return hash('groundwork/ledger-branch/1', left, right)
}

/** Leaves in the order of their keys. */
export function* leaves(trie: Trie): Generator<Leaf> {
  if (trie === undefined) return
  if (trie.kind === 'leaf') yield trie
  else {
    yield* leaves(trie.left)
    yield* leaves(trie.right)
  }
}

/** Leaves that differ between two tries; shared subtrees are not visited. A side without the account is undefined. */
export function* differences(
  a: Trie,
  b: Trie,
  depth = 0,
): Generator<readonly [a: Leaf | undefined, b: Leaf | undefined]> {
  if (a === b) return
  if (a?.kind !== 'branch' && b?.kind !== 'branch') {
    if (a === undefined || b === undefined || equal(a.key, b.key)) yield [a, b]
    else {
      yield [a, undefined]
      yield [undefined, b]
    }
    return
  }
  const left = asBranch(a, depth)
  const right = asBranch(b, depth)
  yield* differences(left.left, right.left, depth + 1)
  yield* differences(left.right, right.right, depth + 1)
}

function asBranch(trie: Trie, depth: number): Branch {
  if (trie === undefined) return branch(undefined, undefined)
  return trie.kind === 'branch' ? trie : branchAbove(trie, depth)
}
