import type { LiveLinkTable, NodeName } from '@groundwork/wan'

/** An interpreter under test, with nodes `a`, `b`, `c`, as in conformance-network.ts. */
export interface WanHarness {
  readonly table: LiveLinkTable
  /** Milliseconds, real or virtual. */
  now(): number
  pass(ms: number): Promise<void>
  /** Resolves when changes of the table are in force. */
  settle(): Promise<void>
  /** A connection, or what stands for one where messages travel by themselves. */
  open(from: NodeName, to: NodeName): Channel
  /** How late the test itself has been at most in noticing what arrived. */
  lagMsMax(): number
  /** What a message carries on the link besides its own bytes. */
  readonly headerBytes: number
  /** How many messages have reached a node in pieces that it could tell from a whole one. */
  damaged(node: NodeName): Promise<number>
  close(): Promise<void>
}

export interface Channel {
  /** Resolves when it can carry messages; never if a cut is in the way. */
  readonly ready: Promise<void>
  /** From the node that opened it, and from the other. */
  send(bytes: number): void
  reply(bytes: number): void
  readonly sent: readonly Message[]
  readonly replies: readonly Message[]
  /** Whether the node that opened it has been told that it does not work. */
  refused(): boolean
}

export interface Message {
  readonly sentMs: number
  /** When the first whole copy did. */
  readonly arrivedMs: number | null
  /** How many whole ones arrived. */
  readonly copies: number
}
