import { describe, expect, test } from 'vitest'
import { mergeTraces, parseTrace } from '../src/index.ts'
import { record, synthetic } from './synthetic.ts'

const up = record('v1', 10, { kind: 'peer-up', peer: 'v2' })
const line = JSON.stringify(up)

describe('parseTrace', () => {
  test('reads back every kind of record that a run writes', () => {
    const { records } = synthetic({ ratePerSecond: 5 })
    const parsed = parseTrace(records.map((r) => JSON.stringify(r)))
    expect(parsed).toEqual({ records, problems: [] })
  })

  test('a last line cut anywhere is counted, and nothing else is lost', () => {
    for (let cut = 1; cut < line.length; cut++) {
      const { records, problems } = parseTrace([line, line.slice(0, cut)])
      expect(records).toEqual([up])
      expect(problems.map(({ kind, line: at }) => [kind, at])).toEqual([['truncated', 2]])
    }
  })

  test('a restarted process may go on in the torn line of its predecessor', () => {
    for (let cut = 1; cut < line.length; cut++) {
      const { records, problems } = parseTrace([line.slice(0, cut) + line, line])
      expect(records).toEqual([up, up])
      expect(problems.map(({ kind }) => kind)).toEqual(['truncated'])
    }
  })

  test('empty lines are nothing; records of unknown kind or shape are malformed', () => {
    const lines = [
      '',
      line,
      '  ',
      JSON.stringify({ ...up, kind: 'party' }),
      JSON.stringify({ ...up, peer: 7 }),
      '[]',
    ]
    const { records, problems } = parseTrace(lines)
    expect(records).toEqual([up])
    expect(problems.map(({ kind, line: at }) => [kind, at])).toEqual([
      ['malformed', 4],
      ['malformed', 5],
      ['malformed', 6],
    ])
    expect(problems[1]!.detail).toContain('peer')
  })

  test('an unknown version is refused in one line that says where and what', () => {
    const read = () => parseTrace([line, JSON.stringify({ ...up, v: 2 })])
    expect(read).toThrow(/^line 2: event log version 2 is unknown, this program reads version 1$/)
  })
})

test('mergeTraces orders by time and keeps the order of equal times', () => {
  const at = (node: string, monoMs: number, peer: string) => record(node, monoMs, { kind: 'peer-up', peer })
  const one = [at('v1', 1, 'a'), at('v1', 5, 'b'), at('v1', 5, 'c')]
  const two = [at('v2', 0, 'd'), at('v2', 5, 'e')]
  const peers = mergeTraces([one, two]).map((r) => (r.kind === 'peer-up' ? r.peer : ''))
  expect(peers).toEqual(['d', 'a', 'b', 'c', 'e'])
})
