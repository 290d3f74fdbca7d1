import type { Plan } from '@groundwork/scenario'
import type { TraceFact, TraceRecord } from '@groundwork/trace'
import { createColors } from 'picocolors'
import { describe, expect, it } from 'vitest'
import { renderFrame } from '../src/cli/frame.ts'
import { observer } from '../src/observer.ts'

const plan = {
  nodes: [
    ['v1', 'Ireland'],
    ['v2', 'Ireland'],
    ['v3', 'Mumbai'],
  ].map(([name, region], validator) => ({ name, validator, weight: 1, labels: { region } })),
  timeline: [{ id: '1-partition', atMs: 10_000, forMs: 10_000, action: { verb: 'partition' } }],
  durationMs: 40_000,
} as unknown as Plan

function see(...facts: readonly (readonly [atMs: number, node: string, fact: object])[]) {
  const seen = observer(plan)
  for (const [monoMs, node, fact] of facts) {
    seen.see({ v: 1, node, monoMs, wallMs: monoMs, ...(fact as TraceFact) } as TraceRecord)
  }
  return seen
}

const started = { kind: 'node-started' }
const final = (height: number, transactions: readonly string[] = []) => ({
  kind: 'finalized',
  height,
  transactions,
})
const frame = (seen: ReturnType<typeof observer>, columns = 100) =>
  renderFrame(plan, seen, columns, createColors(false))

describe('the live picture', () => {
  it('shows a network that starts', () => {
    const text = frame(see([0, 'v1', started]))
    expect(text).toMatch(/Ireland +v1 +0·0 +v2 +starting +nothing final yet/)
    expect(text).toContain('waiting for connections')
  })

  it('shows heights, views, lag per region, the fault in force and where in the run we are', () => {
    const seen = see(
      ...['v1', 'v2', 'v3'].map((node) => [0, node, started] as const),
      [0, 'controller', { kind: 'network-ready' }],
      [100, 'controller', { kind: 'submitted' }],
      [9000, 'v1', final(7, ['a'])],
      [9000, 'v1', { kind: 'view-entered', view: 9, leader: 2 }],
      [13_000, 'v3', final(8)],
      [
        10_000,
        'controller',
        { kind: 'fault-began', fault: '1-partition', verb: 'partition', nodes: ['v3'], detail: 'v3 | v1 v2' },
      ],
      [13_500, 'controller', { kind: 'node-exited', target: 'v2' }],
    )
    const text = frame(seen)
    expect(text).toMatch(/Ireland +v1 +7·9 +v2 +down +final 4\.5 s ago/)
    expect(text).toMatch(/Mumbai +v3 +8·0 +final 0\.5 s ago/)
    expect(text).toContain('partition  v3 | v1 v2  3.5 s of 10.0 s')
    expect(text).toContain('height 8   transfers 1 final of 1 sent')
    expect(text).toContain('13.5 s of 40.0 s')
  })

  it('says that a node is paused while it is, and forgets a fault that healed', () => {
    const pause = { kind: 'fault-began', fault: 'p', verb: 'pause', nodes: ['v1'], detail: 'v1' }
    const during = see([0, 'v1', started], [1, 'controller', pause])
    expect(frame(during)).toMatch(/v1 +paused/)
    const after = see(
      [0, 'v1', started],
      [1, 'controller', pause],
      [2, 'controller', { kind: 'fault-healed', fault: 'p' }],
    )
    expect(frame(after)).not.toContain('paus')
    expect(frame(after)).toContain('no fault in force')
  })

  it('never wraps and never changes its height, however narrow the terminal is', () => {
    const calm = see([0, 'v1', started])
    const fault = {
      kind: 'fault-began',
      fault: 'x',
      verb: 'shape',
      nodes: [],
      detail: 'v1 v2 > v3: delayMs 300 '.repeat(9),
    }
    const stormy = see([0, 'v1', started], [1, 'controller', fault])
    for (const columns of [30, 60, 120]) {
      const lines = renderFrame(plan, stormy, columns, createColors(true)).split('\n')
      expect(lines).toHaveLength(frame(calm, columns).split('\n').length)
      const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
      for (const line of lines) expect(line.replace(escapes, '').length).toBeLessThan(columns)
    }
  })
})

describe('the observer', () => {
  it('names the leader of the newest view among running nodes', () => {
    const enter = (view: number, leader: number) => ({ kind: 'view-entered', view, leader })
    const seen = see([0, 'v1', started], [0, 'v2', started], [1, 'v1', enter(3, 2)], [2, 'v2', enter(4, 1)])
    expect(seen.leaders()).toEqual(['v2'])
    seen.see({
      v: 1,
      node: 'controller',
      monoMs: 3,
      wallMs: 3,
      kind: 'node-exited',
      target: 'v2',
      code: null,
      signal: 'SIGKILL',
      expected: true,
    })
    expect(seen.leaders()).toEqual(['v3'])
  })
})
