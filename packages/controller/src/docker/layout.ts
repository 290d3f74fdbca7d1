import { CodedError } from '@groundwork/primitives'

/** Ports inside containers, the same on every node since every node has addresses of its own. */
export const ports = {
  /** Of a node, on its link address only. */
  p2p: 30_333,
  /** HTTP API of a node, on its control address only. */
  node: 8080,
  /** HTTP API of the router, on its control address. */
  router: 8081,
  /** HTTP API of the controller, the only one that is published. */
  controller: 8080,
  /** UDP, of the router towards the routers of other machines; published only if there are others. */
  tunnel: 30_335,
} as const

export const defaultProject = 'groundwork'
export const defaultSubnet = '10.77'
/** Numbers above are taken by the gateway, the controller and the router in the control network. */
export const maxNodes = 250

/** One node's place in the network under test and in the control network. */
export interface NodePlace {
  readonly name: string
  /** From 1, in the order of the plan. */
  readonly number: number
  /** The bridge network that holds this node and the router, nobody else. */
  readonly network: string
  /** In CIDR notation; so are all subnets here. */
  readonly subnet: string
  /** The default route of the node. The bridge does not have it (`inhibit_ipv4`), the router adds it to itself. */
  readonly gateway: string
  /** Where other nodes reach it. */
  readonly address: string
  /** The router's own address in this network. */
  readonly router: string
  /** Where the controller reaches it. */
  readonly control: string
}

/** Networks and addresses of everything in one emulated network. Plain JSON. */
export interface Layout {
  readonly project: string
  /** The first two octets of all addresses. */
  readonly subnet: string
  readonly nodes: readonly NodePlace[]
  /** Of the programs among themselves: no fault ever cuts it, and nothing leaves it. */
  readonly control: {
    readonly network: string
    readonly subnet: string
    /** Taken by nobody: Docker wants to set one aside. */
    readonly gateway: string
    readonly router: string
    readonly controller: string
  }
  /** The way in from the machine that runs Docker: to the controller's API and, with several machines, between routers. */
  readonly front: { readonly network: string; readonly subnet: string }
}

export interface LayoutInit {
  /** Of Docker Compose; the default is `groundwork`. */
  readonly project?: string
  /** Two octets; the default is `10.77`. */
  readonly subnet?: string
  /** Names of all nodes, in the order of the plan. */
  readonly nodes: readonly string[]
}

/** Pure: the same names give the same addresses, on whichever machine. Throws a CodedError `USAGE_LAYOUT`, one line. */
export function layoutOf(init: LayoutInit): Layout {
  const { project = defaultProject, subnet = defaultSubnet } = init
  if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(project)) {
    throw wrong(`project "${project}": expected small letters, digits, - and _, at most 40`)
  }
  const octets = /^(\d{1,3})\.(\d{1,3})$/.exec(subnet)
  if (
    octets === null ||
    octets.slice(1).some((octet) => Number(octet) > 255 || `${Number(octet)}` !== octet)
  ) {
    throw wrong(`subnet "${subnet}": expected two octets, such as ${defaultSubnet}`)
  }
  if (init.nodes.length > maxNodes) {
    throw wrong(`${init.nodes.length} nodes: a network of containers holds at most ${maxNodes}`)
  }
  for (const name of init.nodes) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) {
      throw wrong(`node "${name}": in containers a name has letters, digits, - and _, at most 64`)
    }
    if (reserved.includes(name)) throw wrong(`node "${name}": the name of a program of the harness`)
  }
  const nodes = init.nodes.map((name, i): NodePlace => {
    const own = `${subnet}.${i + 1}`
    return {
      name,
      number: i + 1,
      network: `link-${name}`,
      subnet: `${own}.0/24`,
      gateway: `${own}.1`,
      address: `${own}.2`,
      router: `${own}.254`,
      control: `${subnet}.0.${i + 1}`,
    }
  })
  return {
    project,
    subnet,
    nodes,
    control: {
      network: 'control',
      subnet: `${subnet}.0.0/24`,
      gateway: `${subnet}.0.252`,
      router: `${subnet}.0.254`,
      controller: `${subnet}.0.253`,
    },
    front: { network: 'front', subnet: `${subnet}.255.0/24` },
  }
}

/** Names of services that are not nodes. */
export const reserved: readonly string[] = ['router', 'controller']

function wrong(message: string): CodedError {
  return new CodedError('USAGE_LAYOUT', message)
}
