import { describe, expect, test } from 'vitest'
import {
  checkHybridParameters,
  checkSurroundings,
  genesisMode,
  hybridProfiles,
  type ModeInput,
  type ModeState,
  recordedVoteBytes,
  spaceVoteBytes,
  stepMode,
} from '../src/index.ts'
import { eventsOf } from './model/measure.ts'
import { createModel, type Model } from './model/network.ts'

const { ci, demo } = hybridProfiles
const tip = (model: Model) => model.sides[0]!.tip

/** A single chain, driven block by block. */
function machine(parameters = ci, weights: Record<string, number> = { a: 10, b: 10, c: 10 }) {
  let state: ModeState = genesisMode()
  let set = new Map(Object.entries(weights))
  const plots = new Map([['f', 1n]])
  const run = (inputs: readonly ModeInput[] = []) => {
    const facts = () => ({ validators: set, snapshot: { plots, total: 1n }, deposits: [] })
    const after = stepMode(parameters, state, `b${state.height + 1}`, inputs, facts)
    state = after.state
    const exit = after.events.find((event) => event.kind === 'exit')
    if (exit !== undefined) set = new Map(exit.validators)
    return after.events
  }
  /** All votes of these in the first block that counts them, until the window is closed. */
  const window = (validators: readonly string[], inputs: readonly ModeInput[] = []) => {
    const found = []
    for (let i = 0; i < 3 * parameters.windowBlocks; i++) {
      const open = state.recorded?.open
      const isDue = open != null && state.height === open.window * parameters.windowBlocks + parameters.kappa
      const votes: ModeInput[] = []
      if (isDue) {
        const { source, ...target } = open
        for (const validator of validators) votes.push({ kind: 'recorded-vote', validator, target, source })
        votes.push({ kind: 'space-vote', plot: 'f', target })
      }
      const events = run([...(i === 0 ? inputs : []), ...votes])
      found.push(...events)
      if (events.some(({ kind }) => kind === 'window-closed')) break
    }
    return found
  }
  return { run, window, state: () => state, set: () => set }
}
const untilRecorded = (m: ReturnType<typeof machine>) => {
  for (let i = 0; i < 1000 && m.state().recorded === null; i++) m.run()
}

describe('the deadline', () => {
  test('a checkpoint in the very block of the deadline is in time: items come before the trigger', () => {
    const m = machine()
    for (let i = 1; i < ci.stallDeadlineBlocks; i++) m.run()
    expect(m.run([{ kind: 'checkpoint', anchor: ci.stallDeadlineBlocks - 5 }])).toMatchObject([
      { kind: 'refreshed' },
    ])
    expect(m.state().recorded).toBeNull()
  })
  test('one block later it is late, and of an epoch that takes none any more', () => {
    const m = machine()
    for (let i = 1; i <= ci.stallDeadlineBlocks; i++) m.run()
    expect(m.state().recorded?.trigger).toBe(ci.stallDeadlineBlocks)
    m.run([{ kind: 'checkpoint', anchor: ci.stallDeadlineBlocks }])
    expect(m.state().lastCheckpoint).toBe(0)
  })
})

test('back-off: 2, 4, 8, 16, 32 windows under repeated stalls, and back after long good times', () => {
  const m = machine()
  const needed: number[] = []
  for (let round = 0; round < 7; round++) {
    untilRecorded(m)
    needed.push(m.state().recorded!.needed)
    while (m.state().recorded !== null) m.window(['a', 'b', 'c'])
  }
  expect(needed).toEqual([2, 4, 8, 16, 32, 32, 32])
  const good = ci.backoffDecayDeadlines * ci.stallDeadlineBlocks
  for (let i = 0; i < 2 * good; i++) m.run([{ kind: 'checkpoint', anchor: m.state().height }])
  expect(m.state().backoff).toBe(ci.backoffMax - 2)
})

test('a set that was slashed to nothing is refilled by deposits', () => {
  const m = machine()
  untilRecorded(m)
  m.run([...['a', 'b', 'c'].map((validator): ModeInput => ({ kind: 'slash', validator }))])
  m.run([{ kind: 'deposit', validator: 'new', amount: 5 }])
  for (let i = 0; i < 40 && m.state().recorded !== null; i++) m.window(['new'])
  expect(m.state().recorded).toBeNull()
  expect([...m.set().keys()]).toEqual(['new'])
})

