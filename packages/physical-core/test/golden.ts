import { hash, toHex } from '@groundwork/primitives'
import {
  blockHashOf,
  chainRules,
  encodeItem,
  encodePhysicalMessage,
  itemHashOf,
  lotteryNumber,
  plotChallengeOf,
  plotIdOf,
  registrationChallengeOf,
  seedOf,
  slotChallengeOf,
  trunkHashOf,
  yWithoutVdf,
} from '../src/index.ts'
import { fixedBlock, fixedItems, fixedMessages } from './fixed.ts'
import { testGenesis } from './model.ts'

/** Long ones by their hash. */
export function goldenVectors(): Record<string, string> {
  const short = (bytes: Uint8Array) =>
    bytes.length <= 400 ? toHex(bytes) : `sha ${toHex(hash('golden', bytes))}`
  const { plotId } = fixedBlock.trunk
  const c = slotChallengeOf(fixedBlock.trunk.y)
  return {
    ...Object.fromEntries(fixedMessages.map((m) => [`message ${m.kind}`, short(encodePhysicalMessage(m))])),
    ...Object.fromEntries(fixedItems.map((item) => [`item ${item.kind}`, short(encodeItem(item))])),
    ...Object.fromEntries(fixedItems.map((item) => [`hash ${item.kind}`, toHex(itemHashOf(item))])),
    'trunk hash': toHex(trunkHashOf(fixedBlock.trunk)),
    'block hash': toHex(blockHashOf(fixedBlock.foliage)),
    'seed of epoch 3': toHex(seedOf(3, c)),
    'slot challenge': toHex(c),
    'plot challenge': toHex(plotChallengeOf(plotId, c)),
    'registration challenge': toHex(registrationChallengeOf(c, plotId, 2)),
    'lottery number': lotteryNumber(plotId, c).toString(16),
    'plot id': toHex(plotIdOf(plotId, 5)),
    'y without vdf': toHex(yWithoutVdf(c, 7)),
    'genesis id': toHex(chainRules(testGenesis({ plots: [2, 1] })).chainId),
  }
}
