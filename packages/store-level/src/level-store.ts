import { type BlockStore, checkSequence, childrenOf, type StoredBase } from '@groundwork/host'
import { changedAccounts, emptyLedger, type Ledger } from '@groundwork/ledger'
import { CodedError, equal, type Hash, toHex } from '@groundwork/primitives'
import {
  type Certificate,
  decodeCertificate,
  type EndProof,
  encodeCertificate,
  type FinalizedBlock,
} from '@groundwork/stake-core'
import { type Database, encodeFormat, isWritten, openDatabase } from './database.ts'
import {
  type BaseRecord,
  decodeAccount,
  decodeBase,
  decodeBlock,
  decodeHead,
  encodeAccount,
  encodeBase,
  encodeBlock,
  encodeHead,
  type HeadRecord,
  headOf,
  heightKey,
} from './records.ts'

export interface LevelStoreInit {
  /** Made if missing; one process at a time. */
  readonly dir: string
  /** What the ledger is before the first block. */
  readonly genesisLedger: Ledger
  /** Names the chain, so that a store of another one is refused; the genesis ledger's root if not given. */
  readonly genesisHash?: Hash
}

export interface LevelStore extends BlockStore {
  append(
    blocks: readonly FinalizedBlock[],
    certificate: Certificate,
    ledger: Ledger,
    end?: EndProof,
  ): Promise<void>
  rebase(base: StoredBase, ledger: Ledger): Promise<void>
  blockByHash(hash: Hash): Promise<FinalizedBlock | undefined>
  close(): Promise<void>
}

/**
 * Opens the store, or begins one. Throws one line: `STORE_LOCKED`, `STORE_FORMAT`, `STORE_GENESIS`, `STORE_CORRUPT` or
 * `STORE_OPEN`.
 */
export async function openLevelStore(init: LevelStoreInit): Promise<LevelStore> {
  const database = await openDatabase(init.dir)
  try {
    const genesis = init.genesisHash ?? init.genesisLedger.root
    if (!(await isWritten(database, genesis))) await begin(database, genesis, init.genesisLedger)
    return createStore(database, await load(database))
  } catch (error) {
    await database.level.close()
    throw error
  }
}

interface Content {
  readonly head: HeadRecord | BaseRecord | undefined
  readonly ledger: Ledger
}

async function begin(database: Database, genesis: Hash, ledger: Ledger): Promise<void> {
  const batch = database.level.batch()
  batch.put('format', encodeFormat(), { sublevel: database.meta })
  batch.put('genesis', genesis, { sublevel: database.meta })
  putAccounts(batch, database, emptyLedger(), ledger)
  await batch.write({ sync: true })
}

async function load({ meta, accounts }: Database): Promise<Content> {
  let ledger = emptyLedger()
  for await (const [address, record] of accounts.iterator())
    ledger = ledger.set(address, decodeAccount(record))
  const [record, base] = [await meta.get('head'), await meta.get('base')]
  const head = base !== undefined ? decodeBase(base) : record === undefined ? undefined : decodeHead(record)
  if (head !== undefined && !equal(head.stateRoot, ledger.root)) {
    throw new CodedError('STORE_CORRUPT', `the stored accounts are not those after block ${head.height}`)
  }
  return { head, ledger }
}

function createStore(database: Database, loaded: Content): LevelStore {
  let content = loaded
  let last: Promise<void> = Promise.resolve()

  const inOrder = (task: () => Promise<void>): Promise<void> => {
    // One after the other: what a batch must contain depends on the one before.
    const done = last.then(task)
    last = done.catch(() => {})
    return done
  }

  const write = async (
    blocks: readonly FinalizedBlock[],
    certificate: Certificate,
    ledger: Ledger,
    end: EndProof | undefined,
  ) => {
    checkSequence(content.head, blocks)
    const head = headOf(blocks, certificate, ledger)
    const batch = database.level.batch()
    for (const block of blocks) {
      batch.put(block.hash, encodeBlock(block), { sublevel: database.blocks })
      batch.put(heightKey(block.block.header.height), block.hash, { sublevel: database.heights })
    }
    if (end !== undefined) {
      const { epochId } = (blocks.at(-1) as FinalizedBlock).block.header
      batch.put(endKey(epochId), encodeCertificate(end.final), { sublevel: database.meta })
      for (const child of childrenOf(end))
        batch.put(child.hash, encodeBlock(child), { sublevel: database.blocks })
    }
    putAccounts(batch, database, content.ledger, ledger)
    batch.put('head', encodeHead(head), { sublevel: database.meta })
    if (content.head?.certificate === null) batch.del('base', { sublevel: database.meta })
    await batch.write({ sync: true })
    content = { head, ledger }
  }

  const rebase = async ({ height, hash, keep = height }: StoredBase, ledger: Ledger) => {
    const batch = database.level.batch()
    for await (const key of database.heights.keys({ gt: heightKey(keep) }))
      batch.del(key, { sublevel: database.heights })
    putAccounts(batch, database, content.ledger, ledger)
    const head: BaseRecord = { height, hash, certificate: null, stateRoot: ledger.root }
    batch.put('base', encodeBase(head), { sublevel: database.meta })
    await batch.write({ sync: true })
    content = { head, ledger }
  }

  const blockByHash = async (hash: Hash): Promise<FinalizedBlock | undefined> => {
    const record = await database.blocks.get(hash)
    return record === undefined ? undefined : decodeBlock(new Uint8Array(hash), record)
  }

  return {
    append(blocks, certificate, ledger, end) {
      return blocks.length === 0 ? last : inOrder(() => write(blocks, certificate, ledger, end))
    },
    rebase: (base, ledger) => inOrder(() => rebase(base, ledger)),
    async endOf(epochId) {
      const record = await database.meta.get(endKey(epochId))
      return record === undefined ? undefined : decodeCertificate(record)
    },
    async head() {
      if (content.head === undefined) return undefined
      const { height, hash, certificate } = content.head
      return { height, hash, certificate }
    },
    blockByHash,
    async blockByHeight(height) {
      const hash = await database.heights.get(heightKey(height))
      return hash === undefined ? undefined : blockByHash(hash)
    },
    ledger: async () => content.ledger,
    account: async (address) => content.ledger.account(address),
    async close() {
      await last
      await database.level.close()
    },
  }
}

const endKey = (epochId: Hash): string => `end:${toHex(epochId)}`

function putAccounts(
  batch: ReturnType<Database['level']['batch']>,
  database: Database,
  before: Ledger,
  after: Ledger,
): void {
  for (const [address, account] of changedAccounts(before, after)) {
    const isEmpty = account.balance === 0n && account.nonce === 0
    if (isEmpty) batch.del(address, { sublevel: database.accounts })
    else batch.put(address, encodeAccount(account), { sublevel: database.accounts })
  }
}
