import { readFile, writeFile } from 'node:fs/promises'
import { CodedError } from '@groundwork/primitives'
import { runBatch, runTool } from '../netem/tools.ts'

/** The TUN device, in the router's network namespace. */
export const deviceName = 'nem0'
/** Number of the routing table and preference of the rules; both are ours alone. */
const table = 7707

/** How many packets the device holds while the emulation does not get the CPU: 0.2 s of 10,000 a second. */
const queuePackets = 2_000

/**
 * Leads what comes from the nodes into the device. What comes out of it again is routed as usual. Should the device
 * vanish, with the process that holds it, then the second route drops everything: better no network than one that is
 * not emulated. Returns how to undo what `clearDevice` does not.
 */
export async function leadIntoDevice(
  interfaces: readonly string[],
  mtu: number,
): Promise<() => Promise<unknown>> {
  const undo = await allowOtherSenders()
  await runBatch('ip', [
    `link set ${deviceName} addrgenmode none mtu ${mtu} txqueuelen ${queuePackets} up`,
    `route add default dev ${deviceName} table ${table}`,
    `route add blackhole default metric 9999 table ${table}`,
    ...interfaces.map((name) => `rule add iif ${name} lookup ${table} pref ${table}`),
  ])
  return undo
}

const strict = '1'

/**
 * A strict reverse path filter would drop what comes out of the device, for its sender is elsewhere. Throws a
 * CodedError `router-forwarding` if there is one that cannot be turned off.
 */
async function allowOtherSenders(): Promise<() => Promise<unknown>> {
  const filterOf = (name: string): string => `/proc/sys/net/ipv4/conf/${name}/rp_filter`
  // The kernel takes the greater of the two; a loose one (2) is no obstacle.
  const names = ['all', deviceName]
  const values = await Promise.all(names.map(async (name) => (await readFile(filterOf(name), 'utf8')).trim()))
  if (values.includes('2') || !values.includes(strict)) return async () => {}
  const files = names.filter((_, i) => values[i] === strict).map(filterOf)
  try {
    for (const file of files) await writeFile(file, '0')
  } catch {
    throw new CodedError(
      'router-forwarding',
      'strict reverse path filters drop emulated packets: set the sysctls net.ipv4.conf.all.rp_filter and ' +
        'net.ipv4.conf.default.rp_filter to 0',
    )
  }
  // That of the device is gone with it.
  return () => Promise.allSettled(files.map((file) => writeFile(file, strict)))
}

/** Idempotent; also for what an interpreter left that was killed. */
export async function clearDevice(): Promise<void> {
  const rules = await readJson<{ readonly priority: number }>(['-j', 'rule', 'show'])
  await runBatch(
    'ip',
    rules.filter(({ priority }) => priority === table).map(() => `rule del pref ${table}`),
  )
  await runTool('ip', ['route', 'flush', 'table', `${table}`]).catch(() => {})
  const links = await readJson<{ readonly ifname?: string }>(['-j', 'link', 'show', 'type', 'tun'])
  if (links.some(({ ifname }) => ifname === deviceName)) {
    // Its process may have ended meanwhile.
    await runTool('ip', ['link', 'del', deviceName]).catch(() => {})
  }
}

async function readJson<T>(args: readonly string[]): Promise<readonly T[]> {
  const json = await runTool('ip', args)
  return JSON.parse(json.trim() === '' ? '[]' : json) as readonly T[]
}

/** Of the widest interface, for no packet may be too long for the device. */
export async function widestMtu(interfaces: readonly string[]): Promise<number> {
  const mtus = await Promise.all(
    interfaces.map(async (name) => Number(await readFile(`/sys/class/net/${name}/mtu`, 'utf8'))),
  )
  return Math.max(...mtus)
}
