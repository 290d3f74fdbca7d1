import { chainId } from '@groundwork/genesis'
import { type Bytes, fromHex, type KeyPair, toHex } from '@groundwork/primitives'
import { accountLayout } from '@groundwork/scenario'
import { accountsOf } from '@groundwork/validator'
import { dockerEngine } from '../docker/engine.ts'
import { theNetwork } from '../docker/networks.ts'
import { networkOfHub } from '../follow/network.ts'
import type { NetworkAnswer } from '../hub/api.ts'
import type { HubClient } from '../hub/client.ts'
import type { NodeView } from '../hub/node-views.ts'
import { reachHub } from '../runtime/docker-network.ts'
import { intakeOf } from '../runtime/node-client.ts'
import { signedTransfer, signerOf } from '../transfers.ts'
import { exitCode, usageError } from './exit.ts'
import { interruptible } from './one-run.ts'
import { output } from './output.ts'

export interface SendOptions {
  readonly by?: 'physical' | 'stake'
  /** Index of an account that the genesis endows. */
  readonly from?: number
  /** An index, or an address. */
  readonly to?: string
  readonly amount?: number
  readonly fee?: number
  /** Nodes to hand it to. */
  readonly via?: readonly string[]
  readonly project?: string
  readonly json?: boolean
}

/** One of them may keep a forced transaction to itself. */
const farmersAsked = 3
const shownReasons = 3

/**
 * Signs a transfer between accounts of the network that is up and hands it to farmers, as one that has to be executed, or
 * to validators. Prints its id. Resolves to the exit code: 1 if no node took it.
 */
export async function sendCommand(options: SendOptions): Promise<number> {
  const out = output(options.json === true)
  const network = await theNetwork(dockerEngine(), options.project)
  return interruptible(out, async ({ signal }) => {
    const hub = await reachHub(network.containers, signal)
    if (hub === null) return exitCode.interrupted as number
    try {
      const answer = await hub.network()
      if (answer === null) throw usageError("the controller's API does not answer")
      const plan = planned(options, answer)
      const url = `http://${hub.address.host}:${hub.address.port}`
      const genesis = (await networkOfHub(url))?.genesis.stake ?? null
      if (genesis === null) throw usageError('the network has no validators, and so no accounts')
      const nonce = await nonceOf(hub, answer, toHex(plan.from.publicKey))
      const { to, amount, fee } = plan
      const transfer = { to, amount, fee, nonce }
      const { id, bytes } = signedTransfer(chainId(genesis), signerOf(plan.from), transfer)
      const asked = await Promise.all(plan.nodes.map((node) => handTo(hub, node, bytes)))
      out.result({ transaction: id, by: plan.by, nonce, asked })
      const took = asked.filter(({ accepted }) => accepted).map(({ node }) => node)
      if (took.length === 0) {
        const reasons = asked.map(({ node, reason }) => `${node}: ${reason}`)
        out.note(`nobody took it: ${reasons.slice(0, shownReasons).join(', ')}`)
        return exitCode.fail as number
      }
      out.say(id)
      const what = plan.by === 'physical' ? ', for the physical chain' : ''
      const until = answer.plan.hybrid === undefined ? 'fast' : 'phys'
      const api = hub.address.port === defaultPort ? '' : ` --api ${url}`
      out.note(
        `handed to ${took.join(', ')}${what}; groundwork follow${api} --transaction ${id} --until ${until}`,
      )
      return exitCode.pass as number
    } finally {
      hub.close()
    }
  })
}

const defaultPort = 8080

interface PlannedTransfer {
  readonly by: 'physical' | 'stake'
  readonly from: KeyPair
  readonly to: Bytes
  readonly amount: bigint
  readonly fee: bigint
  readonly nodes: readonly NodeView[]
}

/** What was asked for, on this network. Throws `USAGE`. */
export function planned(options: SendOptions, { plan, nodes }: NetworkAnswer): PlannedTransfer {
  const by = options.by ?? (plan.hybrid === undefined ? 'stake' : 'physical')
  if (by === 'physical' && plan.hybrid === undefined)
    throw usageError(
      '--by physical: nothing of this network executes what farmers record (ledger: hybrid does)',
    )
  const count = accountLayout(plan).total
  const accounts = accountsOf({ seed: plan.seed, accounts: { count, balance: 0n } })
  const account = (index: number, option: string): KeyPair => {
    const found = accounts[index]
    if (found === undefined)
      throw usageError(`${option}: expected the number of an account below ${count}, found ${index}`)
    return found
  }
  const { to = '1' } = options
  if (!/^(\d{1,9}|[0-9a-f]{64})$/.test(to))
    throw usageError(`--to: expected the number of an account or its address, found "${to.slice(0, 80)}"`)
  return {
    by,
    from: account(options.from ?? 0, '--from'),
    to: to.length === 64 ? fromHex(to, 32) : account(Number(to), '--to').publicKey,
    amount: BigInt(options.amount ?? 1),
    fee: BigInt(options.fee ?? 1),
    nodes: takers(by, options.via ?? [], nodes),
  }
}

/** Validators' mempools are not shared with whoever fears a censor: all are asked. */
function takers(
  by: PlannedTransfer['by'],
  via: readonly string[],
  nodes: readonly NodeView[],
): readonly NodeView[] {
  const able = nodes.filter(({ role }) => (role === 'farmer') === (by === 'physical'))
  const names = able.map(({ name }) => name)
  const odd = via.find((name) => !names.includes(name))
  if (odd !== undefined)
    throw usageError(`--via ${odd}: not one of ${names.join(', ')}, which take what goes by ${by}`)
  if (via.length > 0) return able.filter(({ name }) => via.includes(name))
  const up = able.filter(({ state }) => state === 'up')
  if (up.length === 0) throw usageError(`no node that takes it answers (${names.join(', ')})`)
  return by === 'physical' ? up.slice(0, farmersAsked) : up
}

/** What the account has sent, as far as nodes that answer say, also what is on the physical chain only. */
async function nonceOf(hub: HubClient, { nodes }: NetworkAnswer, address: string): Promise<number> {
  const up = nodes.filter(({ state }) => state === 'up')
  const recorded = up.some(({ hybrid }) => hybrid?.mode === 'RECORDED')
  const said = await Promise.all(
    up.flatMap(({ name, role, hybrid }) => [
      // What the stake chain made final and nobody recorded is void if the physical chain orders.
      ...(role === 'farmer' || recorded ? [] : [hub.nonce(name, address, 'final')]),
      ...(hybrid === null ? [] : [hub.nonce(name, address, 'phys')]),
    ]),
  )
  return said.reduce<number>((most, nonce) => Math.max(most, nonce ?? 0), 0)
}

interface Handed {
  readonly node: string
  readonly accepted: boolean
  readonly reason: string | null
}

async function handTo(hub: HubClient, { name, role }: NodeView, bytes: Bytes): Promise<Handed> {
  const client = hub.node(name, intakeOf({ role }))
  try {
    const [answer] = await client.submit([bytes])
    return { node: name, accepted: answer?.accepted ?? false, reason: answer?.reason ?? null }
  } finally {
    client.close()
  }
}
