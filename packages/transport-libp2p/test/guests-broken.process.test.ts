import { nodeSignatures } from '@groundwork/host'
import { keyPair } from '@groundwork/primitives'
import type { Connection } from '@libp2p/interface'
import { afterEach, expect, test } from 'vitest'
import { createGuests } from '../src/guests.ts'
import { createNode, type Node } from '../src/node.ts'
import { makePassport, passportProtocol } from '../src/passport.ts'
import { peerIdOf } from '../src/peer-id.ts'
import { networkKey } from './support/cluster.ts'
import { until } from './support/until.ts'

const chainTag = 'c0ffee'
const secretKey = new Uint8Array(32).fill(77)
const { publicKey } = keyPair(secretKey)
const signer = { publicKey, sign: (message: Uint8Array) => nodeSignatures.sign(secretKey, message) }

const nodes: Node[] = []
afterEach(() => Promise.all(nodes.splice(0).map(({ libp2p }) => libp2p.stop())))

async function start(index: number): Promise<Node> {
  const node = await createNode(networkKey(index), { host: '127.0.0.1', port: 0 }, {})
  await node.start()
  nodes.push(node)
  return node
}

test('a guest whose connection breaks while it is welcomed is refused, and nobody else notices', async () => {
  const host = await start(1)
  const guest = await start(2)
  const inbound: Connection[] = []
  const refused: Connection[] = []
  const guests = createGuests({
    chainTag,
    admits: () => true,
    isKnown: () => false,
    welcome() {
      for (const connection of inbound) connection.abort(new Error('the line is cut'))
      return true
    },
    dismiss() {},
    refuse: (connection) => void refused.push(connection),
  })
  await host.libp2p.handle(passportProtocol(chainTag), (stream, connection) => {
    inbound.push(connection)
    guests.onStream(stream, connection)
  })

  const address = host.listening()
  const connection = await guest.dial(address, peerIdOf(networkKey(1)), AbortSignal.timeout(5_000), () => {})
  const stream = await connection.newStream(passportProtocol(chainTag))
  stream.send(makePassport(signer, chainTag, peerIdOf(networkKey(2))))

  await until('refused', () => refused.length > 0)
  expect(refused).toEqual(inbound)
})
