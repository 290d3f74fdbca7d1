import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { CodedError } from '@groundwork/primitives'
import {
  type FaultAction,
  type FaultWords,
  fixedNodes,
  type LinkAction,
  linkDetail,
  type PlannedFault,
  type PlannedNode,
  pinTargets,
  planFault,
  stopsFinality,
  targetsOf,
  touchedBy,
} from '@groundwork/scenario'
import type { Capabilities, LinkChange } from '@groundwork/wan'
import { flap } from '../flap.ts'
import type { LinkControl } from '../runtime/runtime.ts'

/** A fault of links that is in force. */
export interface LinkFault {
  /** Also the owner of its change at the router. */
  readonly id: string
  readonly verb: FaultAction['verb']
  readonly nodes: readonly string[]
  readonly detail: string
  /** Whether no quorum is left, with all faults of links that are in force. */
  readonly stopsFinality: boolean
  readonly beganAt: string
  /** null: until somebody heals it. */
  readonly healsInMs: number | null
}

export interface LinkFaults {
  /** Resolves when it is in force. Throws `SCENARIO_*` and what the router refuses. Heals by itself after `for`. */
  begin(words: FaultWords): Promise<LinkFault>
  /** Whether there was such a fault. Idempotent. */
  heal(id: string): Promise<boolean>
  healAll(): Promise<void>
  list(): readonly LinkFault[]
  /** Faults that began with another router than the one of this instance are gone: a restart opens all links. */
  forgetOthers(instance: string): void
}

export interface LinkFaultsInit {
  readonly nodes: readonly PlannedNode[]
  readonly links: LinkControl & { removeAll(): Promise<void> }
  /** The router that answers now. */
  router(): Promise<{ readonly instance: string; readonly capabilities: Capabilities }>
  /** The processes of the leader of this moment. */
  leaders(): Promise<readonly string[]>
  /** A fault that could not be healed when its time was over. */
  onError(error: unknown): void
}

interface Active {
  readonly fault: LinkFault
  readonly planned: readonly PlannedFault[]
  readonly healsAtMs: number | null
  readonly instance: string
  readonly over: AbortController
  /** Flaps that have not stopped yet. */
  readonly flapping: Promise<unknown>
}

const maxFaults = 100
const retryHealMs = 1000

/** Keeps the faults of links that people begin on a network that runs, and the time at which each heals. */
export function linkFaults({ nodes, links, router, leaders, onError }: LinkFaultsInit): LinkFaults {
  const active = new Map<string, Active>()

  const heal = async (id: string): Promise<boolean> => {
    const found = active.get(id)
    found?.over.abort()
    await found?.flapping
    // Also where this program was started again since and has forgotten the fault.
    await links.remove(id)
    return active.delete(id)
  }

  const healWhenOver = async (id: string, forMs: number, over: AbortSignal): Promise<void> => {
    await delay(forMs, undefined, { signal: over }).catch(() => {})
    while (active.has(id)) {
      try {
        await heal(id)
      } catch (error) {
        onError(error)
        // The router may answer again soon.
        await delay(retryHealMs)
      }
    }
  }

  return {
    begin: async (words) => {
      if (active.size >= maxFaults) {
        throw new CodedError('FAULTS', `${maxFaults} faults are in force; heal some first`)
      }
      const { instance, capabilities } = await router()
      const field = {
        nodes,
        seed: randomBytes(4).readUInt32BE(),
        runtime: 'docker' as const,
        capabilities,
      }
      const { actions, forMs } = planFault(words, field)
      const open = actions.some((action) => targetsOf(action).some(({ kind }) => kind === 'leader'))
      const leading = open ? await leaders() : []
      if (open && leading.length === 0)
        throw new CodedError('SCENARIO_TARGET', 'no node answers, so nobody leads')
      const pinned = actions.map((action) => linkAction(pinTargets(action, leading)))
      const id = `${words.verb}-${randomBytes(2).toString('hex')}`
      const planned = pinned.map((action) => ({ id, atMs: 0, forMs: null, action }))
      const change: LinkChange = {
        owner: id,
        links: pinned.flatMap((action) => touchedBy(action, fixedNodes).links),
      }
      await links.apply(change)
      const over = new AbortController()
      const periodMs = pinned.flatMap((action) => (action.verb === 'flap' ? [action.periodMs] : []))[0]
      const flapping =
        periodMs === undefined ? Promise.resolve() : flap(links, change, periodMs / 2, over.signal)
      const timeline = [...[...active.values()].flatMap((other) => other.planned), ...planned]
      const fault: LinkFault = {
        id,
        verb: words.verb as FaultAction['verb'],
        nodes: [...new Set(pinned.flatMap((action) => targetsOf(action).flatMap(fixedNodes)))],
        detail: pinned.map(linkDetail).join('; '),
        stopsFinality: planned.some((one) => stopsFinality({ nodes, timeline }, one)),
        beganAt: new Date().toISOString(),
        healsInMs: forMs,
      }
      const healsAtMs = forMs === null ? null : performance.now() + forMs
      active.set(id, { fault, planned, healsAtMs, instance, over, flapping: flapping.catch(onError) })
      if (forMs !== null) void healWhenOver(id, forMs, over.signal)
      return fault
    },
    heal,
    healAll: async () => {
      for (const { over } of active.values()) over.abort()
      await Promise.all([...active.values()].map(({ flapping }) => flapping))
      await links.removeAll()
      active.clear()
    },
    forgetOthers: (instance) => {
      for (const [id, other] of active) {
        if (other.instance === instance) continue
        other.over.abort()
        active.delete(id)
      }
    },
    list: () =>
      [...active.values()].map(({ fault, healsAtMs }) => ({
        ...fault,
        healsInMs: healsAtMs === null ? null : Math.max(0, Math.round(healsAtMs - performance.now())),
      })),
  }
}

function linkAction(action: FaultAction): LinkAction {
  if (
    action.verb === 'partition' ||
    action.verb === 'one-way' ||
    action.verb === 'shape' ||
    action.verb === 'flap'
  )
    return action
  if (action.verb === 'coerce' || action.verb === 'seize-keys')
    throw new CodedError(
      'SCENARIO_UNSUPPORTED',
      `${action.verb} needs nodes that were started for it: put it into the timeline of a scenario, groundwork run FILE --runtime docker`,
    )
  throw new CodedError(
    'SCENARIO_UNSUPPORTED',
    `${action.verb} is done by the machine that runs Docker: groundwork fault ${action.verb} ...`,
  )
}
