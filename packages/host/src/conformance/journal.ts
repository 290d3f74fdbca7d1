import { deepStrictEqual } from 'node:assert/strict'
import type { JournalEntry } from '@groundwork/stake-core'
import type { Journal } from '../ports.ts'
import type { ConformanceCase } from './case.ts'
import { someCertificate, someProposal, someVote } from './fixtures.ts'

/** One journal's storage across restarts. */
export interface JournalBench {
  /** Opens the journal as a start of the node does, with the entries it finds. */
  open(): Promise<{ readonly journal: Journal; readonly entries: readonly JournalEntry[] }>
  /** What a crash leaves behind: the process is gone, what was durable stays. */
  crash(journal: Journal): Promise<void>
}

/** One entry of every kind. */
export function entriesOfEveryKind(view = 1): JournalEntry[] {
  const proposal = someProposal(view)
  return [
    { kind: 'block', proposal },
    { kind: 'voted', vote: someVote(view) },
    { kind: 'voted', vote: someVote(view, 'skip') },
    { kind: 'proposed', proposal },
    { kind: 'certificate', certificate: someCertificate(view, 'notar', proposal.block.header.parentHash) },
    { kind: 'witnessed', vote: someVote(view, 'final') },
    {
      kind: 'finalized',
      certificate: someCertificate(view, 'final', proposal.block.header.parentHash),
      height: view,
    },
  ]
}

export function journalConformance(createBench: () => Promise<JournalBench>): readonly ConformanceCase[] {
  const restart = async (bench: JournalBench, use: (journal: Journal) => Promise<void>) => {
    const { journal } = await bench.open()
    await use(journal)
    await journal.close()
    const again = await bench.open()
    await again.journal.close()
    return again.entries
  }
  return [
    {
      name: 'is empty at first',
      async run() {
        const { journal, entries } = await (await createBench()).open()
        deepStrictEqual(entries, [])
        await journal.close()
      },
    },
    {
      name: 'gives back entries of every kind in order',
      async run() {
        const added = [...entriesOfEveryKind(1), ...entriesOfEveryKind(2)]
        const found = await restart(await createBench(), async (journal) => {
          for (const entry of added) await journal.append([entry])
        })
        deepStrictEqual(found, added)
      },
    },
    {
      name: 'keeps the order of appends that do not wait for each other',
      async run() {
        const added = Array.from({ length: 50 }, (_, i) => entriesOfEveryKind(i + 1)).flat()
        const found = await restart(await createBench(), async (journal) => {
          await Promise.all(added.map((entry) => journal.append([entry])))
        })
        deepStrictEqual(found, added)
      },
    },
    {
      name: 'keeps what was appended when the process is killed',
      async run() {
        const bench = await createBench()
        const { journal } = await bench.open()
        await journal.append(entriesOfEveryKind())
        await bench.crash(journal)
        const again = await bench.open()
        deepStrictEqual(again.entries, entriesOfEveryKind())
        await again.journal.close()
      },
    },
    {
      name: 'is replaced by a compaction and grows on behind it',
      async run() {
        const bench = await createBench()
        const found = await restart(bench, async (journal) => {
          await journal.append(entriesOfEveryKind(1))
          await journal.compact(entriesOfEveryKind(2))
          await journal.append(entriesOfEveryKind(3))
        })
        deepStrictEqual(found, [...entriesOfEveryKind(2), ...entriesOfEveryKind(3)])
      },
    },
    {
      name: 'does not mix appends with a compaction that runs beside them',
      async run() {
        const bench = await createBench()
        const found = await restart(bench, async (journal) => {
          await Promise.all([
            journal.append(entriesOfEveryKind(1)),
            journal.compact(entriesOfEveryKind(2)),
            journal.append(entriesOfEveryKind(3)),
          ])
        })
        deepStrictEqual(found, [...entriesOfEveryKind(2), ...entriesOfEveryKind(3)])
      },
    },
    {
      name: 'may be compacted to nothing',
      async run() {
        const found = await restart(await createBench(), async (journal) => {
          await journal.append(entriesOfEveryKind(1))
          await journal.compact([])
        })
        deepStrictEqual(found, [])
      },
    },
  ]
}
