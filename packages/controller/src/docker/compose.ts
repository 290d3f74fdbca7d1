import { assert } from '@groundwork/primitives'
import { stringify } from 'yaml'
import { byzantineFlags } from '../runtime/misbehaviour.ts'
import { labels, type Role } from './containers.ts'
import { type NodePlace, ports } from './layout.ts'
import { machineNamed, type NetworkFile, networkFileInContainer, nodesIn } from './network-file.ts'

export const imageName = 'groundwork'
/** Where a node's container has its home. */
export const homeInContainer = '/node'
/** Where the controller keeps what it settled at its first start. */
export const stateInContainer = '/state'

export interface ComposeInit {
  readonly file: NetworkFile
  /** Where the network file is on the machine that runs Docker; relative paths are from the compose file. */
  readonly networkFile: string
  /** Which of several machines the file is for; null if there is only one. */
  readonly machine: string | null
  readonly image: string
  /** The repository, to build the image from if it is not there; null: it must be there. */
  readonly build: string | null
  /** Named volumes, or for each node a folder of the machine. */
  readonly homes: { readonly kind: 'volumes' } | { readonly kind: 'folders'; folder(node: string): string }
  /** `UID:GID` of nodes; null for the image's own. */
  readonly user: string | null
  /** Of this machine's loopback, for the controller's API; 0 for any that is free. Or an expression of Compose. */
  readonly apiPort: number | string
  /** Whether the router gets /dev/net/tun, without which it cannot emulate with packets. */
  readonly tun: boolean
  /** As `--wan` takes it, or an expression of Compose. */
  readonly wan: 'auto' | 'netem' | 'packets' | `$\{${string}}`
  /** Seconds between two health checks of a container; null for none: each costs tens of milliseconds of CPU. */
  readonly healthEveryS: number | null
  readonly limits: NodeLimits
}

export interface NodeLimits {
  readonly memoryMiB: number
  /** Cores. */
  readonly cpus: number
  readonly pids: number
}

export const defaultLimits: NodeLimits = { memoryMiB: 256, cpus: 1, pids: 64 }

/** Compose starts nothing of this profile by itself: nodes with seized keys, which are only there from some time on. */
export const seizedProfile = 'seized'

/** Weights where cores are short (1024 is Docker's own): packets first, then votes; a slot can wait, as with niceness 10. */
const cpuShares = { router: 8192, farmer: 112 }

/** What Compose reads, as far as we write it. */
export interface ComposeFile {
  readonly name: string
  readonly 'x-common': Service
  readonly 'x-node': Service
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, object>>
  readonly volumes?: Readonly<Record<string, object>>
  readonly secrets?: Readonly<Record<string, object>>
}

export interface Service {
  /** Keys of another mapping that this one does not have itself. */
  readonly '<<'?: Service
  readonly [key: string]: unknown
}

/** The compose file of a network, or of one machine's part of it. Pure. */
export function composeFile(init: ComposeInit): ComposeFile {
  const { file, image, build, healthEveryS, limits, user } = init
  const { project } = file.layout
  const machine = machineNamed(file, init.machine)
  const places = file.layout.nodes.filter(({ name }) => machine?.nodes.includes(name) ?? true)
  const common: Service = {
    image,
    init: true,
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'no',
    stop_grace_period: '2s',
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '2' } },
    ...(healthEveryS === null ? { healthcheck: { disable: true } } : {}),
    ...(machine === null ? {} : { environment: { GROUNDWORK_MACHINE: machine.name } }),
  }
  const health = (target: string): Service =>
    healthEveryS === null
      ? {}
      : {
          environment: {
            ...(common.environment as object | undefined),
            GROUNDWORK_HEALTH: target,
          },
          healthcheck: { interval: `${healthEveryS}s` },
        }
  const node: Service = {
    '<<': common,
    ...ready(init),
    ...(user === null ? {} : { user }),
    mem_limit: `${limits.memoryMiB}m`,
    memswap_limit: `${limits.memoryMiB}m`,
    cpus: limits.cpus,
    pids_limit: limits.pids,
  }
  return {
    name: project,
    'x-common': common,
    'x-node': node,
    services: {
      router: {
        ...routerService(init, common, places),
        ...health(`${file.layout.control.router}:${ports.router}/v1/health`),
      },
      controller: {
        ...controllerService(init, common),
        ...health(`${file.layout.control.controller}:${ports.controller}/v1/health`),
      },
      ...Object.fromEntries(
        places.map((place) => [
          place.name,
          { ...nodeService(init, node, place), ...health(`${place.control}:${ports.node}/healthz`) },
        ]),
      ),
    },
    networks: networks(init, places),
    ...volumes(init, places),
    ...(build === null ? {} : { secrets: buildSecrets(build) }),
  }
}

