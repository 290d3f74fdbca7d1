import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type FaultWords,
  fixedNodes,
  namesLeader,
  pinTargets,
  planFault,
  targetsOf,
  VERBS,
} from '@groundwork/scenario'
import { capabilitiesOf } from '@groundwork/wan'
import { dockerEngine, type Engine } from '../docker/engine.ts'
import { containerNamed, type RunningNetwork, theNetwork } from '../docker/networks.ts'
import { heal, inflict, isNodeVerb, type NodeVerb } from '../docker/node-verbs.ts'
import type { NetworkAnswer } from '../hub/api.ts'
import type { HubClient } from '../hub/client.ts'
import { reachHub } from '../runtime/docker-network.ts'
import { exitCode, usageError } from './exit.ts'
import { interruptible } from './one-run.ts'
import { type Output, output } from './output.ts'
import type { Interruption } from './signals.ts'
import { seconds } from './text.ts'

export interface FaultOptions {
  readonly project?: string
  readonly detach?: boolean
  readonly json?: boolean
}

const healedPollMs = 200
/** For faults of nodes, which need nothing of a network. */
const anyNetwork = { seed: 0, runtime: 'docker', capabilities: capabilitiesOf('netem') } as const

/**
 * Begins a fault on the network that is up and says its id. With `for` it waits and heals, at Ctrl-C as well; a fault of
 * links is healed by the controller's API in any case, even if this command is killed. Resolves to the exit code.
 */
export async function faultCommand(
  verb: string,
  words: readonly string[],
  options: FaultOptions,
): Promise<number> {
  // A word that is no fault is refused before anything is looked for.
  if (!Object.hasOwn(VERBS, verb)) planFault({ verb, arguments: {} }, { nodes: [], ...anyNetwork })
  const request: FaultWords = { verb, arguments: argumentsOf(verb, words) }
  const out = output(options.json === true)
  const engine = dockerEngine()
  const network = await theNetwork(engine, options.project)
  return interruptible(out, async (interruption) => {
    const hub = await reachHub(network.containers, interruption.signal)
    if (hub === null) return exitCode.interrupted as number
    try {
      const begun = isNodeVerb(verb)
        ? await beginOnNodes({ engine, network, hub, verb, request, detach: options.detach === true })
        : await beginOnLinks(hub, request)
      out.say(begun.id)
      out.result({ id: begun.id, detail: begun.detail, forMs: begun.forMs })
      const none = begun.stopsFinality ? ' (no quorum is left)' : ''
      out.note(`${verb} ${begun.detail}${none}; ${healing(begun, options.detach === true)}`)
      if (begun.forMs === null || options.detach === true) return exitCode.pass as number
      return await healed(begun, begun.forMs, interruption, out)
    } finally {
      hub.close()
    }
  })
}

interface Begun {
  readonly id: string
  readonly detail: string
  readonly forMs: number | null
  readonly stopsFinality: boolean
  /** Heals at once. */
  heal(): Promise<unknown>
  /** Whether somebody else has healed it. */
  isOver(): Promise<boolean>
  /** Whether somebody else heals it when its time is over. */
  readonly heldElsewhere: boolean
}

async function beginOnLinks(hub: HubClient, request: FaultWords): Promise<Begun> {
  const fault = await hub.beginFault(request)
  const { id, detail, stopsFinality, healsInMs } = fault
  return {
    id,
    detail,
    stopsFinality,
    forMs: healsInMs,
    heal: () => hub.heal(id),
    isOver: async () => {
      const now = await hub.network()
      return now?.faults.every((other) => other.id !== id) === true
    },
    heldElsewhere: true,
  }
}

interface OnNodes {
  readonly engine: Engine
  readonly network: RunningNetwork
  readonly hub: HubClient
  readonly verb: NodeVerb
  readonly request: FaultWords
  readonly detach: boolean
}

