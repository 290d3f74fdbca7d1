import { expect, test } from 'vitest'
import { parseScenario } from '../src/index.ts'
import { refusal } from './support.ts'

/** Of seven, three in N_Virginia. */
const seven = 'network: { regions: { N_Virginia: 3, Ireland: 2, Mumbai: 2 } }\n'

const verbs = 'partition, one-way, shape, flap, kill, stop, pause, wipe, coerce, seize-keys'
const keys =
  'name, description, lesson, runtimes, ledger, sweep, network, workload, timeline, checks, expect, duration'
const durations = 'a duration with its unit, such as 500ms, 20s or 2m'

const bad: readonly (readonly [what: string, text: string, line: string])[] = [
  [
    'an unknown key',
    'naem: x',
    `SCENARIO_INVALID test.yaml:1:1: naem: unknown key, did you mean "name"; valid: ${keys}`,
  ],
  [
    'a key like no other',
    'name: x\nzebra: 1',
    `SCENARIO_INVALID test.yaml:2:1: zebra: unknown key; valid: ${keys}`,
  ],
  [
    'broken YAML',
    'name: [x',
    'SCENARIO_SYNTAX test.yaml:1:9: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    'a key twice',
    'name: x\nname: y',
    'SCENARIO_SYNTAX test.yaml:2:1: not valid YAML: Map keys must be unique',
  ],
  [
    'a list',
    '- 1',
    'SCENARIO_INVALID test.yaml: [1] is not a scenario: a mapping with name, ledger, sweep, network, workload, timeline, checks, expect, duration',
  ],
  [
    'a bare number for a duration',
    'duration: 60',
    `SCENARIO_INVALID test.yaml:1:1: duration: 60 is not ${durations}`,
  ],
  [
    'an unknown unit',
    'duration: 60min',
    `SCENARIO_INVALID test.yaml:1:1: duration: "60min" is not ${durations}`,
  ],
  [
    'a duration of nothing',
    'timeline:\n  - { at: 5s, fault: kill, target: one, for: 0s }',
    `SCENARIO_INVALID test.yaml:2:41: timeline[0].for: "0s" is not ${durations}, of at least 1ms`,
  ],
  [
    'an unknown fault',
    'timeline:\n  - { at: 5s, fault: partiton, groups: [[v1], [rest]] }',
    `SCENARIO_INVALID test.yaml:2:15: timeline[0].fault: "partiton" is not a fault, did you mean "partition"; valid: ${verbs}`,
  ],
  [
    'no fault',
    'timeline:\n  - { at: 5s, target: v1 }',
    `SCENARIO_INVALID test.yaml:2:5: timeline[0]: the key fault is missing; valid: ${verbs}`,
  ],
  [
    'no time',
    'timeline:\n  - { fault: kill, target: v1 }',
    `SCENARIO_INVALID test.yaml:2:5: timeline[0].at: missing; it must be ${durations}`,
  ],
  [
    'an argument of another verb',
    'timeline:\n  - { at: 5s, fault: kill, target: v1, groups: [[v1]] }',
    'SCENARIO_INVALID test.yaml:2:40: timeline[0].groups: unknown key; valid: at, fault, for, every, times, target',
  ],
  [
    'several problems, the first of which is told',
    'timeline:\n  - { at: 5, fault: kill, target: v1 }\n  - { at: 5s, fault: kil, target: v1 }\nchecks: [agreemnt]',
    `SCENARIO_INVALID test.yaml:2:7: timeline[0].at: 5 is not ${durations} (and 2 more)`,
  ],
  [
    'an unknown check',
    'checks: [agreemnt]',
    'SCENARIO_INVALID test.yaml:1:10: checks[0]: "agreemnt" is not a check, did you mean "agreement"; valid: expect-broken, metric, agreement, no-false-blame, accountability, finality-gap, recovery, halts, caught-up, min-height, mixed-views, physical-growth, physical-agreement, physical-gap, physical-halts, reorg, refused, region-share, located, private-chain',
  ],
  [
    'a check without its argument',
    'checks: [recovery]',
    `SCENARIO_INVALID test.yaml:1:10: checks[0].recovery.within: missing; it must be ${durations}`,
  ],
  [
    'a check with a strange argument',
    'checks: [{ recovery: { within: 5s, after: all } }]',
    'SCENARIO_INVALID test.yaml:1:36: checks[0].recovery.after: "all" is not one of heal',
  ],
  [
    'a rate without its unit',
    'workload: { rate: 50 }',
    'SCENARIO_INVALID test.yaml:1:13: workload.rate: 50 is not a rate per second between 0/s and 10000/s, such as 50/s',
  ],
  [
    'no validators',
    'network: { validators: 0 }',
    'SCENARIO_INVALID test.yaml:1:12: network.validators: 0 is not a whole number from 1 to 100',
  ],
  [
    'an unknown key of a validator',
    'network:\n  validators:\n    - { wieght: 3 }',
    'SCENARIO_INVALID test.yaml:3:9: network.validators[0].wieght: unknown key, did you mean "weight"; valid: name, weight, region, cloud, jurisdiction, entity, twin',
  ],
  [
    'half a vote',
    'network: { validators: [{ weight: 0.5 }] }',
    'SCENARIO_INVALID test.yaml:1:27: network.validators[0].weight: 0.5 is not a whole number from 1 to 1000000000',
  ],
  [
    'regions that do not add up',
    'network: { validators: 7, regions: { Ireland: 3 } }',
    'SCENARIO_INVALID test.yaml:1:27: network.regions: the counts add up to 3, but validators is 7; make them equal or leave validators out',
  ],
  [
    'regions beside a list',
    'network: { validators: [{}], regions: { Ireland: 1 } }',
    'SCENARIO_INVALID test.yaml:1:30: network.regions: goes with a number of validators; in a list, state the region of each',
  ],
  [
    'a name twice',
    'network: { validators: [{}, { name: v1 }] }',
    'SCENARIO_INVALID test.yaml:1:31: network.validators[1].name: "v1" is taken by another node; names must differ',
  ],
  [
    'a name that is a word',
    'network: { validators: [{ name: rest }] }',
    'SCENARIO_INVALID test.yaml:1:27: network.validators[0].name: "rest" is a word of selectors; choose another name',
  ],
  [
    'a timeout shorter than the view',
    'network: { parameters: { timeoutBase: 50ms } }',
    'SCENARIO_INVALID test.yaml:1:26: network.parameters.timeoutBase: 50ms leaves no time after minViewTime 400ms; it must be longer',
  ],
  [
    'an unknown region',
    'network: { regions: { Irland: 3 } }',
    `SCENARIO_TARGET test.yaml:1:23: network.regions.Irland: "Irland" is not a region of the delay table, did you mean "Ireland"; valid: N_Virginia, Canada, N_California, London, Oregon, Ireland, Frankfurt, S_Paulo, Tokyo, Mumbai, Sydney, Seoul, Singapore`,
  ],
  [
    'a node that is not there',
    'timeline: [{ at: 5s, fault: kill, target: v9 }]',
    'SCENARIO_TARGET test.yaml:1:35: timeline[0].target: "v9" matches no node; nodes: v1, v2, v3, v4; words: one, minority, third, majority, cheapest, all, rest, leader; labels: region, cloud, jurisdiction, entity, role; stake: stake>=0.34; space: space>=0.4',
  ],
  [
    'a label value that nobody has',
    `${seven}timeline:\n  - { at: 5s, fault: kill, target: region=Irland }`,
    'SCENARIO_TARGET test.yaml:3:28: timeline[0].target: region=Irland matches no node, did you mean "Ireland"; each region here: N_Virginia, Ireland, Mumbai',
  ],
  [
    'a label that does not exist',
    'timeline: [{ at: 5s, fault: kill, target: regoin=Ireland }]',
    'SCENARIO_TARGET test.yaml:1:35: timeline[0].target: "regoin" is not a label, did you mean "region"; valid: region, cloud, jurisdiction, entity, role',
  ],
  [
    'a bound on the stake that is none',
    'timeline: [{ at: 5s, fault: kill, target: stake>=34 }]',
    'SCENARIO_TARGET test.yaml:1:35: timeline[0].target: "stake>=34" is not a bound on the stake; valid: stake>=0.34, stake>1/3, stake<30%, stake<=0.5, stake=34/100',
  ],
  [
    'a minority of three',
    'network: { validators: 3 }\ntimeline: [{ at: 5s, fault: kill, target: minority }]',
    'SCENARIO_TARGET test.yaml:2:35: timeline[0].target: minority: no set of the 3 free validators has stake < 1/3 of 3',
  ],
  [
    'groups that overlap',
    'timeline: [{ at: 5s, fault: partition, groups: [[v1, v2], [v2, v3]] }]',
    'SCENARIO_TARGET test.yaml:1:59: timeline[0].groups[1]: v2 is in two groups; a node belongs to one group at most',
  ],
  [
    'a single group',
    'timeline: [{ at: 5s, fault: partition, groups: [[v1, v2]] }]',
    'SCENARIO_INVALID test.yaml:1:40: timeline[0].groups: [["v1","v2"]] is not a list of at least two groups, such as [[region=Ireland], [rest]]',
  ],
  [
    'a rest of nobody',
    'timeline: [{ at: 5s, fault: partition, groups: [[all], [rest]] }]',
    'SCENARIO_TARGET test.yaml:1:56: timeline[0].groups[1]: rest is empty: no node is left for it',
  ],
  [
    'a rest of nothing',
    'timeline: [{ at: 5s, fault: kill, target: rest }]',
    'SCENARIO_TARGET test.yaml:1:35: timeline[0].target: rest has a meaning only beside other groups',
  ],
  [
    'a partition of neither groups nor a shape',
    'timeline: [{ at: 5s, fault: partition }]',
    'SCENARIO_INVALID test.yaml:1:12: timeline[0]: a partition has either groups, such as [[region=Ireland], [rest]], or split, one of halves, minority-third, bridge, ring, regions',
  ],
  [
    'a ring of three',
    'network: { validators: 3 }\ntimeline: [{ at: 5s, fault: partition, split: ring }]',
    'SCENARIO_TARGET test.yaml:2:40: timeline[0].split: these 3 nodes cannot be split as ring',
  ],
  [
    'a leader among others',
    'timeline: [{ at: 5s, fault: kill, target: [leader, v1] }]',
    'SCENARIO_TARGET test.yaml:1:35: timeline[0].target: leader stands alone, because it is known only when the fault begins; beside it only [rest] is possible',
  ],
  [
    'a shape that sets nothing',
    'timeline: [{ at: 5s, fault: shape, from: v1, to: all }]',
    'SCENARIO_INVALID test.yaml:1:12: timeline[0]: shape sets nothing; give one of delay, jitter, loss, rate, duplicate, corrupt, reorder',
  ],
  [
    'killing who is dead',
    'timeline:\n  - { at: 2s, fault: kill, target: v1, for: 5s }\n  - { at: 4s, fault: pause, target: [v1, v2], for: 1s }',
    'SCENARIO_CONFLICT test.yaml:3:5: timeline[1]: 2-pause at 4s contradicts 1-kill: pause of v1, which 1-kill holds down from 2s to 7s; heal that first or choose other targets',
  ],
  [
    'killing a leader who may be dead',
    'timeline:\n  - { at: 2s, fault: kill, target: v1 }\n  - { at: 4s, fault: kill, target: leader, for: 1s }',
    'SCENARIO_CONFLICT test.yaml:3:5: timeline[1]: 2-kill at 4s contradicts 1-kill: kill of the leader, who may be v1, which 1-kill holds down from 2s to the end; heal that first or choose other targets',
  ],
  [
    'two partitions at once',
    'timeline:\n  - { at: 2s, fault: partition, groups: [[v1], [rest]], for: 5s }\n  - { at: 6s, fault: partition, groups: [[v2], [rest]], for: 5s }',
    'SCENARIO_CONFLICT test.yaml:3:5: timeline[1]: 2-partition at 6s contradicts 1-partition: it sets cut of the link v2 to v1, which 1-partition holds from 2s to 7s; heal that first or choose other targets',
  ],
  [
    'a fault after the end',
    'duration: 10s\ntimeline: [{ at: 10s, fault: kill, target: v1 }]',
    'SCENARIO_CONFLICT test.yaml:2:14: timeline[0].at: 1-kill begins at 10s, but the run ends at 10s; lengthen duration or begin earlier',
  ],
  [
    'a heal after the end',
    'duration: 10s\ntimeline: [{ at: 8s, fault: kill, target: v1, for: 3s }]',
    'SCENARIO_CONFLICT test.yaml:2:47: timeline[0].for: 1-kill heals at 11s, but the run ends at 10s; lengthen duration, or leave out for if it is not to heal',
  ],
  [
    'a repetition that overtakes itself',
    'timeline: [{ at: 8s, fault: kill, target: v1, for: 3s, every: 2s, times: 3 }]',
    'SCENARIO_CONFLICT test.yaml:1:56: timeline[0].every: for 3s is too long: each must be healed before the next begins, 2s later',
  ],
  [
    'a repetition without an end',
    'timeline: [{ at: 8s, fault: kill, target: v1, for: 1s, every: 2s }]',
    'SCENARIO_INVALID test.yaml:1:56: timeline[0].every: needs times, or the scenario a duration',
  ],
  [
    'times without an interval',
    'timeline: [{ at: 8s, fault: kill, target: v1, times: 2 }]',
    'SCENARIO_INVALID test.yaml:1:47: timeline[0].times: needs every, the interval of the repetition',
  ],
  [
    'a recovery from nothing',
    'checks: [{ recovery: { within: 5s } }]',
    'SCENARIO_CONFLICT test.yaml:1:12: checks[0].recovery: no fault of this scenario heals, so it would pass without having looked; leave it out',
  ],
  [
    'a halt that nothing causes',
    'timeline: [{ at: 5s, fault: kill, target: one }]\nchecks: [halts]',
    'SCENARIO_CONFLICT test.yaml:2:10: checks[0].halts: no fault of this scenario stops finality, so it would pass without having looked; leave it out',
  ],
  [
    'a conflict without anybody to cause it',
    'network: { validators: [{ twin: true }, {}, {}, {}] }\nchecks: [{ accountability: { expect: conflict } }]',
    'SCENARIO_CONFLICT test.yaml:2:12: checks[0].accountability: a conflict needs twins (or seized keys, or wiped nodes) with at least 2q - W = 2 of the stake 4; here they have 1',
  ],
  [
    'agreement and its opposite',
    'network: { validators: [{ twin: true }, { twin: true }, {}, {}] }\nchecks: [agreement, { accountability: { expect: conflict } }]',
    'SCENARIO_CONFLICT test.yaml:2:23: checks[1].accountability: a conflict cannot be expected where agreement is demanded; leave one out',
  ],
]

