import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '@groundwork/primitives'
import type { RouterConfig } from './config.ts'
import type { RoutedNode } from './interpreter.ts'
import { runBatch } from './netem/tools.ts'
import { ipv4Address } from './packets/ipv4.ts'

/** Docker connects a container to its networks while it starts. */
const interfacesWithinMs = 5_000
const lookEveryMs = 100
const netAdminBit = 12n
/** Nobody listens there (RFC 863). */
const discardPort = 9

/** Throws a CodedError `router-permission` without the capability that all of this needs. */
export function requireNetAdmin(): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  if (effective !== undefined && ((BigInt(`0x${effective}`) >> netAdminBit) & 1n) === 1n) return
  throw new CodedError(
    'router-permission',
    'the router needs the capability NET_ADMIN (cap_add: [NET_ADMIN], as root)',
  )
}

/** The router's interface towards each node: the one whose subnet it lies in. Throws a CodedError `router-interface`. */
export async function findInterfaces(nodes: RouterConfig['nodes']): Promise<RoutedNode[]> {
  for (const endMs = performance.now() + interfacesWithinMs; ; await sleep(lookEveryMs)) {
    const found = nodes.map(({ name, address }) => ({ name, address, interface: interfaceOf(address) }))
    const missing = found.find((node) => node.interface === null)
    if (missing === undefined) return found as RoutedNode[]
    if (performance.now() > endMs) {
      throw new CodedError(
        'router-interface',
        `no network interface of the router is in the subnet of node ${missing.name} (${missing.address})`,
      )
    }
  }
}

function interfaceOf(address: string): string | null {
  for (const [name, places] of Object.entries(networkInterfaces())) {
    for (const { family, internal, cidr } of places ?? []) {
      if (family === 'IPv4' && !internal && cidr !== null && contains(cidr, address)) return name
    }
  }
  return null
}

/** Whether a subnet in CIDR notation, given by any address in it, contains an address. */
export function contains(cidr: string, address: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/')
  // Not a shift by 32, which would shift by none.
  const size = 2 ** (32 - Number(bits))
  return Math.floor(ipv4Address(base) / size) === Math.floor(ipv4Address(address) / size)
}

const forwarding = '/proc/sys/net/ipv4/ip_forward'

/** Lets packets pass between interfaces. Returns how to undo it. Throws a CodedError `router-forwarding`. */
export function enableForwarding(): () => void {
  if (readFileSync(forwarding, 'utf8').trim() === '1') return () => {}
  try {
    writeFileSync(forwarding, '1')
  } catch {
    throw new CodedError(
      'router-forwarding',
      'IPv4 forwarding is off here and cannot be turned on: set the sysctl net.ipv4.ip_forward to 1',
    )
  }
  return () => writeFileSync(forwarding, '0')
}

/** Makes the router the nodes' gateway. Idempotent. */
export async function addGateways(
  nodes: readonly (RoutedNode & { readonly gateway: string })[],
): Promise<void> {
  const taken = new Set(
    Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address)),
  )
  const missing = nodes.filter(({ gateway }) => !taken.has(gateway))
  await runBatch(
    'ip',
    missing.map((node) => `addr add ${node.gateway}/32 dev ${node.interface}`),
  )
  // A node may still know the hardware address of an earlier router: one that asks for the node's tells it the new one.
  await Promise.allSettled(nodes.map(announce))
}

async function announce({
  gateway,
  address,
}: {
  readonly gateway: string
  readonly address: string
}): Promise<void> {
  const socket = createSocket('udp4')
  try {
    socket.bind(0, gateway)
    await once(socket, 'listening')
    await new Promise((resolve) => socket.send('', discardPort, address, resolve))
  } finally {
    socket.close()
  }
}

export async function removeGateways(
  nodes: readonly (RoutedNode & { readonly gateway: string })[],
): Promise<void> {
  const own = new Set(Object.values(networkInterfaces()).flatMap((all) => all?.map(({ cidr }) => cidr)))
  await runBatch(
    'ip',
    nodes
      .filter(({ gateway }) => own.has(`${gateway}/32`))
      .map((node) => `addr del ${node.gateway}/32 dev ${node.interface}`),
  )
}
