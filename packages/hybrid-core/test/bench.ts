import { createPublicKey, verify as verifyNode } from 'node:crypto'
import { type Bytes, referenceSignatures, toHex } from '@groundwork/primitives'
import { derive, deriveRoot, hybridProfiles } from '../src/index.ts'
import { forced, harness } from './harness.ts'

/**
 * What deriving one physical block costs: node packages/hybrid-core/test/bench.ts [transfers per block] [validators]
 * [trusted]. `trusted`: as a node derives again what it had checked before, without signatures.
 * Fifty transfers a second and a physical block in 1.6 s are 80 a block; four stake-chain blocks each. Real signatures,
 * verified by node:crypto as a validator does, every one of them anew.
 */
const perBlock = Number(process.argv[2] ?? 80)
const validators = Number(process.argv[3] ?? 10)
const isTrusted = process.argv[4] === 'trusted'
const blocks = 40
const keys = new Map<string, ReturnType<typeof createPublicKey>>()
const verify = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean => {
  const name = toHex(publicKey)
  let key = keys.get(name)
  if (key === undefined) {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey])
    key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    keys.set(name, key)
  }
  return verifyNode(null, message, key, signature)
}

const { demo } = hybridProfiles
const h = harness({
  parameters: demo,
  weights: Array.from({ length: validators }, () => 1000),
  farmers: 40,
  signatures: { ...referenceSignatures, verify },
})
const trusting = {
  ...h.context,
  verify: () => true,
  execution: { ...h.context.execution, verify: () => true },
}
let nonce = 0
const bodies = () =>
  [0, 1, 2, 3].map(() => Array.from({ length: Math.ceil(perBlock / 4) }, () => h.transfer(nonce++)))
const timesMs: number[] = []
const start = performance.now()
while (h.state.height < blocks) {
  h.mine([
    forced(new Uint8Array(152)),
    ...(h.state.height > demo.kappa ? h.checkpoint({ bodies: bodies() }) : []),
  ])
  // Making signatures is not what is measured: the same block is derived again.
  const before = h.states.at(-2)!
  const input = h.blocks.at(-1)!
  const from = performance.now()
  const { state } = derive(isTrusted ? trusting : h.context, before, input)
  deriveRoot(state)
  if (h.state.height > demo.kappa + 1) timesMs.push(performance.now() - from)
}
const accepted = h.records.filter(({ kind }) => kind === 'checkpoint-accepted').length
timesMs.sort((a, b) => a - b)
const at = (part: number) => timesMs[Math.floor(part * (timesMs.length - 1))]!.toFixed(1)
console.log(
  `${perBlock} transfers in 4 blocks of ${validators} validators: ${accepted} checkpoints derived,`,
  `median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms (prepared in ${Math.round(performance.now() - start)} ms)`,
)
