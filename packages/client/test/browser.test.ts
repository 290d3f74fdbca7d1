import { readFileSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { browserBundle } from './browser/bundle.ts'
import type { followOnPage } from './browser/entry.ts'
import { virtualClock } from './clock.ts'
import { type Recording, recordedNode } from './recording.ts'

const recording: Recording = JSON.parse(
  readFileSync(new URL('../../../test/vectors/recorded-network-v1.json', import.meta.url), 'utf8'),
)

describe('the bundle for browsers', () => {
  it('reaches nothing of Node', async () => {
    const code = await browserBundle()
    expect(code.length).toBeGreaterThan(50_000)
    expect(code).not.toMatch(/\brequire\(|\bprocess\.(env|versions)|from"node:/)
  })

  it('is refused as soon as it does', async () => {
    await expect(
      browserBundle(new URL('../../host/src/node-signatures.ts', import.meta.url)),
    ).rejects.toThrow('node-signatures.ts imports node:crypto')
  })

  it('verifies a recorded network with nothing but the language: real proofs of space and elapsed time', async () => {
    // No global but those of ECMAScript: no process, no Buffer, no timers, no fetch, no crypto.
    const context = createContext({})
    expect(runInContext('typeof process + typeof Buffer + typeof setTimeout', context)).toBe(
      'undefined'.repeat(3),
    )
    runInContext(await browserBundle(), context)
    const time = virtualClock()
    const follow: typeof followOnPage = runInContext('groundwork.followOnPage', context)
    let said: readonly string[] | null = null
    const done = follow({
      ...recording,
      sources: [recordedNode(recording)],
      schedule: time.clock.schedule,
      nowMs: time.clock.now,
      wallMs: () => 3_600_000 + time.clock.now(),
      until: { physical: recording.physicalTip, stake: recording.stakeTip },
    }).then((lines) => {
      said = lines
    })
    await time.run(60_000, () => said !== null)
    await done
    expect(said).toHaveLength(recording.blocks.length + 6)
    expect(said).not.toContainEqual(expect.stringContaining('refused'))
  })
})
