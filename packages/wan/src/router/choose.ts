import { CodedError } from '@groundwork/primitives'
import { capabilitiesOf } from '../link-model.ts'
import type { Capabilities } from '../link-table.ts'
import type { InterpreterInit, LinkInterpreter } from './interpreter.ts'
import { openNetem, probeNetem } from './netem/index.ts'
import { clearTrees } from './netem/leftovers.ts'
import { clearDevice } from './packets/device.ts'
import { openPackets, packetsProblem } from './packets/index.ts'

export const wanChoices = ['auto', 'netem', 'packets'] as const

/** `auto`: the kernel's own netem where it exists, for it costs least. */
export type WanChoice = (typeof wanChoices)[number]

export interface Choice {
  readonly requested: WanChoice
  readonly capabilities: Capabilities
  /** What was found out about each interpreter: `available`, or why it is not, or what it lacks. */
  readonly reasons: { readonly netem: string; readonly packets: string }
  open(init: InterpreterInit): Promise<LinkInterpreter>
}

/** Tries out what this kernel and container can do. Throws a CodedError `router-wan` if that is not what is asked for. */
export async function chooseInterpreter(requested: WanChoice): Promise<Choice> {
  const netem = await probeNetem()
  const packets = await packetsProblem()
  const lacks = netem.kind === 'available' ? Object.entries(netem.missing) : []
  const reasons = {
    netem:
      netem.kind === 'unavailable'
        ? netem.reason
        : ['available', ...lacks.map(([property, reason]) => `without ${property} (${reason})`)].join(', '),
    packets: packets ?? 'available',
  }
  if (requested !== 'packets' && netem.kind === 'available') {
    const { capabilities } = netem
    return { requested, capabilities, reasons, open: (init) => openNetem(init, capabilities) }
  }
  if (requested === 'netem') {
    throw new CodedError('router-wan', `--wan netem: ${reasons.netem}; --wan packets needs no netem`)
  }
  if (packets === null) {
    return { requested, capabilities: capabilitiesOf('packets'), reasons, open: openPackets }
  }
  throw new CodedError(
    'router-wan',
    requested === 'packets'
      ? `--wan packets: ${packets}`
      : `no way to emulate a network here: netem: ${reasons.netem}; packets: ${packets}`,
  )
}

/** What interpreters of either kind left that were killed. */
export async function clearLeftovers(interfaces: readonly string[]): Promise<void> {
  await clearTrees(interfaces)
  await clearDevice()
}
