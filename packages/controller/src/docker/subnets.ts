import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { CodedError } from '@groundwork/primitives'
import type { Engine } from './engine.ts'
import { inspectAll } from './inspect.ts'
import { defaultSubnet } from './layout.ts'

/** A range of IPv4 addresses. */
export interface Range {
  /** What has it, for an error message. */
  readonly owner: string
  readonly first: number
  readonly last: number
}

const candidates: readonly string[] = Array.from({ length: 64 }, (_, i) => `10.${77 + i}`)

/**
 * Two octets `10.77` such that no Docker network, interface or route of this machine has an address below them: the
 * wanted ones, or else one of many that are free, the first unless it is drawn. Throws a CodedError `DOCKER_SUBNET`, one line.
 */
export async function freeSubnet(
  engine: Engine,
  wanted?: string,
  draw: (count: number) => number = () => 0,
): Promise<string> {
  const taken = [...(await dockerRanges(engine)), ...machineRanges()]
  return chooseSubnet(taken, wanted, draw)
}

/** Pure. */
export function chooseSubnet(
  taken: readonly Range[],
  wanted?: string,
  draw: (count: number) => number = () => 0,
): string {
  const inTheWay = (subnet: string): Range | undefined => {
    const { first, last } = rangeOf('', `${subnet}.0.0/16`) as Range
    return taken.find((other) => other.first <= last && first <= other.last)
  }
  if (wanted !== undefined) {
    const other = inTheWay(wanted)
    if (other === undefined) return wanted
    throw new CodedError(
      'DOCKER_SUBNET',
      `subnet ${wanted}.0.0/16 is not free: ${other.owner} has addresses in it; leave --subnet out to have a free one chosen`,
    )
  }
  const free = candidates.filter((subnet) => inTheWay(subnet) === undefined)
  const found = free[free.length === 0 ? 0 : draw(free.length)]
  if (found !== undefined) return found
  const last = candidates.at(-1)
  throw new CodedError(
    'DOCKER_SUBNET',
    `no free subnet: Docker networks or routes of this machine lie in each of ${defaultSubnet}.0.0/16 to ${last}.0.0/16; remove unused networks (docker network prune) or name one with --subnet`,
  )
}

interface InspectedNetwork {
  readonly Name: string
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null }
}

async function dockerRanges(engine: Engine): Promise<Range[]> {
  const networks = await inspectAll<InspectedNetwork>(engine, 'network', [])
  return networks.flatMap(({ Name, IPAM }) =>
    (IPAM.Config ?? []).flatMap(({ Subnet }) => rangeOf(`the Docker network ${Name}`, Subnet ?? '') ?? []),
  )
}

function machineRanges(): Range[] {
  const own = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ cidr }) => rangeOf(`the interface ${name}`, cidr ?? '') ?? []),
  )
  return [...own, ...routes()]
}

/** Of Linux; elsewhere the interfaces have to do. A default route is in nobody's way. */
function routes(): Range[] {
  let table: string
  try {
    table = readFileSync('/proc/net/route', 'utf8')
  } catch {
    return []
  }
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, destination = '', , , , , , mask = ''] = line.split(/\s+/)
      if (mask === '' || mask === '00000000') return []
      const first = littleEndian(destination)
      return [{ owner: `a route over ${name}`, first, last: first + (0xffff_ffff - littleEndian(mask)) }]
    })
}

function littleEndian(hex: string): number {
  return Buffer.from(hex.padStart(8, '0'), 'hex').readUInt32LE()
}

/** Of an IPv4 network in CIDR notation; null for anything else. */
export function rangeOf(owner: string, cidr: string): Range | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr)
  if (match === null) return null
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number)
  const size = 2 ** (32 - bits)
  const address = ((a * 256 + b) * 256 + c) * 256 + d
  const first = address - (address % size)
  return { owner, first, last: first + size - 1 }
}
