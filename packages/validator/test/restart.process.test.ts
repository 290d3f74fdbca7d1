import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deriveRoot } from '@groundwork/hybrid-core'
import { toHex } from '@groundwork/primitives'
import { afterAll, expect, it } from 'vitest'
import { restart } from './restart.ts'
import { makeChain } from './restart-stores.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-restart-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const blocks = 70
const chain = makeChain(8)
const finals = join(dir, 'finals')
const rootOf = () => toHex(deriveRoot(chain.world.follower.state))

it('a node derives the whole chain once, then from its snapshot, or without signatures where that is lost', async () => {
  chain.grow(blocks)
  await chain.store(dir)
  const first = await restart(dir)
  expect(first).toMatchObject({ from: 0, height: blocks, root: rootOf() })
  // A signature a transfer, and the certificates.
  expect(first.checked).toBeGreaterThan(blocks * 7)

  const again = await restart(dir)
  expect(again).toMatchObject({ from: 64, height: blocks, root: rootOf(), checked: 0 })

  rmSync(join(dir, 'hybrid', 'snapshots'), { recursive: true })
  const bare = await restart(dir)
  expect(bare).toMatchObject({ from: 0, height: blocks, root: rootOf(), checked: 0 })
}, 120_000)

it('what it handed out before it was killed, and the chain does not hold, is a hazard of its next start', async () => {
  await chain.finals(finals)
  const { delivered } = await restart(dir, finals)
  expect(delivered.length).toBeGreaterThan(0)
  const { kappa, stallDeadlineBlocks } = chain.world.follower.context.parameters
  for (let i = 0; i < stallDeadlineBlocks + kappa; i++) chain.world.mine()
  await chain.store(dir)
  expect(await restart(dir)).toMatchObject({ hazards: ['fast-reverted'], delivered: [] })
}, 120_000)
