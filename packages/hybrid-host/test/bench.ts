import { deriveRoot, hybridProfiles } from '@groundwork/hybrid-core'
import { type Hash, toHex } from '@groundwork/primitives'
import { nodeSignatures } from '../../host/src/index.ts'
import { forced, type Harness, harness, party } from '../../hybrid-core/test/harness.ts'
import { type createHybridFollower, type FollowerInit, verifiedSignatures } from '../src/index.ts'
import { followerOf, segmentOf } from './kit.ts'

/**
 * What a follower costs: node packages/hybrid-host/test/bench.ts [physical blocks] [transfers per block] [validators].
 * Fifty transfers a second and a physical block in 1.6 s are 80 a block, in four stake-chain blocks. Real signatures,
 * verified by node:crypto; a live node has verified them before, when the stake chain brought them. All figures are CPU time.
 */
const [blocks = 1000, perBlock = 80, validators = 10] = process.argv.slice(2).map(Number)
const { demo } = hybridProfiles
const recipients = Array.from({ length: 200 }, (_, i) => party(`recipient ${i}`))
const h: Harness = harness({
  parameters: demo,
  weights: Array.from({ length: validators }, () => 1000),
  farmers: 40,
  // What makes the chain signs well; who follows it is what is measured.
  signatures: { ...nodeSignatures, verify: () => true },
})

let nonce = 0
const body = () =>
  Array.from({ length: Math.ceil(perBlock / 4) }, () => {
    const to = recipients[nonce % recipients.length]!
    return h.transfer(nonce++, { to })
  })
/** Four blocks, or what is left of the epoch. */
const bodies = () => {
  const next = h.state.tip.height + 1
  const left = demo.epochHeights - (next % demo.epochHeights)
  return Array.from({ length: Math.min(4, left) }, body)
}
const init = (change: Partial<FollowerInit> = {}): ReturnType<typeof createHybridFollower> =>
  followerOf(h, { snapshotBlocks: 64, ...change })
const spread = (all: number[]): string => {
  const sorted = [...all].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(1)
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`
}
/** CPU time of the process, which does one thing at a time: the same on a busy machine as on an idle one. */
const timed = <T>(work: () => T): { readonly ms: number; readonly value: T } => {
  const from = process.cpuUsage()
  const value = work()
  const { user, system } = process.cpuUsage(from)
  return { ms: (user + system) / 1000, value }
}

// As a node lives: stake-chain blocks come and are verified, then the physical block that checkpoints them.
const cache = verifiedSignatures(nodeSignatures.verify)
const live = init({ verify: cache })
const cold = init({ verify: nodeSignatures.verify })
const liveMs: number[] = []
const coldMs: number[] = []
let snapshot: { readonly height: number; readonly bytes: Uint8Array } | undefined
const roots = new Map<string, Hash>()
const start = performance.now()
while (h.state.height < blocks) {
  const isLoaded = h.state.height > demo.kappa
  const items = isLoaded ? h.checkpoint({ bodies: bodies() }) : []
  if (isLoaded) live.finalized(segmentOf(items))
  const posted = forced(h.transfer(h.state.height, { from: party('newcomer') }))
  h.mine([posted, ...items])
  const adopted = h.blocks.slice(-1)
  live.clock(h.state.height)
  const { ms, value } = timed(() => live.physical({ adopted }))
  if (isLoaded) liveMs.push(ms)
  for (const effect of value) {
    if (effect.kind === 'store-snapshot') snapshot = effect
    if (effect.kind === 'derived') roots.set(toHex(effect.hash), effect.root)
  }
  if (h.state.height <= 100) {
    const once = timed(() => cold.physical({ adopted })).ms
    if (isLoaded) coldMs.push(once)
  }
}
const accepted = h.records.filter(({ kind }) => kind === 'checkpoint-accepted').length
console.log(
  `${blocks} physical blocks, ${accepted} with a checkpoint of 4 blocks and ${perBlock} transfers,`,
  `${validators} validators (prepared in ${((performance.now() - start) / 1000).toFixed(0)} s)`,
)
console.log(`a physical block, signatures verified before: ${spread(liveMs)}`)
console.log(`a physical block, every signature anew: ${spread(coldMs)}`)

const restart = (change: Partial<FollowerInit>, from = 0): string => {
  const { ms, value } = timed(() => {
    const follower = init({ verify: verifiedSignatures(nodeSignatures.verify), ...change })
    follower.physical({ adopted: h.blocks.slice(from) })
    return follower
  })
  if (toHex(deriveRoot(value.state)) !== toHex(deriveRoot(h.state))) throw new Error('another root')
  return `${(ms / 1000).toFixed(2)} s for ${h.blocks.length - from} blocks`
}
console.log(`restart from the newest snapshot: ${restart({ snapshot: snapshot!.bytes }, snapshot!.height)}`)
console.log(
  `restart from genesis, roots known: ${restart({ knownRoot: (_, hash) => roots.get(toHex(hash)) ?? null })}`,
)
console.log(`restart from genesis, nothing known: ${restart({})}`)
