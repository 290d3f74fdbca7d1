import { parseReadings } from './counters.ts'
import { runBatch } from './tools.ts'

const ours = /^gw-\d+-\d+$/

/** Where a link's packets are copied; short, for interface names have at most 15 characters. */
export function copiesDevice(target: number, sender: number): string {
  return `gw-${target}-${sender}`
}

/** Removes what an interpreter made, this one or an earlier one that was killed: trees on these interfaces, devices. */
export async function clearTrees(interfaces: readonly string[]): Promise<void> {
  const shown = parseReadings(await runBatch('tc', ['qdisc show']))
  const trees = shown.filter(
    ({ device, root, kind, handle }) =>
      root && kind === 'tbf' && handle === '1:' && interfaces.includes(device),
  )
  await runBatch(
    'tc',
    trees.map(({ device }) => `qdisc del dev ${device} root`),
  )
  const json = await runBatch('ip', ['link show type ifb'])
  const devices = JSON.parse(json.trim() === '' ? '[]' : json) as readonly { readonly ifname?: string }[]
  await runBatch(
    'ip',
    devices.flatMap(({ ifname }) =>
      ifname !== undefined && ours.test(ifname) ? [`link del ${ifname}`] : [],
    ),
  )
}
