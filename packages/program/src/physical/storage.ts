import { join } from 'node:path'
import {
  type FileJournalInit,
  type Journal,
  memoryJournal,
  nodeSignatures,
  openJournalFile,
  type PhysicalStore,
  physicalEntries,
} from '@groundwork/host'
import {
  type ChainRules,
  createPhysicalCore,
  decodeSnapshot,
  firstSlotOf,
  type PhysicalCore,
  type PhysicalJournalEntry,
  type Slot,
} from '@groundwork/physical-core'
import { CodedError, type KeyPair } from '@groundwork/primitives'
import { openPhysicalStore } from '@groundwork/store-level'
import type { Log } from '../log.ts'

export interface StorageInit {
  readonly dataDir: string
  readonly rules: ChainRules
  /** Null: nothing is ever signed. */
  readonly key: KeyPair | null
  readonly timelord: boolean
  readonly slotNow: Slot
  readonly log: Log
  readonly onSync: FileJournalInit['onSync']
  /** The store cannot be written any more. */
  readonly onFailure: (error: CodedError) => void
}

/** A node of the physical chain as its disk knows it. */
export interface Resumed {
  readonly core: PhysicalCore
  readonly journal: Journal<PhysicalJournalEntry>
  readonly store: PhysicalStore
}

interface Memory {
  readonly journal: Journal<PhysicalJournalEntry>
  readonly entries: readonly PhysicalJournalEntry[]
}

/** Locks and reads the journal, opens the store, and folds both into a core. Throws one line for what a person must mend. */
export async function resume(init: StorageInit): Promise<Resumed> {
  const { dataDir, rules, key } = init
  const memory = openMemory(init)
  try {
    const { chainId } = rules
    const dir = join(dataDir, 'chain')
    const store = await openPhysicalStore({ dir, chainId, onFailure: init.onFailure })
    try {
      const stored = await store.load((snapshot) =>
        firstSlotOf(rules, decodeSnapshot(rules, snapshot).chain.epoch.number),
      )
      const farmer =
        key === null
          ? null
          : {
              publicKey: key.publicKey,
              sign: (message: Uint8Array) => nodeSignatures.sign(key.secretKey, message),
            }
      const core = createPhysicalCore({
        rules,
        farmer,
        timelord: init.timelord,
        stored: { ...stored, journal: memory.entries },
      })
      return { core, journal: memory.journal, store }
    } catch (error) {
      await store.close()
      if (!(error instanceof CodedError) || !error.code.startsWith('CODEC')) throw error
      throw new CodedError(
        'STORE_CORRUPT',
        `the database in ${dir} is damaged: ${error.message}; remove it to fetch the chain again`,
      )
    }
  } catch (error) {
    await memory.journal.close()
    throw error
  }
}

/**
 * The journal against double-farming. Slots pass by the clock, so what was lost of it costs only the slots up to now: those
 * are never signed again.
 */
function openMemory({ dataDir, key, slotNow, log, onSync }: StorageInit): Memory {
  if (key === null) return { journal: memoryJournal<PhysicalJournalEntry>(), entries: [] }
  const floor: PhysicalJournalEntry = { kind: 'floor', slot: slotNow }
  try {
    const opened = openJournalFile({ dir: dataDir, key: key.publicKey, onSync, codec: physicalEntries })
    const { journal, entries, lostBytes, truncatedBytes, created, lostUpTo } = opened
    if (truncatedBytes > 0) log.warn({ truncatedBytes }, 'cut an incomplete last record off the journal')
    if (lostBytes > 0) log.error({ lostBytes }, 'the journal has lost records: not farming slots before now')
    if (!created && lostUpTo === 0) return { journal, entries }
    void journal.append([floor])
    return { journal, entries: [...entries, floor] }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'JOURNAL_CORRUPT') throw error
    // Left as it is: a person may want to look.
    log.error({ reason: error.message }, 'the journal is damaged: not farming slots before now')
    return { journal: memoryJournal<PhysicalJournalEntry>(), entries: [floor] }
  }
}
