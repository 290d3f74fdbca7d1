import { equal, toHex } from '@groundwork/primitives'
import type { Header, ParentBlock } from '@groundwork/stake-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { creditBurstBytes, type HybridPosition, hybridProfiles, startAt } from '../src/index.ts'
import { forced, type Harness, harness, party } from './harness.ts'
import { chainAt, checkpointOf, drafted, extended, poolOf, viewOf } from './view.ts'

const { ci } = hybridProfiles
const mined = (h: Harness, blocks: number) => {
  for (let i = 0; i < blocks; i++) h.mine()
  return h
}
const grown = (blocks: number, parameters = ci) => mined(harness({ parameters }), blocks)
const rejected = (h: Harness) => h.records.filter(({ kind }) => kind === 'checkpoint-rejected')
const positionOf = (chain: { parent: { position: unknown } }) => chain.parent.position as HybridPosition

test('whatever is forced in, a draft is taken by every node with that view, and its checkpoint by derive', () => {
  const item = fc.constantFrom('none', 'transfer', 'garbage', 'future', 'bond', 'poor')
  const action = fc.record({
    items: fc.array(item, { maxLength: 3 }),
    pooled: fc.integer({ min: 0, max: 3 }),
    blocks: fc.integer({ min: 0, max: 3 }),
    checkpoint: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 25 }), (actions) => {
      const h = harness({ parameters: { ...ci, epochHeights: 6 } })
      let nonce = 0
      let bonds = 0
      let chain = chainAt(h)
      let path: Header[] = []
      for (const { items, pooled, blocks, checkpoint } of actions) {
        const posted = items.flatMap((kind) => {
          if (kind === 'none') return []
          if (kind === 'garbage') return [forced(new Uint8Array(20))]
          if (kind === 'future') return [forced(h.transfer(nonce + 50))]
          if (kind === 'bond') return [forced(h.stake('bond', party('newcomer'), 5n, bonds++))]
          if (kind === 'poor') return [forced(h.transfer(0, { from: party('poor'), amount: 5n }))]
          return [forced(h.transfer(nonce++))]
        })
        const isOffered = checkpoint && chain.blocks.length > 0
        h.mine(isOffered ? [...checkpointOf(h, chain.blocks, path), ...posted] : posted)
        if (isOffered) {
          expect(rejected(h)).toEqual([])
          // Whoever starts from the checkpoint stands where the chain stands.
          const { execution, tip } = h.state
          expect(toHex(tip.hash)).toBe(toHex(chain.blocks.at(-1)!.hash))
          const last = positionOf(chain).tip
          expect({ ...tip, view: 0 }).toEqual({ ...last, view: 0 })
          expect(toHex(execution.ledger.root)).toBe(toHex(positionOf(chain).ledger.root))
          if (chain.rules.ends(chain.parent.position)) {
            const next = chain.rules.successor(chain.parent.position)
            expect(toHex(next.epoch.id)).toBe(toHex(h.state.epoch.id))
          }
          chain = chainAt(h)
          path = []
        }
        const next = positionOf(chain).ledger.account(h.rich.publicKey).nonce
        const pool = poolOf(...Array.from({ length: pooled }, (_, i) => h.transfer(next + i, { fee: 2n })))
        chain.rules.physical(viewOf(h))
        const other = chainAt(h).rules
        for (let i = 0; i < blocks; i++) {
          const block = drafted(h, chain, pool)!
          expect(block).not.toBeNull()
          const result = other.extend(chain.parent, block)
          expect(result.kind).toBe('extended')
          if (result.kind === 'extended') expect(other.mayNotarize(result.position)).toBe(true)
          const ended = chain.rules.ends(chain.parent.position)
          const after = extended(chain, block)
          // Children of the last block belong to the proof, not to the chain.
          chain = ended ? { ...after, blocks: chain.blocks } : after
          if (ended) path = [...path, block.proposal.block.header]
        }
        nonce = Math.max(nonce, positionOf(chain).ledger.account(h.rich.publicKey).nonce)
      }
    }),
    { numRuns: 60 },
  )
})

