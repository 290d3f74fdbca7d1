import { runBatch, runTool } from '../netem/tools.ts'

/** Where packets from other machines come in. */
export const inDevice = 'far-in'
/** An Ethernet frame less IPv4 and UDP headers is 1472; some ways between machines have less. */
export const inMtu = 1400
/** Of the rules for what comes in; ours alone. */
export const preferences = { forged: 7700, deliver: 7701, rest: 7702 } as const

/** Behind which a node of another machine is. */
export function farDevice(number: number): string {
  return `far-${number}`
}

/** Idempotent; also for what a killed router left. */
export async function clearTunnel(): Promise<void> {
  const rules = await readJson<{ readonly priority: number }>(['-j', 'rule', 'show'])
  const ours: readonly number[] = Object.values(preferences)
  const left = rules.filter(({ priority }) => ours.includes(priority))
  await runBatch(
    'ip',
    left.map(({ priority }) => `rule del pref ${priority}`),
  )
  const links = await readJson<{ readonly ifname?: string }>(['-j', 'link', 'show', 'type', 'tun'])
  const devices = links.flatMap(({ ifname }) =>
    ifname !== undefined && /^far-(in|\d+)$/.test(ifname) ? [ifname] : [],
  )
  await runBatch(
    'ip',
    devices.map((device) => `link del ${device}`),
  )
}

async function readJson<T>(args: readonly string[]): Promise<readonly T[]> {
  const json = await runTool('ip', args)
  return JSON.parse(json.trim() === '' ? '[]' : json) as readonly T[]
}
