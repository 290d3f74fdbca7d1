/**
 * A node of the conformance suite, as a process in a network namespace: sends and receives numbered datagrams, and
 * says when. Commands and reports are JSON, one a line; times are those of the clock that all processes share.
 */
import { createSocket, type Socket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { monotonicMs } from '../src/timing/alarm.ts'

export type AgentCommand =
  | { readonly kind: 'open'; readonly channel: number }
  /** From now on only this peer is heard, and its refusals are. */
  | { readonly kind: 'peer'; readonly channel: number; readonly address: string; readonly port: number }
  | { readonly kind: 'send'; readonly channel: number; readonly message: number; readonly bytes: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'forget-lag' }

export type AgentReport =
  | { readonly kind: 'opened'; readonly channel: number; readonly port: number }
  | { readonly kind: 'connected'; readonly channel: number }
  | {
      readonly kind: 'sent' | 'arrived'
      readonly channel: number
      readonly message: number
      readonly ms: number
    }
  | { readonly kind: 'refused'; readonly channel: number }
  /** All reports before it have been made; `damaged` datagrams had a wrong checksum, since the namespace exists. */
  | { readonly kind: 'synced'; readonly lagMsMax: number; readonly damaged: number }

const sockets = new Map<number, Socket>()
const lag = monitorEventLoopDelay({ resolution: 2 })
lag.enable()

const report = (what: AgentReport): void => void process.stdout.write(`${JSON.stringify(what)}\n`)

function obey(command: AgentCommand): void {
  if (command.kind === 'sync') {
    return report({ kind: 'synced', lagMsMax: lag.max / 1e6, damaged: damaged() })
  }
  if (command.kind === 'forget-lag') return lag.reset()
  const { channel } = command
  if (command.kind === 'open') return open(channel)
  const socket = sockets.get(channel) as Socket
  switch (command.kind) {
    case 'peer':
      return socket.connect(command.port, command.address, () => report({ kind: 'connected', channel }))
    case 'send': {
      const bytes = Buffer.alloc(command.bytes)
      bytes.writeUInt32BE(command.message)
      report({ kind: 'sent', channel, message: command.message, ms: monotonicMs() })
      return socket.send(bytes, (error) => {
        if (error !== null) report({ kind: 'refused', channel })
      })
    }
  }
}

function open(channel: number): void {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
  sockets.set(channel, socket)
  socket.on('message', (bytes) => {
    report({ kind: 'arrived', channel, message: bytes.readUInt32BE(), ms: monotonicMs() })
  })
  socket.on('error', () => report({ kind: 'refused', channel }))
  socket.bind(0, () => report({ kind: 'opened', channel, port: socket.address().port }))
}

function damaged(): number {
  const [names, values] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '))
  return Number(values?.[names?.indexOf('InCsumErrors') ?? -1] ?? 0)
}

createInterface({ input: process.stdin })
  .on('line', (line) => obey(JSON.parse(line) as AgentCommand))
  .on('close', () => process.exit(0))
