import { analyze } from '@groundwork/trace'
import { expect, test } from 'vitest'
import { checkpoint, hybridLog, physicalHash, stakeBlock, windowClosed } from '../../trace/test/hybrid-log.ts'
import { renderReport } from '../src/report/index.ts'

const facts = {
  machine: { cores: 2 },
  real: 'the rules',
  emulated: 'everything else',
  startedAt: '2025-01-02T03:04:05.678Z',
  endedAt: null,
}

test('the report of a hybrid run shows modes, windows, hazards and forced inclusion', () => {
  const { plan, records } = hybridLog({
    events: {
      10: [{ kind: 'forced-posted', transaction: 'aa' }, checkpoint(20, 20)],
      16: [{ kind: 'forced-executed', transaction: 'aa', posted: 10, code: null, by: 'checkpoint' }],
      30: [{ kind: 'recorded-began', needed: 2, firstWindow: 3 }],
      40: [windowClosed(3)],
      45: [{ kind: 'fast-resumed', validators: [] }],
    },
    recorded: [30, 44],
    more: [
      [
        'f1',
        20_000,
        {
          kind: 'hazard',
          hazard: 'fast-reverted',
          reason: 'recorded',
          tip: physicalHash(30),
          height: 30,
          fork: 29,
          lost: [stakeBlock(21)],
          instead: [],
        },
      ],
    ],
  })
  const page = renderReport({ plan, analysis: analyze(plan, records), facts })
  expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  expect(page).toContain('<h2>Both chains together</h2>')
  expect(page).toContain('executed 6 physical blocks after it was posted; the bound D is 28')
  expect(page).toContain('RECORDED began 1 time and ended 1 time')
  expect(page).toContain('RECORDED from physical height 30')
  expect(page).toContain('Windows of RECORDED')
  expect(page).toContain('Finality hazards')
  expect(page).toContain('forced-inclusion</code> <span class="soft">I6</span>')
})