test('deposits wait, join by an eighth of the weight at most, in part if need be, and only where there is space', () => {
  const m = machine(ci, { a: 400, b: 400 })
  untilRecorded(m)
  m.run([{ kind: 'deposit', validator: 'new', amount: 150 }])
  const joined: number[] = []
  for (let i = 0; i < ci.depositWindows + 3; i++) {
    // Half of the weight votes never: it leaks, and a third of the windows would be justified too early.
    const events = m.window(i % 2 === 0 ? ['a', 'b'] : ['a'])
    for (const event of events)
      if (event.kind === 'window-closed')
        joined.push(event.activated.reduce((sum, { amount }) => sum + amount, 0))
    if (m.state().recorded === null) break
  }
  expect(joined.slice(0, ci.depositWindows - 1).every((amount) => amount === 0)).toBe(true)
  expect(joined.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(150)
  for (const amount of joined) expect(amount).toBeLessThanOrEqual(100)
})

describe('a physical reorganisation below two justified windows (counter-example)', () => {
  const deep = (surroundWindows: number, faithlessWeight: number) => {
    const model = createModel({
      seed: 1,
      parameters: { ...demo, surroundWindows },
      validators: [
        ...Array.from({ length: 9 }, () => ({ weight: 1000 })),
        { weight: faithlessWeight, faithless: true, gone: faithlessWeight === 0 },
      ].filter(({ weight }) => weight > 0),
      farmers: Array.from({ length: 10 }, () => ({ space: 10 })),
    })
    model.run(60)
    model.stalled = true
    for (let i = 0; i < 400 && tip(model).mode.recorded === null; i++) model.run(1)
    model.stalled = false
    // The second window's votes are in, its closing is not.
    for (let i = 0; i < 400; i++) {
      const { recorded } = tip(model).mode
      if (recorded?.streak === 1 && recorded.present.size >= 9) break
      model.run(1)
    }
    model.reorg(2 * demo.windowBlocks)
    expect(tip(model).mode.recorded?.justified.window).toBe(-1)
    const start = model.slot
    while (model.slot < start + 2500 && tip(model).mode.recorded !== null) model.run(1)
    const set = tip(model).set
    const share = (set.get('v9') ?? 0) / [...set.values()].reduce((a, b) => a + b, 0)
    return { exits: eventsOf(tip(model), 'exit').length, share, slots: model.slot - start }
  }

  test('were R2 without end, everybody honest would be barred for ever, with nobody gone', () => {
    expect(deep(2 ** 32, 0)).toMatchObject({ exits: 0 })
  })
  test('or a hundredth of the stake would inherit the chain', () => {
    const found = deep(2 ** 32, 90)
    expect(found.exits).toBe(1)
    expect(found.share).toBeGreaterThan(2 / 3)
  })
  test('with an end after two windows they come back, and keep the chain', () => {
    expect(deep(demo.surroundWindows, 0)).toMatchObject({ exits: 1 })
    const found = deep(demo.surroundWindows, 90)
    expect(found.exits).toBe(1)
    expect(found.share).toBeLessThan(1 / 3)
  })
})

describe('parameters', () => {
  test.each(Object.entries(hybridProfiles))('%s holds its own relations', (_, parameters) => {
    expect(() => checkHybridParameters(parameters)).not.toThrow()
  })
  test('no space quorum at all is an ablation', () => {
    expect(() => checkHybridParameters({ ...ci, theta: { num: 0, den: 1 } })).not.toThrow()
  })
  test.each([
    [{ maxAnchorAgeBlocks: 9 }, 'maxAnchorAgeBlocks - stopMarginBlocks >= kappa + 4'],
    [{ stallDeadlineBlocks: 16 }, 'stallDeadlineBlocks >= 2 kappa + stopMarginBlocks + 8'],
    [{ windowBlocks: 12 }, 'windowBlocks = kappa + voteBlocks + 2'],
    [{ evidenceMaxAgeBlocks: 64 }, 'evidenceMaxAgeBlocks < unbondingBlocks'],
    [{ theta: { num: 1, den: 2 } }, '1/2 < theta <= 2/3'],
    [{ theta: { num: 3, den: 4 } }, '1/2 < theta <= 2/3'],
    [{ voteBlocks: 5 }, 'voteBlocks: expected an integer from 6'],
    [{ kappa: 2.5 }, 'kappa: expected an integer'],
    [{ leak: { num: 2, den: 2 } }, 'leak is a fraction below 1'],
  ])('%o is refused in one line', (change, line) => {
    expect(() => checkHybridParameters({ ...ci, ...change })).toThrow(line)
    try {
      checkHybridParameters({ ...ci, ...change })
    } catch (error) {
      expect((error as Error).message).not.toContain('\n')
    }
  })
  const around = {
    minViewTimeMs: 400,
    timeoutBaseMs: 1200,
    delayBoundMs: 150,
    executionMs: 50,
    physicalKappa: 6,
    checkpointLaneBytes: 65_536,
    votesLaneBytes: 24_576,
    plots: 200,
    validators: 20,
    spaceVoteBytes: spaceVoteBytes(16),
    recordedVoteBytes,
  }
  test.each([
    [{ timeoutBaseMs: 800 }, 'timeoutBaseMs >= minViewTimeMs'],
    [{ physicalKappa: 3 }, 'one kappa'],
    [{ checkpointLaneBytes: 1024 }, "the physical chain's"],
    // With as many plots as the physical chain takes, two thirds of the space could never vote in one window.
    [{ plots: 4096 }, 'fit half the blocks of a window'],
  ])('surroundings %o are refused', (change, line) => {
    expect(() => checkSurroundings(demo, around)).not.toThrow()
    expect(() => checkSurroundings(demo, { ...around, ...change })).toThrow(line)
  })
})