describe('AN-1', () => {
  test('an anchor before the parent’s is a fault, and so is one on a branch that does not hold the parent’s', () => {
    const h = grown(8)
    const first = extended(chainAt(h), drafted(h, chainAt(h))!)
    const back = drafted(h, first, undefined, (header) => ({
      ...header,
      anchor: { height: 1, hash: h.states[1]!.hash },
    }))!
    expect(first.rules.extend(first.parent, back)).toEqual({ kind: 'fault', reason: 'anchor' })

    const fork = harness({ parameters: ci })
    fork.mine([forced(fork.transfer(0))])
    mined(fork, 12)
    first.rules.physical(viewOf(fork))
    const strange = { height: 8, hash: fork.states[8]!.hash }
    const across = drafted(h, chainAt(h), undefined, (header) => ({ ...header, anchor: strange }))!
    const { parentHash: _, ...rest } = across.proposal.block.header
    const header = { ...rest, parentHash: first.parent.hash }
    const block = { ...across, proposal: { ...across.proposal, block: { ...across.proposal.block, header } } }
    expect(first.rules.extend(first.parent, block)).toEqual({ kind: 'fault', reason: 'anchor' })
  })

  test('an anchor that is not on the best branch waits, and is taken once its branch is', () => {
    const h = grown(8)
    const ahead = h.fork()
    mined(ahead, 5)
    const block = drafted(ahead, chainAt(ahead))!
    const chain = chainAt(mined(h, 0))
    expect(block.proposal.block.header.anchor.height).toBe(9)
    expect(chain.rules.extend(chain.parent, block)).toEqual({ kind: 'wait', reason: 'anchor' })
    chain.rules.physical(viewOf(ahead))
    expect(chain.rules.extend(chain.parent, block).kind).toBe('extended')
  })
})

test('AN-2: nobody votes before the anchor is kappa deep, nor once it has left the best branch', () => {
  const h = grown(8)
  const ahead = mined(h.fork(), 1)
  const chain = chainAt(ahead)
  const block = drafted(ahead, chain)!
  const { position } = extended(chain, block).parent
  expect(block.proposal.block.header.anchor.height).toBe(ahead.state.height - ci.kappa - 1)
  expect(chain.rules.mayNotarize(position)).toBe(true)
  // A leader deviates: one block less than deep enough.
  const early = grown(block.proposal.block.header.anchor.height + ci.kappa - 1)
  chain.rules.physical(viewOf(early))
  expect([chain.rules.mayNotarize(position), chain.rules.holds(position)]).toEqual([false, true])
  chain.rules.physical(viewOf(mined(early, 1)))
  expect(chain.rules.mayNotarize(position)).toBe(true)
  const fork = harness({ parameters: ci })
  fork.mine([forced(fork.transfer(0))])
  // As long as the branch that was left, so that only the branch makes the difference.
  chain.rules.physical(viewOf(mined(fork, early.state.height - 1)))
  expect([chain.rules.mayNotarize(position), chain.rules.holds(position)]).toEqual([false, false])
})

test('FI-1: a block that leaves out what is forced, or names other lanes, is a fault', () => {
  const h = harness({ parameters: ci })
  h.mine([forced(h.transfer(0))])
  mined(h, 6)
  const chain = chainAt(h)
  const good = drafted(h, chain)!
  const nothing = harness({ parameters: ci })
  const { stateRoot } = drafted(nothing, chainAt(nothing))!.proposal.block.header
  const without = drafted(h, chain, undefined, (header) => ({ ...header, stateRoot }))!
  expect(positionOf(extended(chain, good)).ledger.account(h.rich.publicKey).nonce).toBe(1)
  expect(chain.rules.extend(chain.parent, without)).toEqual({ kind: 'fault', reason: 'state-root' })
  const lanes = drafted(h, chain, undefined, (header) => ({ ...header, forcedRoot: new Uint8Array(32) }))!
  expect(chain.rules.extend(chain.parent, lanes)).toEqual({ kind: 'fault', reason: 'forced-root' })
})

test('FR-1: no vote for a block that looks away from the newer part of the physical chain', () => {
  const h = grown(8)
  const chain = chainAt(h)
  const block = drafted(h, chain)!
  const { position } = extended(chain, block).parent
  const last = block.proposal.block.header.anchor.height + ci.maxAnchorAgeBlocks - ci.stopMarginBlocks
  mined(h, last - h.state.height)
  chain.rules.physical(viewOf(h))
  expect(chain.rules.mayNotarize(position)).toBe(true)
  chain.rules.physical(viewOf(mined(h, 1)))
  expect(chain.rules.mayNotarize(position)).toBe(false)
})

