import type { Clock } from '@groundwork/host'
import { nodeSignatures } from '@groundwork/host'
import {
  type ChainRules,
  type OwnPlot,
  type PhysicalCore,
  type PhysicalObservation,
  plotIdOf,
  type Slot,
} from '@groundwork/physical-core'
import type { Checker, FarmingEffect, PhysicalHost, PhysicalTransport } from '@groundwork/physical-host'
import { CodedError, equal, toHex } from '@groundwork/primitives'
import { type Log, monotonicMs } from '@groundwork/program'
import type { FarmerConfig } from './config.ts'
import { createFarming } from './farming.ts'
import type { FarmerMetrics } from './metrics.ts'
import type { FarmerKeys } from './node.ts'
import { createPlaceRole, type PlaceRole } from './place/role.ts'
import { openPlots, type Plots } from './plots.ts'
import { registrationOf } from './registration.ts'
import type { FarmerReporter } from './reporter.ts'
import { createTimelordRole, type TimelordRole } from './timelord.ts'

export interface FarmerRoleInit {
  readonly config: FarmerConfig
  readonly rules: ChainRules
  readonly keys: FarmerKeys
  readonly log: Log
  readonly clock: Clock
  readonly core: PhysicalCore
  readonly host: PhysicalHost
  readonly checker: Checker
  readonly reporter: FarmerReporter
  readonly metrics: FarmerMetrics
  readonly transport: () => PhysicalTransport | undefined
  /** These plots are farmed from now on. */
  readonly onPlots: (own: readonly OwnPlot[]) => void
  readonly onFailure: (error: unknown) => void
}

/** What makes a follower a farmer, a timelord, a challenger. */
export interface FarmerRole {
  start(): void
  stop(): Promise<void>
  farm(effect: FarmingEffect): void
  stepped(): void
  observed(observation: PhysicalObservation): void
  tipMoved(): void
  readonly mode: 'listening' | 'farming' | 'following'
  readonly plots: Plots | undefined
  readonly plotsRefused: number
  readonly place: PlaceRole
  /** Plots that the configuration names, by the region that they claim; those in files of unknown size are left out. */
  intended(): { readonly plot: string; readonly k: number; readonly region: string }[]
  own(): readonly OwnPlot[]
}

/** Two processes with one key make different blocks of one slot: whoever starts listens first. */
const listenMsMin = 2_000
const lookMs = 100

