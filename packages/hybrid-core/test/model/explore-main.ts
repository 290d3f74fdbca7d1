import { explore, smallest } from './explore.ts'

/** The larger explorations, as a command: node packages/hybrid-core/test/model/explore-main.ts [depth]. */
const depth = Number(process.argv[2] ?? 24)
const half = { ...smallest, theta: { num: 3, den: 5 } }
const none = { ...smallest, theta: { num: 0, den: 1 } }
const cases = [
  {
    name: '4 validators, theta 2/3',
    parameters: smallest,
    validators: [4, 4, 4, 4],
    farmers: [1, 1, 1],
    depth,
    extras: 0,
  },
  {
    name: '3 validators, unequal',
    parameters: smallest,
    validators: [8, 4, 2],
    farmers: [2, 2, 1],
    depth,
    extras: 1,
  },
  {
    name: '3 validators, two extras',
    parameters: smallest,
    validators: [4, 4, 4],
    farmers: [3, 2, 2],
    depth: depth - 4,
    extras: 2,
  },
  { name: 'theta 3/5', parameters: half, validators: [4, 4, 4], farmers: [2, 2, 1], depth, extras: 1 },
  { name: 'theta 0', parameters: none, validators: [4, 4, 4], farmers: [1, 1, 1], depth, extras: 0 },
]
for (const { name, ...small } of cases) {
  const start = performance.now()
  const found = explore(small)
  console.log(name, small.depth, found, `${Math.round(performance.now() - start)} ms`)
}
