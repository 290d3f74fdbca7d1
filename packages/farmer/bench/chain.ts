import { join } from 'node:path'
import { memoryJournal, nodeSignatures } from '@groundwork/host'
import { chainRules, createPhysicalCore, epochOf, type PhysicalJournalEntry } from '@groundwork/physical-core'
import { createChecker, createPhysicalHost } from '@groundwork/physical-host'
import { readKeyFile } from '@groundwork/program'
import { openPhysicalStore } from '@groundwork/store-level'
import { chooseSquarer, evaluate, hashToGroup, prove, slotContext } from '@groundwork/vdf'
import { createFarming } from '../src/farming.ts'
import type { WrittenFarmers } from '../src/index.ts'
import { openPlots, type Plots } from '../src/plots.ts'

/** Grows a chain of real proofs as fast as this machine can, and leaves it in the home of the first farmer. Returns its height. */
export async function growChain({ genesis, nodes }: WrittenFarmers, height: number): Promise<number> {
  const rules = chainRules(genesis)
  const [home] = nodes
  const key = readKeyFile(join(home!.configFile, '..', 'farmer-key.json'), 'farmer')
  const journal = memoryJournal<PhysicalJournalEntry>()
  const store = await openPhysicalStore({
    dir: join(home!.dataDir, 'chain'),
    chainId: rules.chainId,
    onFailure: (error) => {
      throw error
    },
  })
  const core = createPhysicalCore({
    rules,
    farmer: { publicKey: key.publicKey, sign: (message) => nodeSignatures.sign(key.secretKey, message) },
    timelord: true,
  })
  const plots: Plots = openPlots({
    farmer: key.publicKey,
    plots: home!.plots.map((_, index) => ({ index, k: 16 })),
    dir: home!.plotDir,
    onPlot() {},
    onBad: (_, line) => {
      throw new Error(line)
    },
  })
  await plots.done
  const squarer = chooseSquarer()
  const farming = createFarming({
    plots: () => plots,
    hashesPerSlot: null,
    deliver: (event) => host.deliver(event),
    onLookUp() {},
  })
  const host = createPhysicalHost({
    rules,
    core,
    journal,
    store,
    checker: createChecker(rules, nodeSignatures.verify),
    pool: { blocks: async () => [], slots: async () => [], stop: async () => {} },
    transport: () => undefined,
    clock: { now: () => 0, schedule() {} },
    wallMs: () => genesis.timeMs - 1,
    random: Math.random,
    events: {
      observed() {},
      tip() {},
      refused() {},
      failed: (error) => {
        throw error
      },
    },
    farm(effect) {
      if (effect.kind === 'look-up') return farming.lookUp(effect)
      if (effect.kind === 'prove') return farming.prove(effect)
      const { slot, seed, previous, squarings: iterations } = effect
      const x = previous ?? hashToGroup(seed)
      const { y, checkpoints } = evaluate({ x, iterations, squarer })!
      const proof = prove({
        x,
        y,
        iterations,
        checkpoints,
        context: slotContext(epochOf(rules, slot), slot),
      })!
      host.deliver({ kind: 'evaluated', proof: { slot, seed, previous, y, proof } })
    },
  })
  host.start()
  host.deliver({ kind: 'plots', plots: [...plots.farmed.values()].map(({ plotId, k }) => ({ plotId, k })) })
  for (let slot = 1; core.tip().height < height; slot++) {
    host.deliver({ kind: 'clock', slot })
    if (slot % 64 === 0) await store.flush()
  }
  host.stop()
  await plots.close()
  await store.close()
  return core.tip().slot
}
