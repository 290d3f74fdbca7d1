import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { prng } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import { openLevelStore } from '../src/index.ts'
import { expectAt } from './expect-at.ts'
import { history } from './history.ts'

const rounds = 6
const blocksPerRound = 60
const child = fileURLToPath(new URL('./append-child.ts', import.meta.url))

/** Runs the child until it has reported `reports` heights, then kills it without warning. Gives the last one reported. */
async function appendUntilKilled(dir: string, reports: number): Promise<number> {
  const args = [child, dir, `${rounds * blocksPerRound}`, `${blocksPerRound}`]
  const running = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => running.once('exit', (_, signal) => resolve(signal)))
  let last = 0
  let left = reports
  for await (const line of createInterface({ input: running.stdout })) {
    last = Number(line)
    // Reports keep coming until the kill arrives, somewhere within a later append.
    if (--left === 0) running.kill('SIGKILL')
  }
  expect(await exited).toBe('SIGKILL')
  return last
}

test('killed in the middle of appends: head, ledger and blocks agree, and nothing reported is lost', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'groundwork-store-'))
  const expected = history(rounds * blocksPerRound)
  const random = prng('store-level crash')
  try {
    for (let round = 0; round < rounds; round++) {
      const reported = await appendUntilKilled(dir, random.between(1, 30))
      const store = await openLevelStore({ dir, genesisLedger: expected.ledgers[0]! })
      const height = (await store.head())?.height ?? 0
      // The append that was under way may have made it, without its report.
      expect([reported, reported + 1]).toContain(height)
      await expectAt(store, expected, height)
      await store.close()
    }
  } finally {
    await rm(dir, { recursive: true })
  }
})
