import { CodedError } from '@groundwork/primitives'
import type { FaultWords } from '@groundwork/scenario'
import type { WanAnswer } from '@groundwork/wan/router'
import { type Address, type Intake, type NodeClient, nodeClient } from '../runtime/node-client.ts'
import type { NetworkAnswer } from './api.ts'
import type { LinkFault } from './link-faults.ts'
import { errorOf, type RouterLinks, routerLinks } from './router-links.ts'
import { upstream } from './upstream.ts'

/** The API of a network of containers, seen from the machine that runs Docker. Errors are the API's own codes and lines. */
export interface HubClient {
  readonly address: Address
  healthy(): Promise<boolean>
  /** The monotonic clock there, ms; null if it does not answer. */
  clockMs(): Promise<number | null>
  /** null if it does not answer. */
  network(): Promise<NetworkAnswer | null>
  /** What the router says of itself; null while it does not answer. */
  wan(): Promise<WanAnswer | null>
  nodeAnswers(name: string): Promise<boolean>
  /** How many transactions an account has sent, as one node sees it; `phys`: in that ledger. null if the node does not say. */
  nonce(name: string, address: string, ledger: 'final' | 'phys'): Promise<number | null>
  /** Transactions to one node. */
  node(name: string, intake: Intake): NodeClient
  /** The link table, for a timeline: changes without a fault of the API's own. */
  readonly links: RouterLinks
  beginFault(words: FaultWords): Promise<LinkFault>
  /** Whether there was such a fault. */
  heal(id: string): Promise<boolean>
  healAll(): Promise<void>
  close(): void
}

/** More than the API itself grants the router and the nodes. */
const timeoutMs = 25_000
const readTimeoutMs = 5000

export function hubClient(address: Address): HubClient {
  const hub = upstream({ address, timeoutMs, readTimeoutMs })
  const demand = async (method: string, path: string, value?: unknown): Promise<unknown> => {
    const answer = await hub.forward(
      method,
      path,
      value === undefined ? null : Buffer.from(JSON.stringify(value)),
    )
    if (answer === null) {
      throw new CodedError('HUB', `the controller's API on ${address.host}:${address.port} does not answer`)
    }
    if (!answer.ok) throw await errorOf(answer, "the controller's API")
    return answer.json()
  }
  return {
    address,
    healthy: async () => (await hub.json('/v1/health')) !== null,
    clockMs: async () => ((await hub.json('/v1/clock')) as { monoMs: number } | null)?.monoMs ?? null,
    network: async () => (await hub.json('/v1/network')) as NetworkAnswer | null,
    wan: async () => (await hub.json('/v1/wan')) as WanAnswer | null,
    nodeAnswers: async (name) => (await hub.json(`/v1/nodes/${name}/status`)) !== null,
    nonce: async (name, address, ledger) => {
      const where = ledger === 'phys' ? 'ledgers/phys/accounts' : 'accounts'
      const account = (await hub.json(`/v1/nodes/${name}/${where}/${address}`)) as { nonce: number } | null
      return account?.nonce ?? null
    },
    node: (name, intake) => nodeClient(address, intake, `/v1/nodes/${name}/`),
    links: routerLinks(hub),
    beginFault: async (words) => (await demand('POST', '/v1/faults', words)) as LinkFault,
    heal: async (id) =>
      ((await demand('DELETE', `/v1/faults/${encodeURIComponent(id)}`)) as { healed: boolean }).healed,
    healAll: async () => void (await demand('DELETE', '/v1/faults')),
    close: hub.close,
  }
}
