import { chainRules, genesisState, type PhysicalGenesis, physicalProfiles } from '@groundwork/physical-core'
import { toHex } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import {
  createDerivation,
  type DeriveRecord,
  decodeState,
  derive,
  deriveRoot,
  encodeState,
  frozenSpace,
  hybridProfiles,
  keysAround,
  leakStake,
  ledgersOf,
  proveState,
  spaceTimeCost,
  stateRootOf,
  supplyOf,
  valueAtLoss,
  verifyStateProof,
} from '../src/index.ts'
import { forced, type Harness, harness, party } from './harness.ts'

const { ci } = hybridProfiles
const of = <K extends DeriveRecord['kind']>(h: Harness, kind: K) =>
  h.records.filter((record): record is Extract<DeriveRecord, { kind: K }> => record.kind === kind)
/** A stake chain in good order: a checkpoint with every block. */
const proceed = (h: Harness, blocks: number) => {
  for (let i = 0; i < blocks; i++) h.mine(h.state.height > ci.kappa ? h.checkpoint() : [])
}
/** Through RECORDED, with these voting as soon as they may. */
const record = (h: Harness, validators = h.validators, farmers = h.farmers, most = 400) => {
  for (let i = 0; i < most && h.state.mode.recorded !== null; i++) {
    const { recorded, height } = h.state.mode
    const open = recorded?.open
    const isDue = open != null && height === open.window * ci.windowBlocks + ci.kappa
    h.mine(isDue ? [...validators.map((v) => h.recordedVote(v)), ...farmers.map((f) => h.spaceVote(f))] : [])
  }
}
const until = (holds: () => boolean, step: () => unknown, most = 200) => {
  for (let i = 0; i < most && !holds(); i++) step()
  expect(holds()).toBe(true)
}
const stall = (h: Harness) =>
  until(
    () => h.state.mode.recorded !== null,
    () => h.mine(),
  )

test('checkpoints are accepted, move the deadline, and execute bodies', () => {
  const h = harness({ parameters: ci })
  proceed(h, 5)
  h.mine(h.checkpoint({ bodies: [[h.transfer(0), h.transfer(1)], [h.transfer(2)]] }))
  expect(of(h, 'checkpoint-rejected')).toEqual([])
  expect(of(h, 'checkpoint-accepted').at(-1)).toMatchObject({ blocks: 2, refreshing: true, anchor: 2 })
  expect(h.state.execution.ledger.account(h.rich.publicKey).nonce).toBe(3)
  expect(h.state.mode.lastCheckpoint).toBe(6)
})

test('FI-1: forced transactions are executed in the order of the physical chain, before anything else', () => {
  const h = harness({ parameters: ci })
  const [first, second] = [h.transfer(0, { amount: 5n }), h.transfer(1)]
  h.mine([forced(first), forced(h.transfer(7)), forced(new Uint8Array(20))])
  h.mine([forced(second)])
  for (let i = 0; i < ci.kappa; i++) h.mine()
  // The provisional ledger has them at once.
  expect(ledgersOf(h.context, h.state).phys.ledger.account(h.rich.publicKey).nonce).toBe(2)
  expect(ledgersOf(h.context, h.state).anchored.ledger.account(h.rich.publicKey).nonce).toBe(0)
  h.mine(h.checkpoint({ bodies: [[h.transfer(2)]] }))
  expect(of(h, 'forced')).toMatchObject([
    { posted: 1, height: 6, code: null, by: 'checkpoint' },
    { posted: 1, code: 'NONCE_FUTURE' },
    { posted: 1, code: 'ENCODING' },
    { posted: 2, code: null },
  ])
  expect(ledgersOf(h.context, h.state).anchored.ledger.account(h.rich.publicKey).nonce).toBe(3)
})