test.each(bad)('%s', (_, text, line) => {
  expect(refusal(text)).toBe(line)
})

test('what a runtime cannot do is refused with the property, the interpreter and a runtime that can', () => {
  const text = 'timeline:\n  - { at: 5s, fault: shape, from: all, to: all, loss: 10% }'
  expect(refusal(text, 'simulated')).toBe('accepted')
  expect(refusal(text, 'process')).toBe(
    'SCENARIO_UNSUPPORTED test.yaml:2:49: timeline[0].loss: shape needs lossRatio, which the relay interpreter of runtime process cannot do; runtime simulated can',
  )
})

test('a runtime in which the scenario makes no sense is refused', () => {
  expect(refusal('name: x\nruntimes: [simulated]', 'process')).toBe(
    'SCENARIO_UNSUPPORTED test.yaml:2:1: runtimes: scenario x makes no sense in runtime process; valid: simulated',
  )
})

test('every problem of a file is in the details, in the order of the file', () => {
  try {
    parseScenario('naem: x\nduration: 5\nchecks: [recovery]', 'x.yaml')
    expect.unreachable()
  } catch (error) {
    const { problems } = (error as { details: { problems: string[] } }).details
    expect(problems.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'x.yaml:1:1: naem:',
      'x.yaml:2:1: duration:',
      'x.yaml:3:10: checks[0].recovery.within:',
    ])
  }
})

test('aliases that explode are refused, not expanded', () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`,
  )
  expect(refusal(['k0: &k0 [x]', ...levels].join('\n'))).toMatch(
    /^SCENARIO_SYNTAX test.yaml: not valid YAML: [^\n]*alias[^\n]*$/,
  )
})
