import { describe, expect, test } from 'vitest'
import { type LedgerName, parseScenario, planScenario } from '../../packages/scenario/src/index.ts'
import { capabilitiesOf } from '../../packages/wan/src/index.ts'
import { judged, libraryText, regions } from './plans.ts'

/** The library's scenarios of both chains, one seed each, of sweeps a few points; `groundwork run` does all of them. */

function pointOf(name: string, label: string | null, ledger: LedgerName, seed = 1) {
  const text = libraryText(name)
  const { sweep } = parseScenario(text, name)
  const point = sweep?.points.findIndex((one) => one.label === label)
  const capabilities = capabilitiesOf('simulated')
  const options = { runtime: 'simulated', seed, capabilities, regions, ledger } as const
  return judged(planScenario(parseScenario(text, name, point), options))
}

describe.each(['stake', 'hybrid'] as const)('on ledger %s', (ledger) => {
  test.each([
    ['censorship-sweep', '0.34'],
    ['censorship-sweep', '1'],
    ['value-at-loss', '34'],
  ])('%s at %s is as expected', (name, label) => {
    const { problems, verdict, reasons } = pointOf(name, label, ledger)
    expect({ problems, verdict, reasons }).toEqual({ problems: [], verdict: 'pass', reasons: [] })
  })
})

test('hybrid-baseline passes on both ledgers, and votes wait for nothing', () => {
  const runs = (['stake', 'hybrid'] as const).map((ledger) => pointOf('hybrid-baseline', null, ledger))
  expect(runs.map(({ verdict, reasons }) => ({ verdict, reasons }))).toEqual(
    runs.map(() => ({ verdict: 'pass', reasons: [] })),
  )
  expect(new Set(runs.map(({ metrics }) => metrics.finalityP50Ms)).size).toBe(1)
})

/** They hear the votes of before at once: what those make final is too late to be handed out (R5a). */
test('validators that were frozen hand out nothing that RECORDED has passed over', () => {
  const { metrics, verdict, reasons } = pointOf('halt-without-51', '0.4', 'hybrid')
  expect({ verdict, reasons }).toEqual({ verdict: 'pass', reasons: [] })
  expect(metrics).toMatchObject({ recordedEntries: 1, revertedFastBlocks: 0 })
})
