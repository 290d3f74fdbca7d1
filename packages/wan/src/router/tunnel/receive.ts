import { ipv4Address, readIpv4 } from '../packets/ipv4.ts'

export interface ReceiveInit {
  readonly port: number
  /** Subnets of nodes on this machine, and of those on others, in CIDR notation. */
  readonly here: readonly string[]
  readonly far: readonly string[]
}

/** Whether a datagram is one whole IPv4 packet from a node of another machine to one of this machine. Pure. */
export function packetFilter({ here, far }: Omit<ReceiveInit, 'port'>): (datagram: Uint8Array) => boolean {
  const isHere = isIn(here)
  const isFar = isIn(far)
  return (datagram) => {
    const header = readIpv4(datagram)
    if (header === null || header.totalBytes !== datagram.length) return false
    return isFar(header.source) && isHere(header.destination)
  }
}

function isIn(subnets: readonly string[]): (address: number) => boolean {
  const ranges = subnets.map((subnet) => {
    const [base = '', bits = '32'] = subnet.split('/')
    const size = 2 ** (32 - Number(bits))
    return { prefix: Math.floor(ipv4Address(base) / size), size }
  })
  return (address) => ranges.some(({ prefix, size }) => Math.floor(address / size) === prefix)
}