describe('a final chain', () => {
  const positions = (chain: Chain): HybridPosition[] => {
    let parent: ParentBlock = chain.start
    return chain.blocks.map((block) => {
      const { position } = extended({ ...chain, parent }, block).parent
      const { view, height } = block.proposal.block.header
      parent = { view, height, hash: block.hash, position }
      return position as HybridPosition
    })
  }
  type Chain = ReturnType<typeof chainAt> & { readonly start: ParentBlock }
  const grownOn = (h: Harness, start: ReturnType<typeof chainAt>, blocks: number, nonce?: number): Chain => {
    let chain = start
    const pool = nonce === undefined ? poolOf() : poolOf(h.transfer(nonce, { fee: 2n }))
    for (let i = 0; i < blocks; i++) chain = extended(chain, drafted(h, chain, pool)!)
    return { ...chain, start: start.parent }
  }

  test('that contradicts the confirmed checkpoint is not final, whoever signed it; the one that was checkpointed is', () => {
    const h = grown(ci.kappa + 2)
    const start = chainAt(h)
    const [right, other] = [grownOn(h, start, 3), grownOn(h, start, 3, 0)]
    const may = (chain: Chain, count = 3) => start.rules.mayFinalize(positions(chain).slice(0, count))
    h.mine(checkpointOf(h, right.blocks.slice(0, 2)))
    start.rules.physical(viewOf(h))
    // Not confirmed yet: nobody can know.
    expect([may(right), may(other)]).toEqual([true, true])
    mined(h, ci.kappa)
    start.rules.physical(viewOf(h))
    expect([may(right), may(other)]).toEqual([true, false])
    // What ends below the checkpoint shows nothing of it.
    expect([may(right, 2), may(right, 1), may(other, 1)]).toEqual([true, false, false])
    // What begins above it was compared before.
    expect(start.rules.mayFinalize(positions(right).slice(2))).toBe(true)
  })

  test('of an epoch that has ended has to end as the next one began', () => {
    const parameters = { ...ci, epochHeights: 4 }
    const h = grown(ci.kappa + 2, parameters)
    const start = chainAt(h)
    const [right, other] = [grownOn(h, start, 3), grownOn(h, start, 3, 0)]
    h.mine(checkpointOf(h, right.blocks))
    expect(h.state.epoch.number).toBe(1)
    const may = (chain: Chain, count = 3) => start.rules.mayFinalize(positions(chain).slice(0, count))
    start.rules.physical(viewOf(mined(h, ci.kappa)))
    expect([may(right), may(right, 2), may(other)]).toEqual([true, false, false])
  })

  test('is not judged on an old tip', () => {
    const h = grown(ci.kappa + 2)
    const start = chainAt(h)
    const chain = grownOn(h, start, 1)
    for (const [lag, may] of [
      [ci.staleSlots - 1, true],
      [ci.staleSlots, false],
    ] as const) {
      start.rules.physical(viewOf(h, lag))
      expect(start.rules.mayFinalize(positions(chain))).toBe(may)
    }
  })
})

describe('BS-1', () => {
  test('a leader without credit waits for the physical chain; one with little fills what it has', () => {
    const parameters = { ...ci, creditRateBytes: 2_048, checkpointLaneBytes: 4_096 }
    const h = grown(8, parameters)
    const transfers = Array.from({ length: 100 }, (_, i) => h.transfer(i))
    let chain = chainAt(h)
    let bodies = 0
    for (let block = drafted(h, chain, poolOf(...transfers)); block !== null; ) {
      expect(block.proposal.block.header.credit).toBeGreaterThanOrEqual(0)
      expect(block.transactions.length).toBeLessThan(transfers.length)
      bodies += block.transactions.length
      chain = extended(chain, block)
      block = drafted(h, chain, poolOf(...transfers))
    }
    expect(bodies).toBeGreaterThan(0)
    expect(positionOf(chain).tip.credit).toBeLessThan(creditBurstBytes(parameters))
    chain.rules.physical(viewOf(mined(h, 2)))
    const paid = drafted(h, chain)!
    const claimed = { ...paid.proposal.block.header, credit: paid.proposal.block.header.credit + 1 }
    const more = drafted(h, chain, undefined, () => claimed)!
    expect(chain.rules.extend(chain.parent, more)).toEqual({ kind: 'fault', reason: 'credit-claim' })
    expect(chain.rules.extend(chain.parent, paid).kind).toBe('extended')
  })
})

