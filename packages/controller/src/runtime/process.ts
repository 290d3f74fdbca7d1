import { prepareFarmer, type WrittenFarmers, writeFarmers } from '@groundwork/farmer'
import { chainId, defaultParameters } from '@groundwork/genesis'
import { zeroHash } from '@groundwork/primitives'
import {
  accountLayout,
  begunNodes,
  farmersOf,
  type Plan,
  processesOf,
  validatorsOf,
} from '@groundwork/scenario'
import { prepareValidator, type WrittenNetwork, writeNetwork } from '@groundwork/validator'
import { capabilitiesOf, linkTable } from '@groundwork/wan'
import { type RelayNetwork, startRelays } from '@groundwork/wan/relay'
import { addressBook, dropDisks, nodesFolder } from '../node-files.ts'
import { keepRecordedChain } from '../recorded-chain.ts'
import type { RunFolder } from '../run-folder.ts'
import { hybridPlanOf, relayedConnect, relayedFarm } from './farm-homes.ts'
import { type LiveHooks, type LiveInit, type LiveNetwork, runLive } from './live.ts'
import { identify } from './process-identity.ts'
import { openProcessNetwork } from './process-network.ts'
import { startReaper } from './reaper.ts'
import type { RunContext, RunEnd, Runtime } from './runtime.ts'

const initialBalance = 1_000_000_000n

/** Every node an operating-system process on this machine, every link between them through a relay on loopback. */
export const processRuntime: Runtime = {
  name: 'process',
  capabilities: capabilitiesOf('relay'),
  clock: 'real',
  real: 'validator and farmer processes with their own disks, ed25519 signatures, libp2p over TCP, the clock, SIGKILL and SIGSTOP',
  emulated:
    'the distance between regions: one TCP relay per link adds its delay and makes cuts (no packet loss)',
  execute,
}

async function execute(plan: Plan, context: RunContext): Promise<RunEnd> {
  const open: LiveInit['open'] = (hooks) => openNetwork(plan, context, hooks)
  const end = await runLive({ plan, context, open })
  for (const line of await keepRecordedChain(context.folder, plan)) context.say(`chain not kept, ${line}`)
  if (!context.keep) dropDisks(context.folder, plan)
  return end
}

async function openNetwork(
  plan: Plan,
  { folder, observe }: RunContext,
  hooks: LiveHooks,
): Promise<LiveNetwork> {
  const nodes = processesOf(plan).map(({ name, labels }) => ({
    name,
    region: labels.region,
  }))
  const links = linkTable({ nodes, regions: plan.delays, capabilities: processRuntime.capabilities })
  const reaper = startReaper()
  let relays: RelayNetwork | undefined
  const farms = farmersOf(plan.nodes).length > 0
  const stakes = validatorsOf(plan.nodes).length > 0
  const prepared = Promise.all([stakes ? prepareValidator() : '', farms ? prepareFarmer() : ''])
  try {
    relays = await startRelays({ table: links })
    reaper.watch(identify(relays.pid))
    const [main, farmerMain] = await prepared
    const { written, farm } = writeHomes(plan, folder, relays)
    const chain = written === null ? zeroHash : chainId(written.genesis)
    return openProcessNetwork({
      ...hooks,
      plan,
      main,
      farmerMain,
      written,
      farm,
      chainId: chain,
      relays,
      links,
      reaper,
      observe,
      onApi: addressBook(folder),
    })
  } catch (error) {
    await relays?.stop()
    await reaper.close()
    throw error
  }
}

interface Homes {
  readonly written: WrittenNetwork | null
  readonly farm: WrittenFarmers | null
}

function writeHomes(plan: Plan, folder: RunFolder, relays: RelayNetwork): Homes {
  const dir = nodesFolder(folder)
  const connect = relayedConnect(plan, relays)
  const farm = farmersOf(plan.nodes).length > 0 ? relayedFarm(plan, connect) : null
  const hybrid = hybridPlanOf(plan, farm)
  const validators = [...validatorsOf(plan.nodes), ...begunNodes(plan)]
  const written =
    validators.length === 0
      ? null
      : writeNetwork({
          dir,
          // The seed is part of the chain's name, so that it decides on the order of leaders too.
          chain: `${plan.scenario}-${plan.seed}`,
          seed: plan.seed,
          nodes: validators,
          accounts: { count: accountLayout(plan).total, balance: initialBalance },
          parameters: { ...defaultParameters, ...plan.parameters },
          ...(hybrid && { hybrid }),
          connect,
          exitWithParent: true,
        })
  if (farm === null) return { written, farm }
  const stake =
    hybrid === undefined || written === null
      ? {}
      : { stake: { genesis: written.genesis, nodes: validators.map(({ name }) => name) } }
  return { written, farm: writeFarmers({ ...farm, ...stake, dir }) }
}
