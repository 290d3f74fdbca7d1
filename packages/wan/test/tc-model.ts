import { assert } from '@groundwork/primitives'

/** What tc and ip would have built, as far as our commands go: refuses what they would refuse. */
export interface TcModel {
  run(commands: { readonly ip: readonly string[]; readonly tc: readonly string[] }): void
  /** Queues that were thrown away, with what they held, since the last call: `eth1 2:1`. */
  takeDropped(): string[]
  /** All that has an effect on traffic; what stands idle is left out. */
  effective(): unknown
}

interface Qdisc {
  readonly handle: string
  readonly kind: string
  /** By name, so that a change keeps what it does not name. */
  options: Record<string, string>
}

interface Device {
  up: boolean
  /** By parent: `root`, `1:1`, `2:a`. */
  readonly qdiscs: Map<string, Qdisc>
  readonly classes: Set<string>
  /** By priority; those of one priority in order. */
  readonly filters: Map<number, string[]>
}

const words: Record<string, number> = { delay: 2 }

export function tcModel(interfaces: readonly string[]): TcModel {
  const devices = new Map<string, Device>()
  let dropped: string[] = []
  const addDevice = (name: string, up: boolean): void => {
    assert(!devices.has(name), `RTNETLINK answers: File exists (${name})`)
    devices.set(name, { up, qdiscs: new Map(), classes: new Set(), filters: new Map() })
  }
  for (const name of interfaces) addDevice(name, true)
  const deviceOf = (line: string): Device => {
    const name = / dev (\S+)/.exec(line)?.[1] ?? ''
    const device = devices.get(name)
    assert(device !== undefined, `Cannot find device "${name}"`)
    return device
  }

  const qdisc = (line: string): void => {
    const match =
      /^qdisc (add|change|replace|del) dev (\S+) (?:parent (\S+)|root)(?: handle (\S+) (\S+) (.*))?$/.exec(
        line,
      )
    assert(match !== null, `not understood: ${line}`)
    const [, verb, name, parent = 'root', handle = '', kind = '', rest = ''] = match
    const { qdiscs, classes } = deviceOf(line)
    const old = qdiscs.get(parent)
    if (verb === 'del') {
      assert(parent === 'root' && old !== undefined, `nothing to delete: ${line}`)
      qdiscs.clear()
      return
    }
    assert(parent === 'root' || classes.has(parent), `Specified class not found: ${line}`)
    if (verb === 'change') {
      assert(old?.handle === handle && old.kind === kind, `no such qdisc: ${line}`)
      old.options = { ...old.options, ...optionsOf(rest) }
      return
    }
    assert(verb === 'replace' || old === undefined, `Exclusivity flag on: ${line}`)
    assert(![...qdiscs.values()].some((other) => other.handle === handle), `handle in use: ${line}`)
    if (old !== undefined) dropped.push(`${name} ${parent}`)
    qdiscs.set(parent, { handle, kind, options: optionsOf(rest) })
    if (kind === 'tbf') classes.add('1:1')
  }

  const filter = (line: string): void => {
    const match = /^filter (add|replace|del) dev \S+ parent 2: protocol ip prio (\d+)(?: (.*))?$/.exec(line)
    assert(match !== null, `not understood: ${line}`)
    const [, verb, priority, what] = match
    const { filters, classes } = deviceOf(line)
    const old = filters.get(Number(priority))
    if (verb === 'del') {
      assert(old !== undefined, `no such filter: ${line}`)
      filters.delete(Number(priority))
      return
    }
    assert(what !== undefined && classes.has(/flowid (\S+)/.exec(what)?.[1] ?? ''), `no flow: ${line}`)
    const via = / dev (\S+)$/.exec(what)?.[1]
    assert(via === undefined || devices.get(via)?.up === true, `Cannot find device: ${line}`)
    const numbered = / ?handle 1 /.test(what)
    if (verb === 'add' || !numbered) filters.set(Number(priority), [...(old ?? []), what])
    else filters.set(Number(priority), [what])
  }

  const tc = (line: string): void => {
    if (line.startsWith('qdisc')) return qdisc(line)
    if (line.startsWith('filter')) return filter(line)
    const classId = /^class add dev \S+ parent 2: classid (2:\S+) htb /.exec(line)?.[1]
    assert(classId !== undefined, `not understood: ${line}`)
    const { classes } = deviceOf(line)
    assert(!classes.has(classId), `Class already exists: ${line}`)
    classes.add(classId)
  }

  const ip = (line: string): void => {
    const [, verb, name = ''] = /^link (add|set|del) (\S+)/.exec(line) ?? []
    if (verb === 'add') return addDevice(name, false)
    const device = devices.get(name)
    assert(device !== undefined, `Cannot find device "${name}"`)
    if (verb === 'set') device.up = true
    else devices.delete(name)
  }

  return {
    run(commands) {
      for (const line of commands.ip) ip(line)
      for (const line of commands.tc) tc(line)
    },
    takeDropped() {
      const taken = dropped
      dropped = []
      return taken
    },
    effective() {
      const asked = [...devices.values()].flatMap(({ filters }) => [...filters.values()].flat())
      const inUse = [...devices].filter(
        ([name]) => interfaces.includes(name) || asked.some((what) => what.endsWith(` dev ${name}`)),
      )
      return Object.fromEntries(
        inUse.map(([name, { up, qdiscs, classes, filters }]) => {
          const flows = [...filters.values()].flat().map((what) => /flowid (\S+)/.exec(what)?.[1] ?? '')
          const used = (classId: string) => classId === 'root' || classId === '1:1' || flows.includes(classId)
          const kept = [...qdiscs].filter(([parent]) => used(parent))
          return [
            name,
            {
              up,
              classes: [...classes].filter(used).sort(),
              qdiscs: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))),
              filters: Object.fromEntries([...filters].sort(([a], [b]) => a - b)),
            },
          ]
        }),
      )
    },
  }
}

function optionsOf(text: string): Record<string, string> {
  const options: Record<string, string> = {}
  const rest = text.split(' ')
  while (rest.length > 0) {
    const name = rest.shift() as string
    options[name] = rest.splice(0, words[name] ?? 1).join(' ')
  }
  return options
}