async function beginOnNodes(init: OnNodes): Promise<Begun> {
  const { engine, network, hub, verb, request } = init
  const answer = await hub.network()
  if (answer === null)
    throw usageError("the controller's API does not answer; is the network healthy? (groundwork ps)")
  const { nodes, forMs } = resolveNodes(request, answer)
  if (forMs !== null && init.detach) {
    throw usageError(
      `--detach: ${verb} is healed by this command, which must stay for --for; leave out one of the two`,
    )
  }
  const containers = nodes.map((name) => containerNamed(network, name))
  const touched = containers.filter(({ state }) => state === 'running')
  const idle = containers
    .filter(({ state }) => state !== 'running')
    .map(({ node, state }) => `${node} (${state})`)
  if (touched.length === 0)
    throw usageError(`${verb}: nothing to do, not running already: ${idle.join(', ')}`)
  await Promise.all(touched.map((container) => inflict(engine, verb, container)))
  const names = touched.map(({ node }) => node as string)
  return {
    id: `${verb}-${names.join('+')}`,
    detail: names.join(' '),
    forMs,
    stopsFinality: false,
    heal: () =>
      Promise.all(
        touched.map((container) =>
          heal(engine, { ...container, state: verb === 'pause' ? 'paused' : 'exited' }),
        ),
      ),
    isOver: async () => false,
    heldElsewhere: false,
  }
}

/** Which processes the words mean now. */
function resolveNodes(
  request: FaultWords,
  { plan, leaders }: NetworkAnswer,
): { readonly nodes: readonly string[]; readonly forMs: number | null } {
  const { actions, forMs } = planFault(request, {
    ...anyNetwork,
    nodes: plan.nodes,
    seed: randomInt(2 ** 31),
  })
  const pinned = actions.map((action) => (namesLeader(action) ? pinTargets(action, leaders) : action))
  const targets = pinned.flatMap(targetsOf)
  const nodes = [...new Set(targets.flatMap(fixedNodes))]
  if (nodes.length === 0) throw usageError('target: leader: no node answers, so nobody leads')
  return { nodes, forMs }
}

/** Waits for the end of the fault, or of patience. */
async function healed(begun: Begun, forMs: number, interruption: Interruption, out: Output): Promise<number> {
  const { signal } = interruption
  await delay(forMs, undefined, { signal }).catch(() => {})
  if (begun.heldElsewhere && !signal.aborted) {
    while (!signal.aborted && !(await begun.isOver())) await delay(healedPollMs)
  }
  if (!begun.heldElsewhere || signal.aborted) await begun.heal()
  out.note(`${begun.id} is healed${signal.aborted ? ', early' : ''}`)
  return (signal.aborted ? exitCode.interrupted : exitCode.pass) as number
}

function healing({ id, forMs, heldElsewhere }: Begun, detach: boolean): string {
  if (forMs === null) return `groundwork heal ${id} ends it`
  if (!heldElsewhere) return `this command heals it in ${seconds(forMs)} or at Ctrl-C`
  const stays = detach ? '' : ', or at Ctrl-C'
  return `the controller's API heals it in ${seconds(forMs)}${stays}`
}

/** `v3 --for 5s` or `--groups v1,rest --cut=reset`: keys of the scenario file, the first bare word is the target. */
export function argumentsOf(verb: string, words: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  const put = (key: string, value: string): void => {
    if (Object.hasOwn(found, key)) throw usageError(`fault: ${key} is given twice`)
    found[key] = value
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (!word.startsWith('--')) {
      if (Object.hasOwn(found, 'target') || !isNodeVerb(verb)) {
        throw usageError(
          `fault ${verb}: "${word}" is too much; arguments are given as --key value${keysOf(verb)}`,
        )
      }
      put('target', word)
      continue
    }
    const [, key = '', , inline] = /^--([^=]*)(=(.*))?$/s.exec(word) ?? []
    const value = inline ?? words[++i]
    if (value === undefined) throw usageError(`fault ${verb}: --${key} needs a value`)
    put(key, value)
  }
  return found
}

function keysOf(verb: string): string {
  const known = Object.hasOwn(VERBS, verb) ? VERBS[verb as keyof typeof VERBS].keys : []
  const keys = known.filter((key) => !['at', 'fault', 'every', 'times'].includes(key))
  return keys.length === 0 ? '' : ` (${keys.map((key) => `--${key}`).join(', ')})`
}
