import { expect, it } from 'vitest'
import { createSources, type SourceEvent, strikes } from '../src/sources.ts'

function sourcesAt(nowMs: () => number) {
  const events: SourceEvent[] = []
  const source = { name: 'n1', get: async () => null }
  const clock = { now: nowMs, schedule: () => {} }
  const sources = createSources({ sources: [source], clock, onEvent: (event) => void events.push(event) })
  return { sources, dropped: () => events.some(({ kind }) => kind === 'dropped') }
}

it('drops a source at once for what no honest node sends', () => {
  const { sources, dropped } = sourcesAt(() => 0)
  sources.blame('n1', 'block-signature')
  expect(dropped()).toBe(true)
  expect(sources.names).toEqual([])
})

it('drops it for accidents only if they come close together', () => {
  let nowMs = 0
  const { sources, dropped } = sourcesAt(() => nowMs)
  for (let i = 0; i < 10 * strikes; i++) {
    sources.blame('n1', 'sync-claim-false')
    nowMs += 40_000
  }
  expect(dropped()).toBe(false)
  for (let i = 0; i < strikes; i++) sources.blame('n1', 'sync-claim-false')
  expect(dropped()).toBe(true)
})

it('holds nothing against a source in another epoch', () => {
  const { sources, dropped } = sourcesAt(() => 0)
  for (let i = 0; i < 10 * strikes; i++) sources.blame('n1', 'status-epoch')
  expect(dropped()).toBe(false)
  expect(sources.reports()[0]?.refusals.get('status-epoch')).toBe(10 * strikes)
})