/** As text, with what services share written once. */
export function formatCompose(file: ComposeFile, comment: string): string {
  const text = stringify(file, { version: '1.1', lineWidth: 0, anchorPrefix: 'shared' })
  return `${comment.replace(/^/gm, '# ')}\n${text}`
}

/**
 * The one privileged container. NET_ADMIN sets its own interfaces, and needs root inside; it has nothing else, and every
 * packet between nodes passes it.
 */
function routerService(
  { file, networkFile, machine, tun, wan, build }: ComposeInit,
  common: Service,
  places: readonly NodePlace[],
): Service {
  const { control, front, project } = file.layout
  const tunnel = machineNamed(file, machine)
  return {
    '<<': common,
    // Built once, here, though all have it.
    ...(build === null ? {} : { build: buildSection(build) }),
    command: ['router', '--network', networkFileInContainer, '--wan', wan],
    labels: ownLabels(project, 'router'),
    user: '0:0',
    cap_add: ['NET_ADMIN'],
    sysctls: {
      'net.ipv4.ip_forward': '1',
      // Packets come back through another interface than the one they left by.
      'net.ipv4.conf.all.rp_filter': '0',
      'net.ipv4.conf.default.rp_filter': '0',
    },
    ...(tun ? { devices: ['/dev/net/tun:/dev/net/tun'] } : {}),
    mem_limit: '512m',
    cpu_shares: cpuShares.router,
    pids_limit: 128,
    volumes: [networkFileMount(networkFile)],
    ...(tunnel === null ? {} : { ports: [`${tunnel.port}:${ports.tunnel}/udp`] }),
    networks: {
      [control.network]: { ipv4_address: control.router },
      ...Object.fromEntries(places.map(({ network, router }) => [network, { ipv4_address: router }])),
      ...(tunnel === null ? {} : { [front.network]: {} }),
    },
  }
}

/** The image comes with the router's service, and from no registry. */
function ready({ build }: ComposeInit): Service {
  return build === null ? {} : { pull_policy: 'never' }
}

/** Has no Docker socket and no capability: what a web page could make it do is done to the emulated network only. */
function controllerService(init: ComposeInit, common: Service): Service {
  const { file, networkFile, apiPort } = init
  const { control, front, project } = file.layout
  return {
    '<<': common,
    ...ready(init),
    command: ['controller', '--network', networkFileInContainer],
    labels: ownLabels(project, 'controller'),
    mem_limit: '384m',
    pids_limit: 64,
    volumes: [
      networkFileMount(networkFile),
      ...(settlesTime(file) ? [mount('volume', stateVolume, stateInContainer)] : []),
    ],
    ports: [`127.0.0.1:${apiPort === 0 ? '' : apiPort}:${ports.controller}`],
    networks: {
      [control.network]: { ipv4_address: control.controller },
      [front.network]: {},
    },
  }
}

