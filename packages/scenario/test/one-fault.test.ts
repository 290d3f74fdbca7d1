import { capabilitiesOf } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import { type FaultWords, faultKeys, parseScenario, planFault } from '../src/index.ts'
import { refusal } from './support.ts'

const { nodes } = parseScenario('network: { regions: { Ireland: 2, Mumbai: 2 } }', 'test.yaml').network
const field = { nodes, seed: 1, runtime: 'docker', capabilities: capabilitiesOf('netem') } as const
const plan = (verb: string, words: FaultWords['arguments']) => planFault({ verb, arguments: words }, field)
const refused = (verb: string, words: FaultWords['arguments']): string => {
  try {
    plan(verb, words)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code} ${message}`
  }
  return 'accepted'
}
const named = (...names: string[]) => ({ kind: 'nodes', nodes: names })

describe('a fault in words', () => {
  test('is what the same words mean in a scenario file', () => {
    expect(plan('partition', { groups: 'region=Mumbai,rest', for: '30s' })).toEqual({
      actions: [{ verb: 'partition', groups: [named('v3', 'v4'), named('v1', 'v2')], cut: 'blackhole' }],
      forMs: 30_000,
    })
    expect(plan('partition', { groups: 'v1+v3,rest' }).actions).toMatchObject([
      { groups: [named('v1', 'v3'), named('v2', 'v4')] },
    ])
    expect(plan('kill', { target: 'leader' })).toEqual({
      actions: [{ verb: 'kill', target: { kind: 'leader' } }],
      forMs: null,
    })
    expect(plan('pause', { target: 'v1,v3' }).actions).toEqual([{ verb: 'pause', target: named('v1', 'v3') }])
    const shape = plan('shape', { from: 'v1', to: 'rest', delay: '100ms', loss: '1%', corrupt: '0.02' })
    expect(shape.actions).toEqual([
      {
        verb: 'shape',
        from: named('v1'),
        to: named('v2', 'v3', 'v4'),
        set: { delayMs: 100, lossRatio: 0.01, corruptRatio: 0.02 },
      },
    ])
  })

  test('that means nothing is refused in one line', () => {
    const keys = 'for, target'
    expect(faultKeys('kill')).toEqual(['for', 'target'])
    const lines: Record<string, string> = {
      [refused('kil', { target: 'v1' })]:
        'SCENARIO_INVALID fault: fault: "kil" is not a fault, did you mean "kill"; valid: partition, one-way, shape, flap, kill, stop, pause, wipe',
      [refused('kill', {})]: 'SCENARIO_INVALID fault: target: missing; it must be a selector',
      [refused('kill', { target: 'v9' })]: 'SCENARIO_TARGET fault: target: "v9" matches no node',
      [refused('kill', {
        target: 'v1',
        at: '5s',
      })]: `SCENARIO_INVALID fault: at: goes with a timeline, this begins at once; valid: ${keys}`,
      [refused('kill', { target: 'v1', fro: '5s' })]:
        'SCENARIO_INVALID fault: fro: unknown key, did you mean "for"',
      [refused('kill', { target: 'v1', for: '5' })]:
        'SCENARIO_INVALID fault: for: 5 is not a duration with its unit',
      [refused('shape', { from: 'v1', to: 'v2', loss: '{' })]:
        'SCENARIO_INVALID fault: loss: "{" is not a share',
      [refused('partition', { groups: 'v1,rest', cut: 'reset' })]:
        'SCENARIO_UNSUPPORTED fault: cut: partition needs cuts by reset, which the netem interpreter of runtime docker cannot do',
    }
    for (const [line, start] of Object.entries(lines)) expect(line.slice(0, start.length)).toBe(start)
  })
})

test('a scenario that cuts by reset is refused where the network can only drop', () => {
  const text = 'timeline: [{ at: 1s, fault: flap, groups: [[v1], [rest]], period: 1s, cut: reset, for: 5s }]'
  expect(refusal(text)).toBe('accepted')
  expect(refusal(text, 'docker', capabilitiesOf('netem'))).toBe(
    'SCENARIO_UNSUPPORTED test.yaml:1:71: timeline[0].cut: flap needs cuts by reset, which the netem interpreter of runtime docker cannot do; runtime simulated can',
  )
})
