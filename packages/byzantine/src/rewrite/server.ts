import { type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { Certificate, Message, Peer, Proposal } from '@groundwork/stake-core'
import { hashHeader } from '@groundwork/stake-core'
import type { ForgedEpoch } from './council.ts'

/** What is asked of whoever shows another history. */
export interface HistoryServer {
  /** The answer to a node that says where it is; null: nothing for it. */
  certificateFor(status: Extract<Message, { kind: 'status' }>['status']): Certificate | null
  /** A block of the other history. */
  find(hash: Hash): Proposal | undefined
}

export function historyServer(epochs: readonly ForgedEpoch[]): HistoryServer {
  const finals = new Map<Hex, Certificate>()
  const blocks = new Map<Hex, Proposal>()
  for (const { blocks: own, certificate, end } of epochs) {
    finals.set(toHex(certificate.epochId), certificate)
    for (const { block, signature, hash } of own) blocks.set(toHex(hash), { block, signature })
    for (const child of end?.children ?? []) blocks.set(toHex(hashHeader(child.block.header)), child)
  }
  return {
    certificateFor({ epochId, finalView }) {
      const certificate = finals.get(toHex(epochId))
      return certificate !== undefined && certificate.view > finalView ? certificate : null
    },
    find: (hash) => blocks.get(toHex(hash)),
  }
}

export interface HistoryPort {
  send(to: Peer, message: Message): void
  /** Answers with a block and its ancestors: those of the other history, below the fork the true ones. */
  serveBlocks(hash: Hash, ancestors: number, to: Peer): void
}

/** What whoever shows another history says to a message: nothing but what synchronising nodes ask for. */
export function historyAnswers(
  server: HistoryServer,
  { send, serveBlocks }: HistoryPort,
): (message: Message, from: Peer) => void {
  return (message, from) => {
    if (message.kind === 'block-request') serveBlocks(message.hash, message.ancestors, from)
    const certificate = message.kind === 'status' ? server.certificateFor(message.status) : null
    if (certificate !== null) send(from, { kind: 'certificate', certificate })
  }
}
