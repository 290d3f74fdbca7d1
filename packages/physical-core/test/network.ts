import { type Bytes, equal, type Hash, prng, standInSignatures, toHex } from '@groundwork/primitives'
import {
  blockHashOf,
  type ChainRules,
  type ChainSync,
  type CheckedBlock,
  chainRules,
  createChainSync,
  createPhysicalCore,
  decodePhysicalMessage,
  encodePhysicalMessage,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalJournalEntry,
  type PhysicalMessage,
  plotIdOf,
  rangeFor,
  type SlotProof,
  type Stored,
  type SyncEvent,
  type Want,
} from '../src/index.ts'

import {
  k,
  modelProof,
  modelQuality,
  modelSlotProof,
  publicKeyOf,
  qualityOfTrunk,
  secretOf,
  type TestOptions,
  testGenesis,
} from './model.ts'
export interface TestNode {
  readonly name: string
  core: PhysicalCore
  sync: ChainSync
  readonly journal: PhysicalJournalEntry[]
  readonly blocks: Map<string, { block: CheckedBlock; height: number }>
  readonly slots: SlotProof[]
  snapshot: Bytes | undefined
  readonly effects: PhysicalEffect[]
  alive: boolean
  step(event: PhysicalEvent): void
  restart(): void
}

/** Farmers on a virtual clock, in the modelled lottery; frames are encoded and decoded on every link. */
export function testNetwork(options: TestOptions) {
  const rules: ChainRules = chainRules(testGenesis(options))
  const random = prng(options.seed)
  const [minMs, maxMs] = options.delayMs ?? [20, 120]
  const delays = random.split('delays')
  const choices = random.split('choices')
  const queue: { atMs: number; order: number; run: () => void }[] = []
  let nowMs = 0
  let order = 0
  const { slotMs } = rules.parameters
  const timelords = options.timelords ?? [0]

  const network = {
    rules,
    nodes: [] as TestNode[],
    cut: (_from: number, _to: number): boolean => false,
    now: () => nowMs,
    slotNow: () => Math.floor(nowMs / slotMs) + 1,
    run,
    schedule,
    isDown: (_timelord: number): boolean => false,
  }

  function schedule(afterMs: number, run: () => void): void {
    const entry = { atMs: nowMs + afterMs, order: order++, run }
    let low = 0
    let high = queue.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = queue[middle]!
      if (other.atMs < entry.atMs || (other.atMs === entry.atMs && other.order < entry.order))
        low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, entry)
  }

  function run(forMs: number): void {
    const endMs = nowMs + forMs
    while (queue.length > 0 && queue[0]!.atMs <= endMs) {
      const next = queue.shift()!
      nowMs = next.atMs
      next.run()
    }
    nowMs = endMs
  }

  function deliver(from: number, to: number, frame: Bytes): void {
    if (from === to || network.cut(from, to)) return
    schedule(delays.between(minMs, maxMs), () => {
      if (!network.cut(from, to) && network.nodes[to]!.alive) receive(to, from, decodePhysicalMessage(frame))
    })
  }
  const send = (from: number, to: number, message: PhysicalMessage) =>
    deliver(from, to, encodePhysicalMessage(message))
  const broadcast = (from: number, message: PhysicalMessage) => {
    const frame = encodePhysicalMessage(message)
    for (const to of network.nodes.keys()) deliver(from, to, frame)
  }

  function receive(self: number, peer: number, message: PhysicalMessage): void {
    const node = network.nodes[self]!
    const from = `${peer}`
    const checked = (blocks: readonly CheckedBlock['block'][]) =>
      blocks.map((block) => ({ block, quality: qualityOfTrunk(block.trunk) }))
    switch (message.kind) {
      case 'slot-proof':
        return node.step({ kind: 'slots', proofs: [message.proof], live: true, from })
      case 'slots':
        return node.step({ kind: 'slots', proofs: message.proofs, live: false, from })
      case 'block':
        return node.step({ kind: 'blocks', blocks: checked([message.block]), from })
      case 'blocks': {
        node.step({ kind: 'blocks', blocks: checked(message.blocks), from })
        const hashes = message.blocks.map(({ foliage }) => seedOfFoliage(foliage))
        return stepSync(self, { kind: 'answer', from, hashes })
      }
      case 'items':
        return node.step({ kind: 'items', items: message.items.map((item) => ({ item, priority: 0 })), from })
      case 'status':
        return stepSync(self, { kind: 'status', from, status: message.status })
      case 'block-request': {
        const blocks = []
        let found = node.blocks.get(toHex(message.hash))?.block.block
        for (let left = message.ancestors; found !== undefined && left >= 0; left--) {
          blocks.unshift(found)
          found = node.blocks.get(toHex(found.foliage.parentHash))?.block.block
        }
        return send(self, peer, { kind: 'blocks', blocks })
      }
      case 'range-request': {
        const best = bestChain(node)
        const heightOf = (hash: Hash) => {
          if (equal(hash, rules.chainId)) return 0
          const at = node.blocks.get(toHex(hash))
          return at !== undefined && best[at.height - 1] === toHex(hash) ? at.height : null
        }
        const range = rangeFor(message.locator, heightOf, best.length, message.max)
        const blocks = range === null ? [] : best.slice(range.from - 1, range.to)
        return send(self, peer, {
          kind: 'blocks',
          blocks: blocks.map((key) => node.blocks.get(key)!.block.block),
        })
      }
      case 'slots-request': {
        const proofs = node.slots.filter(
          ({ seed, slot }) => equal(seed, message.seed) && slot >= message.from && slot <= message.to,
        )
        return send(self, peer, { kind: 'slots', proofs: proofs.slice(0, 256) })
      }
    }
  }

  const hashes = new WeakMap<object, Hash>()
  function seedOfFoliage(foliage: CheckedBlock['block']['foliage']): Hash {
    const known = hashes.get(foliage) ?? blockHashOf(foliage)
    hashes.set(foliage, known)
    return known
  }

  function stepSync(self: number, event: SyncEvent): void {
    const node = network.nodes[self]!
    const { core } = node
    const view = { weight: core.tip().weight, waiting: core.state.waiting.size, locator: core.locator }
    for (const effect of node.sync.step(event, view)) {
      if (effect.kind === 'request') {
        const { locator, max } = effect
        send(self, Number(effect.to), { kind: 'range-request', locator, max })
      } else if (effect.kind === 'timer') {
        const { request } = effect
        schedule(3_000, () => stepSync(self, { kind: 'timer', request }))
      } else if (effect.kind === 'drop') drops.push({ node: self, ...effect })
    }
  }
  const drops: { node: number; peer: string; reason: string }[] = []

  function fetch(self: number, want: Want, hint: string | null): void {
    const others = [...network.nodes.keys()].filter((to) => to !== self && !network.cut(self, to))
    if (others.length === 0) return
    const hinted = hint === null ? Number.NaN : Number(hint)
    const isAgain = choices.chance(1, 3)
    const to = others.includes(hinted) && !isAgain ? hinted : choices.pick(others)
    send(
      self,
      to,
      want.kind === 'block'
        ? { kind: 'block-request', hash: want.hash, ancestors: 31 }
        : { kind: 'slots-request', seed: want.seed, from: want.from, to: want.to },
    )
  }

  function perform(self: number, effect: PhysicalEffect): void {
    const node = network.nodes[self]!
    node.effects.push(effect)
    switch (effect.kind) {
      case 'persist':
        node.journal.push(...effect.entries)
        return
      case 'broadcast':
        return broadcast(self, effect.message)
      case 'store-block':
        node.blocks.set(toHex(effect.hash), { block: effect.block, height: effect.height })
        return
      case 'store-slot':
        node.slots.push(effect.proof)
        return
      case 'store-snapshot':
        node.snapshot = effect.bytes
        return
      case 'look-up': {
        const { plotId, slot, seed, challenge } = effect
        const tickets = [{ quality: modelQuality(plotId, challenge, 0), handle: 0 }]
        return schedule(5, () => node.alive && node.step({ kind: 'looked-up', plotId, slot, seed, tickets }))
      }
      case 'prove': {
        const { plotId, slot, seed, quality, handle } = effect
        const proof = modelProof(k, handle)
        return schedule(
          10,
          () => node.alive && node.step({ kind: 'proved', plotId, slot, seed, quality, proof }),
        )
      }
      case 'evaluate': {
        const { slot, seed, previous } = effect
        const answer = () => {
          const { evaluating } = node.core.state
          if (!node.alive || network.isDown(self)) return
          if (evaluating?.slot !== slot || !equal(evaluating.seed, seed)) return
          node.step({ kind: 'evaluated', proof: modelSlotProof(slot, seed, previous) })
        }
        return schedule(100, answer)
      }
      case 'fetch':
        return fetch(self, effect.want, effect.hint)
      case 'tip':
      case 'observe':
        return
    }
  }

  function createNode(self: number, stored: Stored): PhysicalCore {
    const label = `farmer ${self}`
    const sign = (message: Bytes) => standInSignatures.sign(secretOf(label), message)
    return createPhysicalCore({
      rules,
      farmer: { publicKey: publicKeyOf(label), sign },
      timelord: timelords.includes(self),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      stored,
    })
  }

  function startNode(self: number): void {
    const node = network.nodes[self]!
    const plots = Array.from({ length: options.plots[self]! }, (_, index) => ({
      plotId: plotIdOf(publicKeyOf(`farmer ${self}`), index),
      k,
    }))
    node.step({ kind: 'plots', plots })
    node.step({ kind: 'start', slot: nowMs === 0 ? 0 : network.slotNow() })
  }

  for (const self of options.plots.keys()) {
    const node: TestNode = {
      name: `${self}`,
      core: createNode(self, {}),
      sync: createChainSync(),
      journal: [],
      blocks: new Map(),
      slots: [],
      snapshot: undefined,
      effects: [],
      alive: true,
      step(event) {
        for (const effect of node.core.step(event)) perform(self, effect)
        if (node.sync.from !== null && event.kind !== 'clock') stepSync(self, { kind: 'progress' })
      },
      restart() {
        node.core = createNode(self, storedOf(node))
        node.sync = createChainSync()
        node.alive = true
        startNode(self)
      },
    }
    network.nodes.push(node)
    startNode(self)
  }

  const tick = () => {
    const slot = network.slotNow()
    for (const [self, node] of network.nodes.entries()) {
      if (!node.alive) continue
      node.step({ kind: 'clock', slot })
      if (slot % 4 === 0) broadcast(self, { kind: 'status', status: node.core.tip() })
    }
    schedule(slotMs, tick)
  }
  schedule(0, tick)
  return { ...network, network, drops }
}

/** What a restart finds: blocks by height, slots in order. */
export function storedOf(node: TestNode): Stored {
  const blocks = [...node.blocks.values()].sort((a, b) => a.height - b.height).map(({ block }) => block)
  return {
    ...(node.snapshot === undefined ? {} : { snapshot: node.snapshot }),
    blocks,
    slots: [...node.slots].sort((a, b) => a.slot - b.slot),
    journal: node.journal,
  }
}

/** Keys of the node's best chain from height 1, out of its store: the core's own goes back to its root only. */
export function bestChain(node: TestNode): string[] {
  const keys: string[] = []
  for (let at = node.blocks.get(toHex(node.core.tip().hash)); at !== undefined; ) {
    keys.unshift(toHex(blockHashOf(at.block.block.foliage)))
    at = node.blocks.get(toHex(at.block.block.foliage.parentHash))
  }
  return keys
}
