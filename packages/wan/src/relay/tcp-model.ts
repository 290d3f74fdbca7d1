/**
 * What Linux's TCP does when segments vanish: the retransmission timer starts at the smoothed round trip plus 200 ms
 * (tcp_rto_min), doubles with every attempt up to 120 s (TCP_RTO_MAX; RFC 6298), and gives up after 15 (tcp_retries2).
 * A connection attempt repeats its SYN after 1, 3, 7, ... s and gives up 127 s after the first (tcp_syn_retries = 6).
 */
export interface Backoff {
  /** When the first lost segment was sent. */
  readonly startMs: number
  /** The first wait. */
  readonly timeoutMs: number
  readonly attempts: number
}

const timeoutMinMs = 200
const timeoutMaxMs = 120_000

export function retransmissionTimeoutMs(rttMs: number): number {
  return rttMs + timeoutMinMs
}

export function segmentBackoff(startMs: number, rttMs: number): Backoff {
  return { startMs, timeoutMs: retransmissionTimeoutMs(rttMs), attempts: 15 }
}

export function handshakeBackoff(startMs: number): Backoff {
  return { startMs, timeoutMs: 1000, attempts: 6 }
}

/** When the attempt, counted from 1, is made. The one after the last is the moment of giving up. */
export function attemptMs({ startMs, timeoutMs }: Backoff, attempt: number): number {
  let atMs = startMs
  for (let i = 0; i < attempt; i++) atMs += Math.min(timeoutMs * 2 ** i, timeoutMaxMs)
  return atMs
}

/** The first attempt at or after a time. */
export function attemptAfter(backoff: Backoff, nowMs: number): number {
  let attempt = 1
  while (attemptMs(backoff, attempt) < nowMs) attempt++
  return attempt
}

/** tcp_wmem's usual maximum: no sender has more than this under way. */
const windowMaxBytes = 4 * 1024 * 1024
const windowMinBytes = 128 * 1024

/** How much a sender may have under way: twice the bandwidth-delay product, within Linux's limits. */
export function windowBytes(rateMbit: number, rttMs: number): number {
  if (rateMbit === 0) return windowMaxBytes
  const product = (rateMbit * 1000 * rttMs) / 8
  return Math.min(windowMaxBytes, Math.max(windowMinBytes, 2 * product))
}
