import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournalFile } from '@groundwork/host'
import type { FollowerJournalEntry } from '@groundwork/hybrid-host'
import { afterAll, expect, it } from 'vitest'
import { followerEntries } from '../src/hybrid/journal.ts'
import { openSnapshots } from '../src/hybrid/snapshots.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-hybrid-disk-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

it('votes and deliveries are in the journal of the next start', async () => {
  const entries: FollowerJournalEntry[] = [
    {
      kind: 'recorded-vote',
      vote: {
        epochId: bytes(32, 1),
        validator: bytes(32, 2),
        source: { window: -1, hash: bytes(32, 0) },
        target: { window: 3, hash: bytes(32, 4), stateRoot: bytes(32, 5) },
        signature: bytes(64, 6),
      },
    },
    {
      kind: 'space-vote',
      vote: {
        plotId: bytes(32, 7),
        farmer: bytes(32, 8),
        window: 4,
        targetHash: bytes(32, 9),
        attempt: 2,
        proof: bytes(128, 10),
        signature: bytes(64, 11),
      },
    },
    {
      kind: 'delivered',
      blocks: [
        {
          epoch: 1,
          epochId: bytes(32, 12),
          height: 13,
          hash: bytes(32, 14),
          anchor: { height: 15, hash: bytes(32, 16) },
        },
      ],
    },
    { kind: 'taken-back', hashes: [bytes(32, 17)] },
  ]
  const init = { dir: join(dir, 'votes'), key: bytes(32, 1), codec: followerEntries }
  const first = openJournalFile(init)
  expect(first.entries).toEqual([])
  await first.journal.append(entries)
  await first.journal.close()
  const second = openJournalFile(init)
  expect(second.entries).toEqual(entries)
  expect(second.entries.map(followerEntries.signedAt)).toEqual([3, 4, null, null])
  await second.journal.close()
})

it('the newest snapshot of the best chain is taken, and old ones give way', () => {
  const home = join(dir, 'snapshots')
  const snapshots = openSnapshots(home)
  const onBest = (height: number) => bytes(32, height % 200)
  expect(snapshots.newest(onBest)).toBeNull()
  for (let height = 1; height <= 64; height++) snapshots.write(height, onBest(height), bytes(1, height))
  snapshots.write(65, bytes(32, 255), bytes(1, 255))
  const again = openSnapshots(home)
  expect(again.newest(onBest)?.[0]).toBe(64)
  expect(again.newest((height) => (height > 40 ? bytes(32, 254) : onBest(height)))![0]).toBeLessThanOrEqual(
    40,
  )
  expect(again.newest(() => null)).toBeNull()
  expect(readdirSync(home).length).toBeLessThan(16)
})
