import { readFile } from 'node:fs/promises'
import { assert, CodedError } from '@groundwork/primitives'
import { capabilitiesOf } from '../../link-model.ts'
import type { Capabilities, NodeName } from '../../link-table.ts'
import type { ChangedLink } from '../../live-link-table.ts'
import type { InterpreterInit, LinkInterpreter } from '../interpreter.ts'
import { linkCounter, parseReadings } from './counters.ts'
import { clearTrees, copiesDevice } from './leftovers.ts'
import { type CountedLink, summary } from './summary.ts'
import { runBatch } from './tools.ts'
import { trafficControl } from './traffic-control.ts'
import { type Branch, branch, branchCommands, leafHandle, trunkCommands } from './tree.ts'

interface TreeLink extends CountedLink {
  readonly mtu: number
  branch: Branch
}

/** How often the kernel is asked whether the trees still stand and whether it had to drop. */
const watchMs = 1000

/**
 * Interprets the link table by the kernel's own traffic control (tc with netem), on the router's interfaces. Throws a
 * CodedError `router-tool` if tc or the kernel refuses (see `probeNetem`).
 */
export async function openNetem(
  init: InterpreterInit,
  capabilities: Capabilities = capabilitiesOf('netem'),
): Promise<LinkInterpreter> {
  const openedMs = performance.now()
  const cpu = process.cpuUsage()
  const interfaces = init.nodes.map((node) => node.interface)
  const mtus = await Promise.all(interfaces.map(mtuOf))
  let closed = false
  let overloaded = 0
  let saturatedSeconds = 0

  let breakDown: (reason: Error) => void = () => {}
  const broken = new Promise<Error>((resolve) => {
    breakDown = resolve
  })
  // Whoever reads counters must not meet half a change.
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work)
    queue = done.catch(() => {})
    return done
  }

  const numberOf = (name: NodeName): number => {
    const i = init.nodes.findIndex((node) => node.name === name)
    assert(i >= 0, `no node ${name}`)
    return i + 1
  }
  const branchOf = ({ from, to, link }: ChangedLink, before: Branch | null): Branch => {
    const [sender, target] = [numberOf(from), numberOf(to)]
    const place = {
      device: interfaces[target - 1] as string,
      sender,
      address: (init.nodes[sender - 1] as { address: string }).address,
      copiesDevice: copiesDevice(target, sender),
    }
    return branch(place, link, before)
  }
  const links: TreeLink[] = init.links.map((changed) => ({
    ...changed,
    counter: linkCounter(),
    mtu: mtus[numberOf(changed.to) - 1] as number,
    branch: branchOf(changed, null),
  }))
  const linkOf = (from: NodeName, to: NodeName): TreeLink => {
    const link = links.find((each) => each.from === from && each.to === to)
    assert(link !== undefined, `no link ${from} > ${to}`)
    return link
  }

  /** Takes in the kernel's counters of some links. */
  const count = (shownJson: string, concerned: readonly TreeLink[]): void => {
    const shown = parseReadings(shownJson)
    const readings = new Map(shown.map((each) => [`${each.device} ${each.handle}`, each]))
    for (const { counter, link, branch: at } of concerned) {
      for (const heldBack of at.heldBack === null ? [false] : [false, true]) {
        const reading = readings.get(`${at.device} ${leafHandle(at, heldBack)}`)
        if (reading !== undefined) counter.read(reading, link)
        else breakDown(new Error(`the traffic control of ${at.device} is gone, with its shaping`))
      }
    }
  }
  const read = async (): Promise<void> => count((await control.run(['qdisc show'])).join(), links)
  const watch = async (): Promise<void> => {
    if (closed) return
    await read()
    const drops = links.reduce((sum, { counter }) => sum + (counter.totals.dropped.overload ?? 0), 0)
    if (drops > overloaded) saturatedSeconds++
    overloaded = drops
  }

  await clearTrees(interfaces)
  const control = trafficControl()
  try {
    const trunks = interfaces.flatMap((device, i) => trunkCommands(device, mtus[i] as number))
    const branches = links.map(({ branch: made, mtu }) => branchCommands(null, made, mtu))
    await runBatch(
      'ip',
      branches.flatMap(({ ip }) => ip),
    )
    await control.run([...trunks, ...branches.flatMap(({ tc }) => tc)])
  } catch (error) {
    await control.close()
    await clearTrees(interfaces)
    throw error
  }
  const timer = setInterval(() => inTurn(watch).catch(breakDown), watchMs)
  timer.unref()

  return {
    capabilities,
    broken,
    apply: (changed) =>
      inTurn(async () => {
        assert(!closed, 'closed')
        const next = changed.map((change) => {
          const at = linkOf(change.from, change.to)
          return { at, link: change.link, after: branchOf(change, at.branch) }
        })
        const steps = next.map(({ at, after }) => branchCommands(at.branch, after, at.mtu))
        try {
          await runBatch(
            'ip',
            steps.flatMap(({ ip }) => ip),
          )
          // In one go with the changes, so that little is dropped uncounted with a leaf that is replaced.
          const shown = await control.run(['qdisc show', ...steps.flatMap(({ tc }) => tc)])
          count(
            shown.join(),
            next.map(({ at }) => at),
          )
        } catch (error) {
          // Part of it may have been carried out: nobody knows what the network does now.
          breakDown(error as Error)
          throw error
        }
        for (const { at, link, after } of next) {
          if (at.branch.cut !== after.cut) {
            for (const heldBack of [false, true]) at.counter.replaced(leafHandle(at.branch, heldBack))
          }
          at.link = link
          at.branch = after
        }
      }),
    stats: () =>
      inTurn(async () => {
        if (!closed) await read()
        const { user, system } = process.cpuUsage(cpu)
        const cpuMs = (user + system) / 1000
        return summary(links, { forMs: performance.now() - openedMs, saturatedSeconds, cpuMs })
      }),
    close: () =>
      inTurn(async () => {
        if (closed) return
        closed = true
        clearInterval(timer)
        await control.close()
        await clearTrees(interfaces)
      }),
  }
}

async function mtuOf(device: string): Promise<number> {
  try {
    return Number(await readFile(`/sys/class/net/${device}/mtu`, 'utf8'))
  } catch {
    throw new CodedError('router-interface', `there is no network interface ${device}`, { device })
  }
}
