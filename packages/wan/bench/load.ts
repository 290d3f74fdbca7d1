/**
 * One end of bench/packets.ts, in a network namespace: `receive`, `send ADDRESS PORT PER-SECOND SECONDS`; `sink`,
 * `stream ADDRESS PORT CONNECTIONS`. Receivers print their port, then what they got when their input ends, as JSON.
 */
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer } from 'node:net'
import { monotonicMs } from '../src/timing/alarm.ts'

const payloadBytes = 400
const [mode, host = '', port = '0', perSecond = '0', seconds = '0'] = process.argv.slice(2)
const print = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`)

function receive(): void {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 16 * 1024 * 1024 })
  const delays: number[] = []
  socket.on('message', (bytes) => delays.push(monotonicMs() - bytes.readDoubleBE()))
  socket.bind(0, () => print({ port: socket.address().port }))
  process.stdin.resume().on('end', () => {
    delays.sort((a, b) => a - b)
    const at = (share: number): number => delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN
    print({ received: delays.length, minMs: at(0), p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) })
    process.exit(0)
  })
}

function send(): void {
  const socket = createSocket('udp4')
  socket.connect(Number(port), host, () => {
    const bytes = Buffer.alloc(payloadBytes)
    const startMs = monotonicMs()
    let sent = 0
    const sending = setInterval(() => {
      const forMs = monotonicMs() - startMs
      for (const due = (forMs * Number(perSecond)) / 1000; sent < due; sent++) {
        bytes.writeDoubleBE(monotonicMs())
        socket.send(bytes)
      }
      if (forMs < Number(seconds) * 1000) return
      clearInterval(sending)
      print({ sent, forMs })
      socket.close()
    }, 1)
  })
}

function sink(): void {
  let bytes = 0
  let startMs = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (part) => {
      startMs ||= monotonicMs()
      bytes += part.length
    })
  })
  server.listen(0, () => print({ port: (server.address() as AddressInfo).port }))
  process.stdin.resume().on('end', () => {
    print({ bytes, forMs: monotonicMs() - startMs })
    process.exit(0)
  })
}

function stream(connections: number): void {
  const part = new Uint8Array(256 * 1024)
  for (let i = 0; i < connections; i++) {
    const socket = connect({ host, port: Number(port) })
    const fill = (): void => {
      while (socket.write(part)) {}
    }
    socket.on('connect', fill)
    socket.on('drain', fill)
    socket.on('error', () => {})
  }
  process.stdin.resume().on('end', () => process.exit(0))
}

if (mode === 'receive') receive()
else if (mode === 'send') send()
else if (mode === 'sink') sink()
else stream(Number(perSecond))