export function createFarmer(init: FarmerRoleInit): FarmerRole {
  const { config, rules, keys, log, core, host, reporter } = init
  const { farmer } = keys
  const isWork = rules.parameters.engine === 'work'
  const startSlot: Slot = host.slotNow()
  let mode: FarmerRole['mode'] = farmer === null || config.plots.length === 0 ? 'following' : 'listening'
  let plots: Plots | undefined
  let plotsRefused = 0
  let registeredIn = -1
  let timer: NodeJS.Timeout | undefined

  const timelord: TimelordRole | null =
    config.timelord && rules.parameters.vdf.kind === 'wesolowski'
      ? createTimelordRole({
          rules,
          rank: config.timelordRank,
          nowMs: monotonicMs,
          onEvaluated(proof, work) {
            reporter.evaluated(work)
            host.deliver({ kind: 'evaluated', proof })
          },
          onFault(error) {
            reporter.refused(error.code.toLowerCase().replaceAll('_', '-'))
            log.error({ code: error.code }, error.message)
          },
        })
      : null
  const farming = createFarming({
    plots: () => plots,
    hashesPerSlot: isWork ? config.hashesPerSlot : null,
    deliver: host.deliver,
    onLookUp: init.metrics.lookedUp,
  })
  const place = createPlaceRole({
    rules,
    core,
    slotNow: host.slotNow,
    challengers: [farmer, keys.landmark].filter((pair) => pair !== null),
    clock: init.clock,
    transport: init.transport,
    plots: () => plots?.farmed ?? new Map(),
    onAttested: (item, fact) => {
      reporter.fact(fact)
      host.deliver({ kind: 'items', items: [{ item, priority: 0 }], from: null })
    },
    onRefused: reporter.refused,
  })

  const own = (): readonly OwnPlot[] => {
    if (farmer === null) return []
    if (!isWork) return [...(plots?.farmed.values() ?? [])].map(({ plotId, k }) => ({ plotId, k }))
    return config.plots.flatMap((plot) =>
      'index' in plot ? [{ plotId: plotIdOf(farmer.publicKey, plot.index), k: plot.k }] : [],
    )
  }
  const tellPlots = (): void => {
    if (mode !== 'farming') return
    host.deliver({ kind: 'plots', plots: own() })
    init.onPlots(own())
  }

  /** Plots that the chain does not know are registered, again in each epoch until they are. */
  const register = (): void => {
    const chain = core.chain()
    if (mode !== 'farming' || farmer === null || isWork || plots === undefined) return
    if (host.syncingFrom !== null || registeredIn === chain.epoch.number) return
    registeredIn = chain.epoch.number
    const sign = (message: Uint8Array) => nodeSignatures.sign(farmer.secretKey, message)
    for (const plot of plots.farmed.values()) {
      const claim = { farmer: farmer.publicKey, region: keys.region, sign }
      const item = registrationOf(rules, chain, plot, claim)
      if (item !== null) host.deliver({ kind: 'items', items: [{ item, priority: 1 }], from: null })
    }
  }

  const open = (): void => {
    if (farmer === null || isWork) return
    const opened = openPlots({
      farmer: farmer.publicKey,
      plots: config.plots,
      dir: config.plotDir,
      onPlot({ plotId, k, plot }) {
        log.info({ plot: toHex(plotId), k, file: plot.file }, 'farming a plot')
        registeredIn = -1
        tellPlots()
        place.plotsChanged()
        register()
      },
      onBad(code, line) {
        plotsRefused++
        reporter.refused(code.toLowerCase().replaceAll('_', '-'))
        log.error({ code }, line)
        process.stderr.write(`farmer: ${line}\n`)
        tellPlots()
      },
    })
    plots = opened
    opened.done.catch(init.onFailure)
  }

  /** A block of ours that this process did not make: another process farms with the key, or the journal is an old copy. */
  const foreign = (slot: Slot): void => {
    const line = `${config.name}: another process farms with this farmer's key: its block of slot ${slot} is not in ${config.dataDir}; not farming`
    reporter.refused('foreign-block')
    if (mode === 'listening') return init.onFailure(new CodedError('KEY_IN_USE', line))
    log.error({ slot }, line)
    mode = 'following'
    host.deliver({ kind: 'plots', plots: [] })
    init.onPlots([])
  }

  return {
    start() {
      open()
      if (mode === 'following') return log.info({ mode }, 'started')
      const beganMs = monotonicMs()
      const listenMs = Math.max(listenMsMin, 2 * rules.parameters.slotMs)
      timer = setInterval(() => {
        if (mode !== 'listening') return clearInterval(timer)
        const heardMs = monotonicMs() - beganMs
        // What others farm with the key is seen by who follows; a node that reaches nobody farms alone.
        if (heardMs < listenMs || (!host.isInformed && heardMs < 2 * listenMs)) return
        if (host.syncingFrom !== null) return
        mode = 'farming'
        log.info({ mode, height: core.tip().height }, 'started')
        tellPlots()
        register()
      }, lookMs)
    },
    async stop() {
      clearInterval(timer)
      place.stop()
      await Promise.all([plots?.close(), timelord?.stop()])
    },
    farm(effect) {
      if (effect.kind === 'evaluate') timelord?.evaluate(effect)
      else if (effect.kind === 'look-up') farming.lookUp(effect)
      else farming.prove(effect)
    },
    stepped: () => timelord?.follow(core.state.evaluating),
    observed(observation) {
      if (observation.kind !== 'block-accepted' || mode === 'following' || farmer === null) return
      const { plotId, slot, hash } = observation
      if (slot <= startSlot || !own().some((plot) => equal(plot.plotId, plotId))) return
      const signed = core.state.signed.slots.get(slot)?.get(toHex(plotId))
      if (signed === undefined || !equal(signed, hash)) foreign(slot)
    },
    tipMoved() {
      register()
      place.tipMoved()
    },
    get mode() {
      return mode
    },
    get plots() {
      return plots
    },
    get plotsRefused() {
      return plotsRefused
    },
    place,
    intended() {
      if (farmer === null) return []
      return config.plots.flatMap((plot) => {
        if ('file' in plot) return []
        return [{ plot: toHex(plotIdOf(farmer.publicKey, plot.index)), k: plot.k, region: config.region }]
      })
    },
    own,
  }
}
