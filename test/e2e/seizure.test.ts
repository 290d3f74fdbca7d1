import { afterEach, beforeEach, expect, it } from 'vitest'
import { allGone, refuted, type Workspace, whole, workspace } from './groundwork.ts'
import { seizure } from './seizure.ts'

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

/** Four validators and three farmers, a relay, a reaper. */
const familySize = 9

it('seized keys finalize another history between processes, and burn what is behind them', async () => {
  const run = place.start(seizure, '--runtime', 'process', '--seed', '5', '--json')
  const family = await whole(run, familySize)
  await run.ended
  await allGone(family)
  expect(refuted(run)).toEqual([])
})
