import { blockStoreConformance, entriesOfEveryKind, journalConformance } from '@groundwork/host/conformance'
import { emptyLedger } from '@groundwork/ledger'
import { describe, expect, test } from 'vitest'
import { simulatedDisk } from '../src/disk.ts'

describe('keeps the contract of a journal', () => {
  const createBench = async () => {
    const disk = simulatedDisk(emptyLedger(), () => 0)
    return {
      open: async () => ({ journal: disk.journal, entries: [...disk.recover().journal] }),
      crash: async () => disk.crash(0),
    }
  }
  for (const { name, run } of journalConformance(createBench)) test(name, run)
})

describe('keeps the contract of a block store', () => {
  const createBench = async () => {
    let disk: ReturnType<typeof simulatedDisk> | undefined
    return {
      open: async (genesis: Parameters<typeof simulatedDisk>[0]) => {
        disk ??= simulatedDisk(genesis, () => 0)
        return disk.store
      },
      crash: async () => disk?.crash(0),
    }
  }
  for (const { name, run } of blockStoreConformance(createBench)) test(name, run)
})

test('a crash loses what was not synced, in order', () => {
  const durableAt = [5, 10, 15]
  const disk = simulatedDisk(emptyLedger(), () => durableAt.shift() as number)
  const [first, second, third] = entriesOfEveryKind(1)
  for (const entry of [first, second, third]) void disk.journal.append([entry as never])
  disk.crash(12)
  expect(disk.recover().journal).toEqual([first, second])
})

test('a rewrite that was not synced leaves the old journal', () => {
  const durableAt = [5, 20]
  const disk = simulatedDisk(emptyLedger(), () => durableAt.shift() as number)
  const entries = entriesOfEveryKind(1)
  void disk.journal.append(entries)
  void disk.journal.compact([])
  disk.crash(19)
  expect(disk.recover().journal).toEqual(entries)
  disk.wipe()
  expect(disk.recover()).toEqual({ journal: [], head: undefined })
})
