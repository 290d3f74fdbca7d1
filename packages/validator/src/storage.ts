import { join } from 'node:path'
import { type Genesis, genesisHash, initialLedger } from '@groundwork/genesis'
import {
  type BlockStore,
  everyView,
  type Journal,
  memoryJournal,
  openFileJournal,
  type StoredHead,
} from '@groundwork/host'
import { CodedError, equal, type KeyPair } from '@groundwork/primitives'
import type { Log } from '@groundwork/program'
import type { JournalEntry, View } from '@groundwork/stake-core'
import { openLevelStore } from '@groundwork/store-level'

export interface StorageInit {
  readonly dataDir: string
  readonly genesis: Genesis
  readonly key: KeyPair
  readonly log: Log
  readonly onSync: (durationMs: number) => void
}

/** A validator as its disk knows it. */
export interface Disk {
  readonly journal: Journal
  /** What the journal held. */
  readonly entries: readonly JournalEntry[]
  readonly store: BlockStore
  /** Of the newest stored block. */
  readonly head: StoredHead | undefined
  /** Position in the validator set of the genesis; null of a key that is not in it. */
  readonly validator: number | null
  /** False: what was signed is not known, so nothing is signed. */
  readonly maySign: boolean
  readonly lostView: View
  /** The folder was empty: a first start, or everything was lost. */
  readonly empty: boolean
  /** Durable: this folder's journal is known not to be whole, so nothing of this epoch is ever signed from it. */
  loseJournal(): void
}

interface Memory {
  readonly journal: Journal
  readonly entries: readonly JournalEntry[]
  readonly lostView: View
  /** Nothing was there. */
  readonly created: boolean
  readonly sound: boolean
  loseAll(): void
}

/** Locks and reads the journal and opens the store. Throws one line for what a person must mend. */
export async function openDisk(init: StorageInit): Promise<Disk> {
  const { genesis, key, log } = init
  const position = genesis.validators.findIndex(({ publicKey }) => equal(publicKey, key.publicKey))
  const validator = position < 0 ? null : position
  // Sets change only beside a physical chain: there a key may come in later.
  if (validator === null && genesis.hybrid === undefined)
    throw new CodedError('KEY_UNKNOWN', 'validatorKey: not the key of a validator of this chain')

  const memory = openMemory(init)
  try {
    const store = await openBlocks(init)
    const head = await store.head()
    const gone = memory.created && head !== undefined
    if (gone) {
      log.error('the sign journal is gone but blocks are stored: following without signing')
      memory.loseAll()
    }
    const maySign = memory.sound && !gone && memory.lostView < everyView
    const { journal, entries, lostView, created: empty, loseAll: loseJournal } = memory
    return { journal, entries, store, head, validator, maySign, lostView, empty, loseJournal }
  } catch (error) {
    await memory.journal.close()
    throw error
  }
}

/** What was final. Throws one line for what a person must mend. */
export function openBlocks({
  dataDir,
  genesis,
}: Pick<StorageInit, 'dataDir' | 'genesis'>): Promise<BlockStore> {
  return openLevelStore({
    dir: join(dataDir, 'blocks'),
    genesisLedger: initialLedger(genesis),
    genesisHash: genesisHash(genesis),
  })
}

function openMemory({ dataDir, key, log, onSync }: StorageInit): Memory {
  try {
    const opened = openFileJournal({ dir: dataDir, key: key.publicKey, onSync })
    const { truncatedBytes, lostBytes, lostView } = opened
    if (truncatedBytes > 0) log.warn({ truncatedBytes }, 'cut an incomplete last record off the journal')
    if (lostBytes > 0)
      log.error({ lostBytes, lostView }, 'the journal has lost records: signing only above lostView')
    return { ...opened, sound: true }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'JOURNAL_CORRUPT') throw error
    // Left as it is: a person may want to look, and the next start must not take it for an empty one.
    log.error(
      { reason: error.message },
      'the sign journal is damaged: following without signing in this epoch',
    )
    return {
      journal: memoryJournal(),
      entries: [],
      lostView: 0,
      created: false,
      sound: false,
      loseAll() {},
    }
  }
}
