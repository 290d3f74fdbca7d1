import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Client, type ClientEvent, reached, type Stage } from '@groundwork/client'
import { createNodeClient } from '@groundwork/client/node'
import { fromHex } from '@groundwork/primitives'
import { jsonOf, lineOf } from '../follow/lines.ts'
import {
  checkSources,
  type FollowedNetwork,
  genesisIn,
  networkOfHub,
  networkOfRun,
} from '../follow/network.ts'
import { exitCode, usageError } from './exit.ts'
import { type Output, output } from './output.ts'
import { runsFolder, shownPath, workingDirectory } from './places.ts'
import { onInterruption } from './signals.ts'

export interface FollowOptions {
  readonly api?: readonly string[]
  readonly run?: string
  readonly genesis?: readonly string[]
  readonly transaction?: string
  readonly until?: Stage
  readonly json?: boolean
}

const defaultHub = 'http://127.0.0.1:8080'
const progressMs = 2_000
/** Further behind than this, blocks are counted instead of told one by one. */
const behind = 8

/** Follows a network that is up, verifying everything, until it is interrupted or a transaction is where it should be. */
export async function followCommand(options: FollowOptions): Promise<number> {
  const id = transactionIn(options)
  const out = output(options.json === true)
  const network = await findNetwork(options)
  await checkSources(network)
  const interruption = onInterruption(() => process.exit(exitCode.interrupted))
  const ended = Promise.withResolvers<number>()
  interruption.signal.addEventListener('abort', () => ended.resolve(exitCode.interrupted as number))
  introduce(out, network)

  const client = createNodeClient({
    genesis: network.genesis,
    apis: network.apis,
    watch: id === null ? [] : [id],
    onEvent(event) {
      tell(out, client, event)
      const { until } = options
      const isThere = event.kind === 'transaction' && until !== undefined && reached(event.report, until)
      if (isThere) ended.resolve(exitCode.pass as number)
    },
    onFailure: ended.reject,
  })
  client.start()
  const progress = setInterval(() => tellProgress(out, client), progressMs)
  try {
    return await ended.promise
  } finally {
    clearInterval(progress)
    client.stop()
    interruption.dispose()
  }
}

function transactionIn({ transaction, until }: FollowOptions): Uint8Array | null {
  if (transaction === undefined) {
    if (until === undefined) return null
    throw usageError('--until needs a --transaction')
  }
  if (/^[0-9a-f]{64}$/.test(transaction)) return fromHex(transaction, 32)
  throw usageError(
    `--transaction: expected an id of 64 lower-case hexadecimal digits, found "${transaction.slice(0, 80)}"`,
  )
}

async function findNetwork({ api = [], run, genesis = [] }: FollowOptions): Promise<FollowedNetwork> {
  const path = (file: string): string => resolve(workingDirectory(), file)
  const missing = genesis.find((file) => !existsSync(path(file)))
  if (missing !== undefined) throw usageError(`${missing}: no such genesis file`)
  const urls = api.map((url) => (/^https?:\/\//.test(url) ? url : `http://${url}`).replace(/\/+$/, ''))
  const named = urls.map((url) => ({ name: url.replace(/^https?:\/\//, ''), url }))
  if (run !== undefined) {
    const found = networkOfRun(path(run), run)
    return named.length === 0 ? found : { ...found, apis: named }
  }
  if (genesis.length > 0) {
    if (named.length === 0) throw usageError('--genesis needs at least one --api')
    return { genesis: genesisIn(genesis.map(path)), apis: named, trust: genesis.join(' and ') }
  }
  if (urls.length > 0) {
    const hub = await networkOfHub(urls[0] as string)
    if (hub !== null) return hub
    throw usageError(
      `${urls[0]}: no controller's API answers there; for a node's, say what to trust: --genesis FILE or --run DIR`,
    )
  }
  const latest = join(runsFolder(undefined), 'latest')
  const hub = await networkOfHub(defaultHub)
  if (hub !== null) return hub
  if (existsSync(latest)) return networkOfRun(realpathSync(latest), shownPath(latest))
  throw usageError(
    'no network: start one with groundwork run or groundwork up, or say --run DIR or --api URL',
  )
}

function introduce(out: Output, { genesis, apis, trust }: FollowedNetwork): void {
  const chains = [genesis.stake && 'the stake chain', genesis.physical && 'the physical chain'].filter(
    Boolean,
  )
  const isHybrid = genesis.stake?.hybrid !== undefined
  const names = apis.map(({ name }) => name)
  out.say(
    `following ${chains.join(' and ')}, verified from genesis; asking ${names.join(', ')}; trusting ${trust}`,
  )
  if (!isHybrid) out.say('no hybrid in the genesis: the stake chain is final by itself, nothing is anchored')
  out.result({ kind: 'follow', hybrid: isHybrid, nodes: names, trust })
}

function tell(out: Output, client: Client, event: ClientEvent): void {
  out.result(jsonOf(event))
  if (event.kind === 'physical' || event.kind === 'stake') {
    const claimed = client.status()[event.kind]?.claimed ?? 0
    if (claimed - event.height > behind) return
  }
  const line = lineOf(event)
  if (line !== null) out.say(line)
}

/** While it catches up: nothing is skipped, but nobody wants to read a thousand lines. */
function tellProgress(out: Output, client: Client): void {
  const { physical, stake } = client.status()
  out.result({ kind: 'progress', physical, stake })
  const parts = [
    physical && lag(physical.height, physical.claimed, 'physical'),
    stake && lag(stake.final, stake.claimed, 'stake'),
  ].filter(Boolean)
  if (parts.length > 0) out.say(`verified ${parts.join(', ')}`)
}

function lag(height: number, claimed: number, chain: string): string | null {
  return claimed - height > behind ? `${height} of ${claimed} ${chain} blocks` : null
}