test.each([
  ['forced-root', (header: never) => ({ ...(header as object), forcedRoot: new Uint8Array(32) })],
  ['state-root', (header: never) => ({ ...(header as object), stateRoot: new Uint8Array(32) })],
  ['credit-claim', (header: never) => ({ ...(header as object), credit: 1 })],
  ['anchor', (header: never) => ({ ...(header as object), anchor: { height: 2, hash: new Uint8Array(32) } })],
  ['body-root', (header: never) => ({ ...(header as object), transactionsRoot: new Uint8Array(32) })],
])('a certified block that breaks %s is not accepted, whoever signed', (reason, change) => {
  const h = harness({ parameters: ci })
  h.mine([forced(h.transfer(0))])
  proceed(h, 4)
  h.mine(h.checkpoint({ change: change as never, anchor: 2 }))
  expect(of(h, 'checkpoint-rejected').at(-1)?.reason).toBe(reason)
  expect(h.state.tip.height).toBe(of(h, 'checkpoint-accepted').length)
})

test('a checkpoint without a quorum, a stranger to the tip, or a second one for the same place is not accepted', () => {
  const h = harness({ parameters: ci })
  proceed(h, 4)
  h.mine(h.checkpoint({ signers: h.validators.slice(0, 2) }))
  const good = h.checkpoint()
  const other = h.checkpoint({ bodies: [[h.transfer(0)]] })
  h.mine(good)
  h.mine(other)
  h.mine(good)
  expect(of(h, 'checkpoint-rejected').map(({ reason }) => reason)).toEqual([
    'certificate-weight',
    'not-the-first',
    'not-the-first',
  ])
})

test('an old anchor is accepted but does not move the deadline: RECORDED begins at D_s and executes what was left out', () => {
  const h = harness({ parameters: ci })
  h.mine([forced(h.transfer(0))])
  while (h.state.height < 20) h.mine(h.checkpoint({ anchor: 0 }))
  const accepted = of(h, 'checkpoint-accepted')
  expect(accepted.filter(({ refreshing }) => refreshing).at(-1)!.height).toBe(ci.maxAnchorAgeBlocks)
  expect(accepted.at(-1)).toMatchObject({ height: 20, refreshing: false })
  stall(h)
  const [trigger] = of(h, 'mode').filter(({ event }) => event.kind === 'trigger')
  expect(trigger!.height).toBe(ci.maxAnchorAgeBlocks + ci.stallDeadlineBlocks)
  expect(of(h, 'forced')).toMatchObject([{ posted: 1, height: trigger!.height, by: 'recorded', code: null }])
})

test('a stalled chain is recorded, finalised and left in a new epoch that goes on', () => {
  const h = harness({ parameters: ci })
  proceed(h, 10)
  stall(h)
  record(h)
  const events = of(h, 'mode').map(({ event }) => event.kind)
  expect(events).toEqual(['trigger', 'window-closed', 'window-closed', 'finalised', 'exit'])
  expect(h.state.epoch.number).toBe(1)
  expect(toHex(h.state.epoch.id)).not.toBe(toHex(h.epochZero.id))
  for (let i = 0; i < ci.kappa; i++) h.mine()
  h.mine(h.checkpoint({ bodies: [[h.transfer(0)]] }))
  expect(of(h, 'checkpoint-rejected')).toEqual([])
  expect(h.state.execution.ledger.account(h.rich.publicKey).nonce).toBe(1)
})

test('a final segment that was held back comes too late after the trigger, and after the exit', () => {
  const h = harness({ parameters: ci })
  proceed(h, 10)
  const late = h.checkpoint({ bodies: [[h.transfer(0)]] })
  stall(h)
  h.mine(late)
  record(h)
  h.mine(late)
  expect(of(h, 'checkpoint-rejected').map(({ reason }) => reason)).toEqual(['recorded', 'epoch'])
  expect(h.state.execution.ledger.account(h.rich.publicKey).nonce).toBe(0)
})

