import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash } from '@groundwork/primitives'
import { openPhysicalStore } from '@groundwork/store-level'
import { hybridEpoch, hybridWorld } from '../../client/test/hybrid-world.ts'
import { rules } from '../../client/test/physical-world.ts'
import { transferBytes } from '../../client/test/stake-world.ts'

const recipients = Array.from({ length: 200 }, (_, i) => hash('test/recipient', Uint8Array.of(i)))
const stakePerPhysical = 4

/**
 * The physical chain of a hybrid network in a store on disk, as a node leaves it: in every block the checkpoint of four blocks
 * of the stake chain.
 */
export function makeChain(transfersPerBlock: number) {
  const world = hybridWorld()
  let nonce = 0
  let stored = 0
  const transfer = () => {
    const to = recipients[nonce % recipients.length]!
    return transferBytes(nonce++, hybridEpoch.chainId, to)
  }
  const stake = (): void => {
    const body = Array.from({ length: transfersPerBlock / stakePerPhysical }, transfer)
    for (let i = 0; i < stakePerPhysical; i++) world.stake(i === 0 ? body : body.map(transfer))
  }
  return {
    world,
    grow(blocks: number): void {
      for (let i = 0; i < blocks; i++) {
        world.mine(world.checkpoint())
        stake()
      }
    },
    /** Adds what is new to the store of a node's data directory. */
    async store(dataDir: string): Promise<void> {
      const { core } = world.physical
      const store = await openPhysicalStore({
        dir: join(dataDir, 'chain'),
        chainId: rules.chainId,
        onFailure(error) {
          throw error
        },
      })
      const { tip } = core.heights()
      for (let height = stored + 1; height <= tip; height++) {
        const name = core.hashAt(height)!
        await store.append({ kind: 'block', block: world.physical.blockOf(name), hash: name, height })
        await store.append({ kind: 'best', from: height, hashes: [name], until: height })
      }
      stored = tip
      await store.close()
    },
    /** Final blocks that no checkpoint has, up to the end of their epoch. */
    async finals(file: string): Promise<void> {
      const { tip } = world.follower.state
      writeFileSync(file, await world.bytes(tip.height))
    },
  }
}
