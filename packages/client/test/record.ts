/** Makes a recording: `node packages/client/test/record.ts FILE [blocks]`. Some 20 ms of squaring a slot, a second a plot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatGenesis, formatPhysicalGenesis } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { encodeForced } from '@groundwork/hybrid-core'
import {
  advance,
  chainRules,
  encodeBlock,
  encodeSlotProof,
  epochOf,
  type Foliage,
  foliageMessage,
  type Item,
  isWin,
  laneRootsOf,
  lotteryNumber,
  type PhysicalGenesis,
  physicalProfiles,
  plotChallengeOf,
  plotIdOf,
  type SlotProof,
  slotChallengeOf,
  type Trunk,
  trunkHashOf,
} from '@groundwork/physical-core'
import { type Bytes, hash, keyPair, toHex } from '@groundwork/primitives'
import { createPlot, openPlot } from '@groundwork/proof-of-space'
import { chooseSquarer, evaluate, hashToGroup, prove, slotContext } from '@groundwork/vdf'
import { physicalNode } from './physical-world.ts'
import type { Recording } from './recording.ts'
import { stakeGenesis, stakeWorld, transferBytes } from './stake-world.ts'

const [file = '', count = '8'] = process.argv.slice(2)
const k = 16
const farmers = [0, 1].map((i) => keyPair(hash('recorded/farmer', Uint8Array.of(i))))
const genesis: PhysicalGenesis = {
  chain: 'recorded',
  timeMs: 0,
  parameters: {
    ...physicalProfiles.ci,
    initialDifficulty: BigInt(2 * farmers.length) * (33n << 15n),
    regionCapMilli: 1000,
  },
  regions: [{ name: 'here', maxRttUs: 15_000, minRttUs: [0] }],
  landmarks: [],
  plots: farmers.flatMap(({ publicKey }) =>
    [0, 1].map((index) => ({ farmer: publicKey, index, k, region: 0 })),
  ),
}
const rules = chainRules(genesis)
const { vdf } = genesis.parameters
if (vdf.kind === 'none') throw new Error('the profile has a VDF')
const { squarings } = vdf

const dir = mkdtempSync(join(tmpdir(), 'groundwork-recording-'))
const plots = await Promise.all(
  farmers.flatMap((farmer) =>
    [0, 1].map(async (index) => {
      const plotId = plotIdOf(farmer.publicKey, index)
      const path = join(dir, `${toHex(plotId)}.plot`)
      await createPlot({ file: path, plotId, k })
      return { farmer, plotId, plot: await openPlot(path) }
    }),
  ),
)

const squarer = chooseSquarer()
const slots: SlotProof[] = []
function nextSlot(seed: Bytes, slot: number): SlotProof {
  const last = slots.at(-1)
  const previous = last !== undefined && epochOf(rules, last.slot) === epochOf(rules, slot) ? last.y : null
  const x = previous ?? hashToGroup(seed)
  const evaluation = evaluate({ x, iterations: squarings, squarer })!
  const statement = {
    x,
    y: evaluation.y,
    iterations: squarings,
    context: slotContext(epochOf(rules, slot), slot),
  }
  const proof = prove({ ...statement, checkpoints: evaluation.checkpoints })!
  return { slot, seed, previous, y: evaluation.y, proof }
}

const node = physicalNode(rules)
const blocks: Bytes[] = []
for (let slot = 1; blocks.length < Number(count); slot++) {
  const parent = node.core.chain()
  const chain = advance(rules, parent, epochOf(rules, slot))
  const proof = nextSlot(chain.epoch.seed, slot)
  slots.push(proof)
  node.addSlot(proof)
  const challenge = slotChallengeOf(proof.y)
  for (const { farmer, plotId, plot } of plots) {
    const effective = chain.epoch.active.get(toHex(plotId))!.effective
    const won = plot
      .lookUp(plotChallengeOf(plotId, challenge))
      .find(({ quality }) => isWin(lotteryNumber(quality, challenge), chain.epoch.difficulty, effective))
    if (won === undefined) continue
    const items: Item[] =
      blocks.length === 2 ? [{ kind: 'forced-transaction', bytes: encodeForced(transferBytes(99)) }] : []
    const trunk: Trunk = {
      slot,
      parentTrunk: parent.trunkHash,
      plotId,
      k,
      proof: plot.prove(won.entry),
      y: proof.y,
    }
    const foliage: Foliage = {
      height: parent.height + 1,
      parentHash: parent.hash,
      trunkHash: trunkHashOf(trunk),
      farmer: farmer.publicKey,
      laneRoots: laneRootsOf(items),
    }
    const signature = nodeSignatures.sign(farmer.secretKey, foliageMessage(rules.chainId, foliage))
    const block = { trunk, foliage, items, signature }
    node.add({ block, quality: won.quality })
    blocks.push(encodeBlock(block))
    break
  }
}
for (const { plot } of plots) await plot.close()
rmSync(dir, { recursive: true })

const stake = stakeWorld()
for (let i = 0; i < 6; i++) stake.grow({ skips: i === 3 ? 2 : 0, transfers: i % 3 })
const recording: Recording = {
  version: 1,
  physicalGenesis: formatPhysicalGenesis(genesis),
  stakeGenesis: formatGenesis(stakeGenesis),
  slots: slots.map((slot) => toHex(encodeSlotProof(slot))),
  blocks: blocks.map(toHex),
  segment: toHex(await stake.bytes(0)),
  physicalTip: toHex(node.core.tip().hash),
  stakeTip: toHex(stake.tip.hash),
}
writeFileSync(file, `${JSON.stringify(recording, null, 1)}\n`)
process.stdout.write(`${file}: ${blocks.length} blocks, ${slots.length} slots\n`)
