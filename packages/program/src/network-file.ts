import { existsSync } from 'node:fs'
import { CodedError } from '@groundwork/primitives'
import * as z from 'zod'
import { readText } from './input-files.ts'
import { type Address, pieces } from './settings.ts'

const { port } = pieces
const place = z.object({ name: z.string(), address: z.ipv4(), control: z.ipv4() })

/** What every program needs of a network file, version 1: where its nodes are. */
export const networkFilePieces: {
  readonly version: z.ZodType<1>
  readonly chain: z.ZodType<string>
  readonly ports: z.ZodType<Ports>
  readonly layout: z.ZodType<Layout>
  readonly hybrid: z.ZodType<HybridFiles | undefined>
} = {
  version: z.literal(1, 'unknown version, expected 1'),
  chain: z.string().min(1),
  ports: z.object({ p2p: port, node: port }),
  layout: z.object({ nodes: z.array(place) }),
  hybrid: z
    .object({
      version: z.literal(1, 'unknown version, expected 1'),
      genesis: z.unknown(),
      physicalGenesis: z.unknown(),
    })
    .optional(),
}

/** Contents of the genesis files of both chains of a hybrid network. */
interface HybridFiles {
  readonly version: 1
  readonly genesis?: unknown
  readonly physicalGenesis?: unknown
}

interface Ports {
  readonly p2p: number
  readonly node: number
}

interface Layout {
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly control: string }[]
}

/** Where nodes listen, and how one reaches another. */
export interface Places {
  /** Of two nodes the earlier one dials. */
  connect(from: string, to: string): Address & { readonly dial: boolean }
  listen(name: string): Address
  api(name: string): Address
}

/** `names`: all nodes, in the order of the file. Throws `NETWORK_INVALID` if their places are not exactly these. */
export function placesOf(shown: string, names: readonly string[], layout: Layout, ports: Ports): Places {
  const places = new Map(layout.nodes.map((each) => [each.name, each]))
  const order = new Map(names.map((name, i) => [name, i]))
  if (names.some((name) => !places.has(name)) || order.size !== names.length || order.size !== places.size) {
    throw new CodedError(
      'NETWORK_INVALID',
      `${shown}: layout.nodes and plan.nodes do not name the same nodes`,
    )
  }
  const placeOf = (name: string) => places.get(name) as Layout['nodes'][number]
  const listen = (name: string): Address => ({ host: placeOf(name).address, port: ports.p2p })
  return {
    connect: (from, to) => ({
      ...listen(to),
      dial: (order.get(from) as number) < (order.get(to) as number),
    }),
    listen,
    api: (name) => ({ host: placeOf(name).control, port: ports.node }),
  }
}

/** Throws `NETWORK_NODE` with the names that there are; `what` is the kind of node. */
export function nodeNamed<N extends { readonly name: string }>(
  nodes: readonly N[],
  name: string,
  what: string,
): N {
  const node = nodes.find((other) => other.name === name)
  if (node !== undefined) return node
  const known = nodes.map((other) => other.name).join(', ')
  throw new CodedError(
    'NETWORK_NODE',
    `--name ${name}: no such ${what} in the network file (there are ${known})`,
  )
}

/**
 * Writes into a node's home what it needs, by `write`. Throws `NETWORK_HOME` if another network's node lives there, which
 * another genesis shows, or if nothing can be written there.
 */
export function settleHome<T>(
  home: string,
  genesis: { readonly file: string; readonly content: string },
  write: () => T,
): T {
  if (existsSync(genesis.file) && readText(genesis.file, 'NETWORK') !== genesis.content) {
    throw new CodedError(
      'NETWORK_HOME',
      `--home ${home}: holds a node of another network; remove what is in it, or give this one another home`,
    )
  }
  try {
    return write()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || error instanceof CodedError) throw error
    throw new CodedError('NETWORK_HOME', `--home ${home}: cannot write there (${code})`)
  }
}
