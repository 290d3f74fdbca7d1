import { createSocket } from 'node:dgram'
import { writeSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { packetFilter, type ReceiveInit } from './receive.ts'

/** What other machines' routers send, into the TUN device that is the standard output. Ends with the router. */
const device = 1
const receiveBufferBytes = 4 << 20

const init = JSON.parse(Buffer.from(process.argv[2] ?? '', 'hex').toString()) as ReceiveInit
const isGood = packetFilter(init)
process.on('disconnect', () => process.exit(0))
// As the emulation itself: what waits here is late at its node.
try {
  setPriority(constants.priority.PRIORITY_HIGH)
} catch {}
const socket = createSocket('udp4')
socket.on('message', (datagram) => {
  if (!isGood(datagram)) return
  try {
    writeSync(device, datagram)
  } catch {
    // A full queue drops, as on any wire.
  }
})
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
socket.bind(init.port, () => {
  try {
    socket.setRecvBufferSize(receiveBufferBytes)
  } catch {}
})