describe('R12', () => {
  const maySign = (h: Harness, lag = 0) => chainAt(h, lag).rules.maySign()

  test('signing stops m blocks before the deadline, and goes on when a checkpoint is confirmed', () => {
    const h = grown(4)
    const chain = chainAt(h)
    h.mine(checkpointOf(h, [drafted(h, chain)!]))
    const at = h.state.mode.lastCheckpoint
    expect(at).toBe(5)
    mined(h, ci.stallDeadlineBlocks - ci.stopMarginBlocks - 1)
    expect(maySign(h)).toBe(true)
    const stopped = h.fork()
    stopped.mine()
    expect(maySign(stopped)).toBe(false)
    // Signed before the stop; it releases once it is kappa deep.
    const late = chainAt(h)
    h.mine(checkpointOf(h, [drafted(h, late)!]))
    expect(maySign(h)).toBe(false)
    mined(h, ci.kappa - 1)
    expect(maySign(h)).toBe(false)
    expect(maySign(mined(h, 1))).toBe(true)
  })

  test('an old tip is not signed on', () => {
    const h = grown(4)
    expect(maySign(h, ci.staleSlots - 1)).toBe(true)
    expect(maySign(h, ci.staleSlots)).toBe(false)
  })

  test('nothing is signed in RECORDED, nor ever again in an epoch that it ended; the exit epoch begins when confirmed', () => {
    const h = grown(4)
    const { rules } = chainAt(h)
    mined(h, ci.stallDeadlineBlocks)
    expect(h.state.mode.recorded).not.toBeNull()
    expect(rules.physical(viewOf(h))).toBeNull()
    expect(rules.maySign()).toBe(false)
    while (h.state.mode.recorded !== null) {
      const isOpen = h.state.mode.recorded.open !== null
      const [validators, farmers] = isOpen ? [h.validators, h.farmers] : [[], []]
      h.mine([...validators.map((one) => h.recordedVote(one)), ...farmers.map((one) => h.spaceVote(one))])
    }
    const exit = h.state
    expect(rules.physical(viewOf(h))).toBeNull()
    expect(rules.maySign()).toBe(false)
    mined(h, ci.kappa - 1)
    expect(rules.physical(viewOf(h))).toBeNull()
    const view = viewOf(mined(h, 1))
    const next = rules.physical(view)!
    expect(rules.maySign()).toBe(false)
    expect(equal(next.epoch.id, exit.epoch.id)).toBe(true)
    expect(next.head).toEqual({
      keep: exit.tip.height,
      view: 0,
      height: exit.tip.height,
      hash: exit.epoch.genesisHash,
      certificate: null,
    })
    expect(next.rules.maySign()).toBe(true)
    expect(next.head).toMatchObject(startAt(h.context, view, exit).head)
  })
})

test('R11: below the last block of an epoch only empty children; its successor is the one that derive names', () => {
  const h = grown(6, { ...ci, epochHeights: 4 })
  let chain = chainAt(h)
  for (let i = 0; i < 3; i++) chain = extended(chain, drafted(h, chain, poolOf(h.transfer(i)))!)
  expect(chain.rules.ends(chain.parent.position)).toBe(true)
  const empty = drafted(h, chain, poolOf(h.transfer(3)))!
  expect(empty.transactions).toEqual([])
  const child = extended(chain, empty)
  const [one] = [...poolOf(h.transfer(3)).senders.values()].flatMap((queue) => [...queue.values()])
  expect(chain.rules.extend(chain.parent, { ...empty, transactions: [one!] })).toEqual({
    kind: 'fault',
    reason: 'epoch-ended',
  })
  const later = drafted(h, child, undefined, (header) => ({ ...header, credit: header.credit + 1 }))!
  expect(child.rules.extend(child.parent, later)).toEqual({ kind: 'fault', reason: 'epoch-ended' })
  // An old anchor does not keep an epoch from ending.
  mined(h, ci.maxAnchorAgeBlocks)
  chain.rules.physical(viewOf(h))
  expect([chain.parent, child.parent].map(({ position }) => chain.rules.mayNotarize(position))).toEqual([
    false,
    true,
  ])
  const next = child.rules.successor(child.parent.position)
  h.mine(checkpointOf(h, chain.blocks, [empty.proposal.block.header]))
  expect(rejected(h)).toEqual([])
  expect(toHex(h.state.epoch.id)).toBe(toHex(next.epoch.id))
  expect(next.head).toMatchObject({ view: 0, height: 3 })
  const after = { rules: next.rules, parent: { ...next.head, position: next.position }, blocks: [] }
  next.rules.physical(viewOf(h))
  expect(extended(after, drafted(h, after)!).parent.height).toBe(4)
})