function nodeService({ file, networkFile, homes }: ComposeInit, node: Service, place: NodePlace): Service {
  const { control, project } = file.layout
  const { name, address, network } = place
  const planned = nodesIn(file).find((other) => other.name === name)
  assert(planned !== undefined, 'the layout is that of the plan')
  const isFarmer = planned.role === 'farmer'
  const isSeized = file.seized?.some((other) => other.name === name) === true
  const home = homes.kind === 'volumes' ? `home-${name}` : homes.folder(name)
  return {
    '<<': node,
    ...(isSeized ? { profiles: [seizedProfile] } : {}),
    ...(isFarmer ? { cpu_shares: cpuShares.farmer } : {}),
    hostname: name,
    command: [
      isFarmer ? 'farmer' : 'validator',
      ...['--network', networkFileInContainer, '--name', name, '--home', homeInContainer],
      ...byzantineFlags(file.plan, planned),
    ],
    labels: ownLabels(project, isSeized ? 'seized' : 'node', name),
    volumes: [
      networkFileMount(networkFile),
      mount(homes.kind === 'volumes' ? 'volume' : 'bind', home, homeInContainer),
    ],
    networks: {
      [network]: { ipv4_address: address },
      [control.network]: { ipv4_address: place.control },
    },
  }
}

const stateVolume = 'state'

/** Whether the controller says when the physical chain begins. */
function settlesTime({ plan, physicalTimeMs }: NetworkFile): boolean {
  return plan.physical !== undefined && physicalTimeMs === undefined
}

function volumes({ file, homes }: ComposeInit, places: readonly NodePlace[]): Pick<ComposeFile, 'volumes'> {
  const { project } = file.layout
  const all = Object.fromEntries([
    ...(settlesTime(file) ? [[stateVolume, { labels: ownLabels(project, 'controller') }]] : []),
    ...(homes.kind === 'volumes'
      ? places.map(({ name }) => [`home-${name}`, { labels: ownLabels(project, 'node', name) }])
      : []),
  ])
  return Object.keys(all).length === 0 ? {} : { volumes: all }
}

function networks({ file }: ComposeInit, places: readonly NodePlace[]): Readonly<Record<string, object>> {
  const { control, front, project } = file.layout
  const own = ownLabels(project, 'network')
  return {
    [control.network]: {
      labels: own,
      internal: true,
      ipam: { config: [{ subnet: control.subnet, gateway: control.gateway }] },
    },
    [front.network]: { labels: own, ipam: { config: [{ subnet: front.subnet }] } },
    ...Object.fromEntries(
      places.map(({ name, network, subnet, gateway }) => [
        network,
        {
          labels: ownLabels(project, 'network', name),
          driver_opts: linkOptions,
          ipam: { config: [{ subnet, gateway }] },
        },
      ]),
    ),
  }
}

/**
 * The gateway is the router, not the bridge; and where bridges pass the machine's firewall, addresses stay as they are
 * and packets for another node's network are let through: engines since 28 drop them unless the network is `routed`,
 * those before 27 do not know the word.
 */
const linkOptions: object = {
  'com.docker.network.bridge.inhibit_ipv4': 'true',
  'com.docker.network.bridge.enable_ip_masquerade': 'false',
  'com.docker.network.bridge.gateway_mode_ipv4': 'routed',
}

function ownLabels(project: string, role: Role | 'network', node?: string): Readonly<Record<string, string>> {
  return {
    [labels.project]: project,
    [labels.role]: role,
    ...(node === undefined ? {} : { [labels.node]: node }),
  }
}

function networkFileMount(source: string): object {
  return { ...mount('bind', source, networkFileInContainer), read_only: true }
}

function mount(type: 'bind' | 'volume', source: string, target: string): object {
  // Compose takes $ for the beginning of a variable.
  return { type, source: source.replaceAll('$', '$$$$'), target }
}

function buildSection(context: string): object {
  return {
    context,
    dockerfile: 'docker/Dockerfile',
    secrets: ['ca', 'npmrc'],
  }
}

/** Empty unless the environment names files: a certificate authority and a registry of one's own. */
function buildSecrets(context: string): Readonly<Record<string, object>> {
  const none = `${context}/docker/none`
  return {
    ca: { file: `\${NODE_EXTRA_CA_CERTS:-${none}}` },
    npmrc: { file: `\${GROUNDWORK_NPMRC:-${none}}` },
  }
}