test('an anchor on an orphaned branch is no anchor: the same segment counts on one fork only', () => {
  const a = harness({ parameters: ci })
  proceed(a, 6)
  const b = a.fork()
  b.mine([forced(b.transfer(0))])
  for (let i = 0; i <= ci.kappa; i++) a.mine()
  for (let i = 0; i <= ci.kappa; i++) b.mine()
  const segment = a.checkpoint({ anchor: 8 })
  a.mine(segment)
  b.mine(segment)
  expect(of(a, 'checkpoint-rejected')).toEqual([])
  expect(of(b, 'checkpoint-rejected').map(({ reason }) => reason)).toEqual(['anchor'])
})

test('an account is proven under a state root that covers stake as well', () => {
  const h = harness({ parameters: ci })
  const { execution } = h.state
  const root = stateRootOf(execution)
  for (const { publicKey } of [h.rich, party('stranger')]) {
    const shown = proveState(execution, publicKey)
    expect(verifyStateProof(root, publicKey, shown)).toBe(true)
    const richer = { ...shown, account: { balance: 2_000_000_000n, nonce: 0 } }
    expect(verifyStateProof(root, publicKey, richer)).toBe(false)
    expect(verifyStateProof(root, publicKey, { ...shown, stakeRoot: shown.ledgerRoot })).toBe(false)
  }
})

test('value at loss: more than a third with the least quorum, more than two thirds with everybody, less as stake goes', () => {
  const h = harness({ parameters: ci, weights: [10, 10, 10, 10, 10, 10, 10] })
  const { epoch, execution } = h.state
  const all = h.validators.map(({ key }) => key)
  expect(valueAtLoss(epoch, all, execution)).toBe(70 + 47 - 70)
  expect(valueAtLoss(epoch, all.slice(0, 5), execution)).toBe(50 + 47 - 70)
  const stake = leakStake(execution.stake, [{ validator: all[0]!, amount: 4 }])
  expect(valueAtLoss(epoch, all, { ...execution, stake })).toBe(66 + 47 - 70)
  expect(spaceTimeCost(6, 1000, 12n)).toBe(72_000n)
})

test('a physical chain hands its registry over as it is', () => {
  const farmer = party('farmer 0').publicKey
  const genesis: PhysicalGenesis = {
    chain: 'test',
    timeMs: 0,
    parameters: physicalProfiles.ci,
    regions: [{ name: 'here', maxRttUs: 1000, minRttUs: [0] }],
    landmarks: [],
    plots: [{ farmer, index: 0, k: 16, region: 0 }],
  }
  const rules = chainRules({ ...genesis, parameters: { ...genesis.parameters, regionCapMilli: 1000 } })
  const { epoch: space, hash } = genesisState(rules)
  const h = harness({ parameters: ci })
  const { ledger } = h.state.execution
  const { state } = createDerivation(
    { parameters: ci, epoch: h.epochZero, ledger, physicalGenesis: hash, space },
    () => true,
    () => true,
  )
  expect(frozenSpace(state).total).toBe(space.space)
})

test('half of the stake is gone: it leaks until the rest is a quorum, and not a coin is lost track of', () => {
  const h = harness({ parameters: ci, weights: [30, 30, 40] })
  const supply = supplyOf(h.state.execution)
  proceed(h, 10)
  stall(h)
  record(h, h.validators.slice(0, 2))
  expect(h.state.mode.recorded).toBeNull()
  expect(h.state.epoch.validators.total).toBe(30 + 30 + 20)
  expect(h.state.execution.stake.leaked).toBe(20)
  expect(supplyOf(h.state.execution)).toBe(supply)
  for (let i = 0; i < ci.kappa; i++) h.mine()
  h.mine(h.checkpoint({ signers: h.validators.slice(0, 2) }))
  expect(of(h, 'checkpoint-accepted').at(-1)).toMatchObject({ epoch: 1, refreshing: true })
})

