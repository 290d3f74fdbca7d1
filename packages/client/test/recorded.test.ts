import { readFileSync } from 'node:fs'
import { parseGenesis, parsePhysicalGenesis } from '@groundwork/genesis'
import { blockHashOf, decodeBlock } from '@groundwork/physical-core'
import { fromHex, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Source } from '../src/index.ts'
import { follow } from './harness.ts'
import { type Recording, recordedNode } from './recording.ts'

const recording: Recording = JSON.parse(
  readFileSync(new URL('../../../test/vectors/recorded-network-v1.json', import.meta.url), 'utf8'),
)
const honest = recordedNode(recording)
const genesis = {
  stake: parseGenesis(recording.stakeGenesis),
  physical: parsePhysicalGenesis(recording.physicalGenesis),
}
const run = async (source: Source, forMs: number) => {
  const view = follow([source], { genesis, wallMs: () => 3_600_000 })
  await view.run(forMs, () => view.tip() === recording.blocks.length && view.final() === 6)
  view.client.stop()
  return view
}

describe('a recorded network', () => {
  it('is verified block by block', async () => {
    const view = await run(honest, 60_000)
    const hashes = recording.blocks.map((bytes) => toHex(blockHashOf(decodeBlock(fromHex(bytes)).foliage)))
    expect(view.hashes('physical')).toEqual(hashes)
    expect(view.hashes('stake').at(-1)).toBe(recording.stakeTip)
    expect(view.source('recorded')).toMatchObject({ state: 'asked', refusals: new Map() })
  })

  it('is not verified with another byte anywhere in blocks or slot proofs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, isSlots) => {
          const liar: Source = {
            name: 'recorded',
            async get(path, maxBytes) {
              const answer = await honest.get(path, maxBytes)
              // The second byte of a frame is its kind: 8 blocks, 9 slot proofs.
              if (answer === null || answer[1] !== (isSlots ? 9 : 8) || path.startsWith('/v1/stake'))
                return answer
              const other = answer.slice()
              other[2 + (at % (other.length - 2))]! ^= change
              return other
            },
          }
          const view = await run(liar, 30_000)
          const known = recording.blocks.length
          expect(view.tip()).toBeLessThan(known)
          expect(view.source('recorded').refusals.size).toBeGreaterThan(0)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('is another network under another genesis', async () => {
    const other = { ...genesis.physical, chain: 'other' }
    const view = follow([honest], { genesis: { ...genesis, physical: other }, wallMs: () => 3_600_000 })
    await view.run(60_000)
    expect(view.tip()).toBe(0)
    expect(view.source('recorded').state).toBe('dropped')
    view.client.stop()
  })
})
