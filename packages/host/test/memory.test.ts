import { describe, it } from 'vitest'
import { blockStoreConformance, journalConformance } from '../src/conformance/index.ts'
import { type MemoryBlockStore, memoryBlockStore, memoryJournal } from '../src/memory.ts'

describe('memoryJournal', () => {
  const suite = journalConformance(async () => {
    let journal = memoryJournal()
    return {
      async open() {
        journal = memoryJournal(journal.entries)
        return { journal, entries: [...journal.entries] }
      },
      async crash() {},
    }
  })
  for (const { name, run } of suite) it(name, run)
})

describe('memoryBlockStore', () => {
  const suite = blockStoreConformance(async () => {
    let store: MemoryBlockStore | undefined
    return {
      async open(genesis) {
        store ??= memoryBlockStore(genesis)
        return store
      },
      async crash() {},
    }
  })
  for (const { name, run } of suite) it(name, run)
})
