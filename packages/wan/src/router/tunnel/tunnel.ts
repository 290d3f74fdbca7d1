import { type ChildProcess, spawn } from 'node:child_process'
import { basename, delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError } from '@groundwork/primitives'
import { runBatch } from '../netem/tools.ts'
import { clearTunnel, farDevice, inDevice, inMtu, preferences } from './devices.ts'

/** What joins the routers of one network on several machines. */
export interface TunnelConfig {
  /** UDP, in the router's network namespace. */
  readonly port: number
  /** Subnets of the nodes on this machine, in CIDR notation. */
  readonly here: readonly string[]
  readonly far: readonly FarNode[]
}

/** A node on another machine. */
export interface FarNode {
  readonly name: string
  /** Of the node in the network, for the name of its device. */
  readonly number: number
  readonly subnet: string
  /** What the router takes as its own address in the node's subnet. */
  readonly router: string
  /** Where that machine's router takes packets. */
  readonly host: string
  readonly port: number
}

export interface Tunnel {
  close(): Promise<void>
}

const respawnAfterMs = 500
const lastWordsChars = 500

/**
 * Joins this router with those of other machines. Each far node gets a device of its own here, so that it looks like any
 * other node behind an interface; what is routed there goes to its machine in UDP datagrams, one packet each. Links are
 * emulated where packets are sent: what comes in from other machines is delivered as it is, to nodes and to nobody else.
 * A program that ends is started anew, on the same device. Throws a CodedError `router-tunnel`.
 */
export async function openTunnel(
  config: TunnelConfig,
  onTrouble: (message: string) => void,
): Promise<Tunnel> {
  await clearTunnel()
  try {
    await makeDevices(config)
  } catch (error) {
    await clearTunnel()
    throw new CodedError('router-tunnel', `no tunnel to other machines: ${(error as Error).message}`)
  }
  const children = new Set<ChildProcess>()
  const timers = new Set<NodeJS.Timeout>()
  let closed = false
  const keep = (args: readonly string[], what: string): void => {
    if (closed) return
    const child = spawnSocat(args)
    children.add(child)
    let words = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = `${words}${text}`.slice(-lastWordsChars)
    })
    child.once('error', ({ message }) => {
      words = message
    })
    child.once('close', (code, signal) => {
      children.delete(child)
      if (closed) return
      const last = words.trim().split('\n').at(-1) ?? ''
      onTrouble(`the tunnel ${what} ended (${signal ?? `exit ${code}`}) and starts anew: ${last}`)
      const timer = setTimeout(() => {
        timers.delete(timer)
        keep(args, what)
      }, respawnAfterMs)
      timers.add(timer)
    })
  }
  for (const { number, host, port, name } of config.far) {
    keep(['-u', '-b', '65535', tun(farDevice(number)), `UDP4-SENDTO:${host}:${port}`], `to ${name}`)
  }
  keep(receiver(config), 'from other machines')
  return {
    async close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.all([...children].map(end))
      await clearTunnel()
    },
  }
}

function tun(device: string): string {
  return `TUN,tun-name=${device},iff-no-pi`
}

/** socat opens the device and becomes the program, whose standard output the device then is. */
function receiver({ port, here, far }: TunnelConfig): string[] {
  const init = { port, here, far: far.map(({ subnet }) => subnet) }
  // No quotes: socat's own quoting would take them, so the program gets it in hexadecimal.
  const argument = Buffer.from(JSON.stringify(init)).toString('hex')
  return [tun(inDevice), `EXEC:${basename(process.execPath)} ${basename(receiverProgram)} ${argument},nofork`]
}

const receiverProgram = fileURLToPath(new URL('./receiver-main.ts', import.meta.url))

function spawnSocat(args: readonly string[]): ChildProcess {
  return spawn('socat', args, {
    cwd: dirname(receiverProgram),
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGKILL')
  await gone
}

async function makeDevices({ here, far }: TunnelConfig): Promise<void> {
  const devices = [inDevice, ...far.map(({ number }) => farDevice(number))]
  await runBatch('ip', [
    ...devices.flatMap((device) => [
      `tuntap add dev ${device} mode tun`,
      `link set ${device} addrgenmode none mtu ${inMtu} txqueuelen 2000 up`,
    ]),
    ...far.map(({ number, router, subnet }) => {
      const bits = subnet.split('/')[1] ?? '24'
      return `addr add ${router}/${bits} dev ${farDevice(number)}`
    }),
    // Whoever finds the port can send anything: it reaches nodes of this network, as another machine's, and nothing else.
    ...here.map((subnet) => `rule add iif ${inDevice} from ${subnet} blackhole pref ${preferences.forged}`),
    ...here.map((subnet) => `rule add iif ${inDevice} to ${subnet} lookup main pref ${preferences.deliver}`),
    `rule add iif ${inDevice} blackhole pref ${preferences.rest}`,
  ])
}
