import { type BlockStore, checkSequence } from '@groundwork/host'
import { changedAccounts, emptyLedger, type Ledger } from '@groundwork/ledger'
import { CodedError, equal, type Hash } from '@groundwork/primitives'
import type { Certificate, FinalizedBlock } from '@groundwork/stake-core'
import { type Database, encodeFormat, isWritten, openDatabase } from './database.ts'
import {
  decodeAccount,
  decodeBlock,
  decodeHead,
  encodeAccount,
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
  append(blocks: readonly FinalizedBlock[], certificate: Certificate, ledger: Ledger): Promise<void>
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
  readonly head: HeadRecord | undefined
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
  const record = await meta.get('head')
  const head = record === undefined ? undefined : decodeHead(record)
  if (head !== undefined && !equal(head.stateRoot, ledger.root)) {
    throw new CodedError('STORE_CORRUPT', `the stored accounts are not those after block ${head.height}`)
  }
  return { head, ledger }
}

function createStore(database: Database, loaded: Content): LevelStore {
  let content = loaded
  let last: Promise<void> = Promise.resolve()

  const write = async (blocks: readonly FinalizedBlock[], certificate: Certificate, ledger: Ledger) => {
    checkSequence(content.head, blocks)
    const head = headOf(blocks, certificate, ledger)
    const batch = database.level.batch()
    for (const block of blocks) {
      batch.put(block.hash, encodeBlock(block), { sublevel: database.blocks })
      batch.put(heightKey(block.block.header.height), block.hash, { sublevel: database.heights })
    }
    putAccounts(batch, database, content.ledger, ledger)
    batch.put('head', encodeHead(head), { sublevel: database.meta })
    await batch.write({ sync: true })
    content = { head, ledger }
  }

  const blockByHash = async (hash: Hash): Promise<FinalizedBlock | undefined> => {
    const record = await database.blocks.get(hash)
    return record === undefined ? undefined : decodeBlock(new Uint8Array(hash), record)
  }

  return {
    append(blocks, certificate, ledger) {
      if (blocks.length === 0) return last
      // One after the other: what a batch must contain depends on the one before.
      const written = last.then(() => write(blocks, certificate, ledger))
      last = written.catch(() => {})
      return written
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