test('all stake is gone: a deposit by force becomes the new set', () => {
  const h = harness({ parameters: ci })
  const newcomer = party('newcomer')
  proceed(h, 10)
  h.mine([forced(h.stake('bond', newcomer, 500n, 0))])
  stall(h)
  record(h, [newcomer], h.farmers, 1200)
  expect(h.state.mode.recorded).toBeNull()
  expect(h.state.epoch.validators.validators.some(({ publicKey }) => toHex(publicKey) === newcomer.key)).toBe(
    true,
  )
  for (let i = 0; i < ci.kappa; i++) h.mine()
  h.mine(h.checkpoint({ signers: [newcomer] }))
  expect(of(h, 'checkpoint-accepted').at(-1)).toMatchObject({ epoch: 1 })
})

test('without two thirds of the space nothing is justified', () => {
  const h = harness({ parameters: ci })
  proceed(h, 10)
  stall(h)
  record(h, h.validators, h.farmers.slice(0, 2), 60)
  const closed = of(h, 'mode').filter(({ event }) => event.kind === 'window-closed')
  expect(closed.length).toBeGreaterThan(2)
  expect(closed.every(({ event }) => event.kind === 'window-closed' && !event.justified)).toBe(true)
})

test('R11: bonds and unbonds count two epochs later, and stake is withdrawn U_p blocks after it stopped to count', () => {
  const parameters = { ...ci, epochHeights: 8 }
  const h = harness({ parameters })
  const newcomer = party('newcomer')
  const leaver = h.validators[3]!
  const supply = supplyOf(h.state.execution)
  for (let i = 0; i < 4; i++) h.mine()
  h.mine(h.checkpoint({ bodies: [[h.stake('bond', newcomer, 20n, 0), h.stake('unbond', leaver, 10n, 0)]] }))
  const member = (key: string) =>
    h.state.epoch.validators.validators.some(({ publicKey }) => toHex(publicKey) === key)
  const isAround = (key: string) => keysAround(h.context, h.state).has(key)
  expect([isAround(newcomer.key), isAround(leaver.key)]).toEqual([false, true])
  until(
    () => h.state.epoch.number >= 1,
    () => h.mine(h.checkpoint()),
  )
  expect([member(newcomer.key), member(leaver.key)]).toEqual([false, true])
  // A set is known an epoch before it signs: whoever is to join it can be let in by then.
  expect([isAround(newcomer.key), isAround(leaver.key)]).toEqual([true, true])
  until(
    () => h.state.epoch.number >= 2,
    () => h.mine(h.checkpoint()),
  )
  expect([member(newcomer.key), member(leaver.key)]).toEqual([true, false])
  expect([isAround(newcomer.key), isAround(leaver.key)]).toEqual([true, false])
  const ended = h.state.height
  expect(of(h, 'checkpoint-rejected')).toEqual([])
  until(
    () => of(h, 'payout-due').length > 0,
    () => h.mine(h.checkpoint()),
  )
  expect(of(h, 'payout-due')).toEqual([
    {
      kind: 'payout-due',
      height: ended + 1 + parameters.kappa + parameters.unbondingBlocks,
      lot: 3,
      amount: 10,
    },
  ])
  for (let i = 0; i <= parameters.kappa; i++) h.mine(h.checkpoint())
  expect(h.state.execution.ledger.account(leaver.publicKey).balance).toBe(1_000_000n - 1n + 10n)
  expect(supplyOf(h.state.execution)).toBe(supply)
})

test('I10: a replay from genesis, with a restart from a snapshot after every block, gives the same roots', () => {
  const h = harness({ parameters: ci })
  proceed(h, 12)
  h.mine([forced(h.transfer(0)), forced(h.stake('bond', party('newcomer'), 5n, 0))])
  stall(h)
  record(h)
  for (let i = 0; i < 8; i++) h.mine(h.state.height > 1 && i > ci.kappa ? h.checkpoint() : [])
  let state = h.states[0]!
  for (const [i, block] of h.blocks.entries()) {
    state = derive(h.context, state, block).state
    expect(toHex(deriveRoot(state))).toBe(toHex(deriveRoot(h.states[i + 1]!)))
    state = decodeState(encodeState(state))
  }
  expect(new Set(h.states.map((one) => toHex(deriveRoot(one)))).size).toBe(h.states.length)
})
