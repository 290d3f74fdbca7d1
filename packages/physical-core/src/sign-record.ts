import { fromHex, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { PhysicalJournalEntry } from './journal.ts'
import type { PlotId, Slot } from './types.ts'

/** PC14. What was signed: of a plot and slot, one foliage ever. */
export interface SignRecord {
  /** Nothing at or below it is signed any more. */
  floor: Slot
  readonly slots: Map<Slot, Map<Hex, Hash>>
}

/** Slots that are remembered one by one; older ones fall under the floor. */
const maxSlots = 4096

export function foldSigned(journal: readonly PhysicalJournalEntry[]): SignRecord {
  const record: SignRecord = { floor: -1, slots: new Map() }
  for (const entry of journal) {
    if (entry.kind === 'floor') record.floor = Math.max(record.floor, entry.slot)
    else noteSigned(record, entry.plotId, entry.slot, entry.hash)
  }
  return record
}

export function maySign(record: SignRecord, plotId: PlotId, slot: Slot): boolean {
  return slot > record.floor && !record.slots.get(slot)?.has(toHex(plotId))
}

export function noteSigned(record: SignRecord, plotId: PlotId, slot: Slot, hash: Hash): void {
  const signed = record.slots.get(slot) ?? new Map<Hex, Hash>()
  record.slots.set(slot, signed.set(toHex(plotId), hash))
  while (record.slots.size > maxSlots) {
    const oldest = Math.min(...record.slots.keys())
    record.slots.delete(oldest)
    record.floor = Math.max(record.floor, oldest)
  }
}

/** Entries that may replace the journal. */
export function signedEntries(record: SignRecord): PhysicalJournalEntry[] {
  const entries: PhysicalJournalEntry[] = []
  if (record.floor >= 0) entries.push({ kind: 'floor', slot: record.floor })
  for (const [slot, signed] of [...record.slots].sort(([a], [b]) => a - b)) {
    for (const [key, hash] of signed) entries.push({ kind: 'signed', plotId: fromHex(key), slot, hash })
  }
  return entries
}
