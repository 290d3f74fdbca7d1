import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { farmerPlan, physicalGenesisOf } from '@groundwork/farmer'
import {
  chainId,
  formatGenesis,
  type Genesis,
  parseGenesis,
  parsePhysicalGenesis,
  physicalGenesisHash,
} from '@groundwork/genesis'
import { CodedError, toHex } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import { genesisOf, networkPlan } from '@groundwork/validator'
import { networkFile } from '../docker/network-file.ts'
import { type Addresses, addressesFile } from '../node-files.ts'
import { openRunFolder } from '../run-folder.ts'

export type PhysicalGenesis = ReturnType<typeof parsePhysicalGenesis>

/** What is followed, and on whose word: only the genesis files are trusted. */
export interface FollowedNetwork {
  readonly genesis: { readonly stake: Genesis | null; readonly physical: PhysicalGenesis | null }
  readonly apis: readonly { readonly name: string; readonly url: string }[]
  /** Where the genesis files come from, for people. */
  readonly trust: string
}

/** The network of a run folder of processes, while it is up. Throws `FOLLOW_RUN`, one line. */
export function networkOfRun(path: string, shown: string): FollowedNetwork {
  const folder = openRunFolder(path)
  if (!existsSync(folder.file(addressesFile)))
    throw new CodedError('FOLLOW_RUN', `${shown}: no run of processes has nodes there (no ${addressesFile})`)
  const { nodes } = folder.readJson(addressesFile, 1) as Addresses
  return {
    genesis: genesisIn([join(path, 'nodes', 'genesis.json'), join(path, 'nodes', 'physical-genesis.json')]),
    apis: nodes.map(({ name, host, port }) => ({ name, url: `http://${host}:${port}` })),
    trust: `the genesis files of ${shown}`,
  }
}

/** Genesis files, of either kind; those that do not exist are left out. Throws `GENESIS_*`, `PHYSICAL_PARAMETERS`, one line. */
export function genesisIn(files: readonly string[]): FollowedNetwork['genesis'] {
  let stake: Genesis | null = null
  let physical: PhysicalGenesis | null = null
  for (const file of files) {
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    if (isPhysical(text)) physical = parsePhysicalGenesis(text)
    else stake = parseGenesis(text)
  }
  return { stake, physical }
}

function isPhysical(text: string): boolean {
  try {
    return 'plots' in JSON.parse(text)
  } catch {
    return false
  }
}

/** The network of containers behind a controller's API; null if that is none. */
export async function networkOfHub(url: string): Promise<FollowedNetwork | null> {
  const network = (await json(`${url}/v1/network`)) as { project?: string; plan?: Plan } | null
  if (network?.plan === undefined) return null
  const { plan, project } = network
  const settled = (await json(`${url}/v1/settled`)) as { physicalTimeMs?: number } | null
  const { physicalTimeMs } = settled ?? {}
  const file = networkFile({
    plan,
    ...(project !== undefined && { project }),
    ...(physicalTimeMs !== undefined && { physicalTimeMs }),
  })
  const { hybrid } = file
  const stake = hybrid === undefined ? formatGenesis(genesisOf(networkPlan(file, url))) : text(hybrid.genesis)
  return {
    genesis: {
      stake: parseGenesis(stake),
      physical: physicalTimeMs === undefined ? null : physicalGenesisOf(farmerPlan(file, url)),
    },
    apis: plan.nodes.map(({ name }) => ({ name, url: `${url}/v1/nodes/${name}` })),
    trust: `the plan that the controller at ${url} has`,
  }
}

const text = (value: unknown): string => JSON.stringify(value)

/** Throws `FOLLOW_NOBODY` if no node answers, `FOLLOW_GENESIS` if all that do are of another network; one line. */
export async function checkSources({ genesis, apis }: FollowedNetwork): Promise<void> {
  const ours = new Set([
    ...(genesis.stake === null ? [] : [toHex(chainId(genesis.stake))]),
    ...(genesis.physical === null ? [] : [toHex(physicalGenesisHash(genesis.physical))]),
  ])
  const chains = await Promise.all(
    apis.map(async ({ url }) => {
      const status = (await json(`${url}/v1/status`)) ?? (await json(`${url}/status`))
      const { chain, chainId: id } = (status ?? {}) as { chain?: string; chainId?: string }
      return chain ?? id ?? null
    }),
  )
  const answered = chains.filter((chain) => chain !== null)
  if (answered.length === 0) {
    const where =
      apis[0] === undefined ? 'nowhere' : apis.length === 1 ? apis[0].url : `${apis.length} addresses`
    throw new CodedError('FOLLOW_NOBODY', `no network: nobody answers at ${where}; is the run over?`)
  }
  if (answered.some((chain) => ours.has(chain))) return
  throw new CodedError(
    'FOLLOW_GENESIS',
    `another network: nodes say chain ${answered[0]?.slice(0, 16)}, the genesis files say ${[...ours].map((id) => id.slice(0, 16)).join(' and ')}`,
  )
}

const jsonMs = 4_000

async function json(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(jsonMs) })
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}
