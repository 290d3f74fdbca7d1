import { CodedError } from '@groundwork/primitives'
import { capabilitiesOf, openLink } from '../../link-model.ts'
import type { Capabilities, Link, LinkProperty } from '../../link-table.ts'
import { copiesDevice } from './leftovers.ts'
import { runBatch, runTool } from './tools.ts'
import { branch, branchCommands, trunkCommands } from './tree.ts'

export type NetemProbe =
  | {
      readonly kind: 'available'
      /** What this kernel can do; some lack parts for duplicates or reordering. */
      readonly capabilities: Capabilities
      /** Why it can't do what is missing there. */
      readonly missing: Readonly<Partial<Record<LinkProperty, string>>>
    }
  | { readonly kind: 'unavailable'; readonly reason: string }

const mtu = 1500

/**
 * Builds the tree that a link would need, for traffic of nobody, on a pair of interfaces that it makes and removes.
 * Needs what the interpreter needs: tc, ip and NET_ADMIN in this network namespace.
 */
export async function probeNetem(): Promise<NetemProbe> {
  const device = `gw-probe${process.pid % 1_000_000}`
  const remove = (): Promise<unknown> => runTool('ip', ['link', 'del', device]).catch(() => {})
  try {
    await runTool('ip', ['link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}p`])
    return await probeOn(device)
  } catch (error) {
    return { kind: 'unavailable', reason: reasonOf(error) }
  } finally {
    await remove()
  }
}

async function probeOn(device: string): Promise<NetemProbe> {
  // Beyond what an interpreter numbers, so that the device is nobody else's.
  const place = {
    device,
    sender: 1,
    address: '192.0.2.1',
    copiesDevice: copiesDevice(0, process.pid % 100_000),
  }
  const plain = branch(place, openLink)
  await runBatch('tc', [...trunkCommands(device, mtu), ...branchCommands(null, plain, mtu).tc])
  const missing: Partial<Record<LinkProperty, string>> = {}
  const attempt = async (set: Partial<Link>): Promise<void> => {
    const { ip, tc } = branchCommands(plain, branch(place, { ...openLink, ...set }, plain), mtu)
    try {
      await runBatch('ip', ip)
      await runBatch('tc', tc)
    } catch (error) {
      for (const property of Object.keys(set) as LinkProperty[]) missing[property] = reasonOf(error)
    } finally {
      if (ip.length > 0) await runTool('ip', ['link', 'del', place.copiesDevice]).catch(() => {})
    }
  }
  await attempt({ duplicateRatio: 0.01 })
  await attempt({ reorderRatio: 0.01 })
  const all = capabilitiesOf('netem')
  const properties = new Set([...all.properties].filter((property) => missing[property] === undefined))
  return { kind: 'available', capabilities: { ...all, properties }, missing }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof CodedError)) throw error
  const [said] = error.message.split(' (')
  if (/not permitted/.test(error.message)) return `${said}: NET_ADMIN is missing`
  if (/netem/.test(error.message) && /unknown/.test(error.message)) return 'the kernel has no sch_netem'
  return error.message
}
