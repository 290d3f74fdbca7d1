import type { Libp2pTransport } from '@groundwork/transport-libp2p'

type Link = Pick<Libp2pTransport, 'counters' | 'takeRoundTrips'>

/** Transports to validators and to farmers, told as one. */
export interface Links {
  counters(): Record<string, number>
  takeRoundTrips(): ReturnType<Link['takeRoundTrips']>
}

export function linksOver(transports: () => readonly (Link | undefined)[]): Links {
  const up = () => transports().filter((each) => each !== undefined)
  return {
    counters() {
      const sums: Record<string, number> = {}
      for (const transport of up())
        for (const [name, count] of Object.entries(transport.counters()))
          sums[name] = (sums[name] ?? 0) + count
      return sums
    },
    takeRoundTrips: () => up().flatMap((transport) => transport.takeRoundTrips()),
  }
}
