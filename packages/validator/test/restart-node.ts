import { existsSync, readFileSync } from 'node:fs'
import { deriveGenesisOf } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { deriveRoot } from '@groundwork/hybrid-core'
import { toHex } from '@groundwork/primitives'
import { createCommonMetrics, createLog } from '@groundwork/program'
import { createHybridMetrics, hybridGauges, openHybridNode } from '@groundwork/program/hybrid'
import { openPhysicalNode } from '@groundwork/program/physical'
import { decodeSegment } from '@groundwork/stake-core'
import { hybridGenesis } from '../../client/test/hybrid-world.ts'
import { rules } from '../../client/test/physical-world.ts'
import { validatorKeys } from '../../client/test/stake-world.ts'

/**
 * node restart-node.ts DATA-DIR [FINALS]: starts what follows both chains in a validator, on real stores, says as a line of
 * JSON what came of it, and dies by SIGKILL. With FINALS the stake chain tells it of those blocks first.
 */
const [dataDir, finals] = process.argv.slice(2) as [string, string | undefined]
const fail = (error: unknown): never => {
  throw error
}
const nothing = (): void => {}
const log = createLog({ name: 'restart', logLevel: 'error', logFile: null })
const beganMs = performance.now()
const physical = await openPhysicalNode({
  rules,
  dataDir,
  key: null,
  timelord: false,
  clockOffsetMs: 0,
  network: { self: 'restart', networkKey: new Uint8Array(32), listen: null, peers: [] },
  log,
  onSync: nothing,
  onFailure: fail,
  events: { observed: nothing, tip: nothing, refused: nothing, peerUp: nothing, peerDown: nothing },
})
const loadedMs = performance.now()
let checked = 0
const hazards: string[] = []
const delivered: number[] = []
const [key] = validatorKeys
const node = openHybridNode({
  genesis: deriveGenesisOf(hybridGenesis, rules.genesis),
  // Its clock stands where the chain does: a tip of long ago is no tip to deliver on.
  node: { ...physical, host: { ...physical.host, slotNow: () => physical.core.tip().slot } },
  dataDir,
  owner: key!.publicKey,
  validator: key!,
  farmer: null,
  verify(publicKey, message, signature) {
    checked++
    return nodeSignatures.verify(publicKey, message, signature)
  },
  onConflict: 'follow-physical',
  log,
  metrics: createHybridMetrics(createCommonMetrics(), () => hybridGauges(node.follower)),
  onSync: nothing,
  onFailure: fail,
  fact(fact) {
    if (fact.kind === 'hazard') hazards.push(fact.hazard)
    if (fact.kind === 'delivered') delivered.push(...fact.blocks.map(({ height }) => height))
  },
  events: { items: nothing, view: nothing },
})
const from = node.follower.state.height
await node.start()
const startedMs = performance.now()
const { user, system } = process.cpuUsage()
if (finals !== undefined && existsSync(finals)) {
  const { proposals, certificate } = decodeSegment(readFileSync(finals))
  node.tell((told) =>
    told.finalized({ blocks: proposals.map(({ block }) => block), certificate: certificate! }),
  )
}
const { state } = node.follower
const { rss } = process.memoryUsage()
const report = {
  from,
  height: state.height,
  root: toHex(deriveRoot(state)),
  loadMs: Math.round(loadedMs - beganMs),
  deriveMs: Math.round(startedMs - loadedMs),
  /** Of the process, with its modules. */
  startMs: Math.round(startedMs),
  /** CPU time of all threads up to then: the same on a busy machine as on an idle one. */
  cpuMs: Math.round((user + system) / 1000),
  checked,
  hazards,
  delivered,
  rssMb: Math.round(rss / 1e6),
}
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.kill(process.pid, 'SIGKILL'))
