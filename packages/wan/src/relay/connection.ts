import { connect, type Socket } from 'node:net'
import type { Scheduler } from '../timing/scheduler.ts'
import type { DirectedLink } from './directed-link.ts'
import { type Parcel, type Pipe, pipe } from './pipe.ts'
import { attemptAfter, attemptMs, type Backoff, handshakeBackoff } from './tcp-model.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** A connection from a dialer through the relay to the dialer's target. */
export interface Connection {
  /** One of its two links has changed. */
  linksChanged(): void
  /** Both ends see a reset. */
  reset(): void
  /** It lost something to a cut, and waits for TCP to notice that the cut is over. */
  readonly doomed: boolean
}

export interface ConnectionInit {
  readonly scheduler: Scheduler
  readonly dialer: Socket
  /** From dialer to target, and back. */
  readonly there: DirectedLink
  readonly back: DirectedLink
  /** Where the target listens at this moment. */
  target(): Address | undefined
  closed(): void
}

/**
 * The kernel accepts the dialer's connection at once, which no program can hinder; all else is timed as if the two
 * ends were a link apart: the target is dialled a delay later, a refusal is seen after a round trip, and what the ends
 * write meanwhile counts as written when they would really have known of their connection.
 */
export function openConnection(init: ConnectionInit): Connection {
  const { scheduler, dialer, there, back } = init
  const startMs = scheduler.now()
  const rttMs = there.link.delayMs + back.link.delayMs
  const establishedMs = startMs + rttMs
  let target: Socket | null = null
  let doomed = false
  let over = false

  const reset = (): void => {
    if (over) return
    finish()
    abort(dialer)
    if (target !== null) abort(target)
  }

  const finish = (): void => {
    if (over) return
    over = true
    forward.silence()
    backward.silence()
    init.closed()
  }

  /** Resets both ends at the first attempt that gets through and is answered, or when TCP gives up. */
  const doom = (backoff: Backoff, way: DirectedLink): void => {
    doomed = true
    const wait = (attempt: number): void => {
      const sentMs = attemptMs(backoff, attempt)
      scheduler.at(sentMs + way.link.delayMs, () => {
        if (over) return
        const through = [there, back].every((link) => link.link.cut === 'open' && link.openSinceMs <= sentMs)
        if (through || attempt > backoff.attempts) reset()
        else wait(attempt + 1)
      })
    }
    wait(attemptAfter(backoff, scheduler.now()))
  }

  const deliverTo =
    (receiver: () => Socket | null, sender: () => Socket | null, way: () => Pipe) =>
    (parcels: readonly Parcel[]): void => {
      const end = receiver()
      if (end !== null) hand(end, parcels)
      if (parcels.includes('rst')) finish()
      else throttle(sender(), end, way())
    }

  const forward: Pipe = pipe({
    scheduler,
    data: there,
    acks: back,
    lost: (backoff) => doom(backoff, there),
    deliver: deliverTo(
      () => target,
      () => dialer,
      () => forward,
    ),
  })
  const backward: Pipe = pipe({
    scheduler,
    data: back,
    acks: there,
    lost: (backoff) => doom(backoff, back),
    deliver: deliverTo(
      () => dialer,
      () => target,
      () => backward,
    ),
  })

  const read = (socket: Socket, from: Pipe, other: () => Socket | null): void => {
    let ended = false
    socket.setNoDelay(true)
    socket.on('data', (bytes) => {
      from.send(bytes)
      throttle(socket, other(), from)
    })
    socket.on('end', () => {
      ended = true
      from.send('fin')
      // A dialer that gives up an attempt of which the target knows nothing.
      if (doomed && target === null) reset()
    })
    // Its meaning is told by 'close', which follows.
    socket.on('error', () => {})
    socket.on('close', (failed) => {
      if (over) return
      if (failed || !ended) from.send('rst')
      if (dialer.destroyed && (target === null ? doomed : target.destroyed)) finish()
    })
    socket.on('drain', () => {
      const sender = other()
      throttle(sender, socket, from === forward ? backward : forward)
    })
  }

  const dialTarget = (): void => {
    if (over || doomed) return
    const address = init.target()
    if (address === undefined) {
      backward.hold(0)
      return backward.send('rst')
    }
    target = connect({ ...address, allowHalfOpen: true })
    let connected = false
    target.once('connect', () => {
      connected = true
    })
    target.once('error', () => {
      if (!connected) backward.hold(0)
    })
    read(target, backward, () => dialer)
  }

  const handshakeMayFail = (): void => {
    const cut = there.link.cut === 'blackhole' || back.link.cut === 'blackhole'
    if (!cut || doomed || scheduler.now() > establishedMs) return
    forward.silence()
    backward.silence()
    doom(handshakeBackoff(startMs), there)
  }

  read(dialer, forward, () => target)
  forward.hold(establishedMs)
  backward.hold(establishedMs + there.link.delayMs)
  scheduler.at(startMs + there.link.delayMs, dialTarget)
  handshakeMayFail()

  return {
    linksChanged() {
      if (over) return
      if (there.link.cut === 'reset' || back.link.cut === 'reset') return reset()
      handshakeMayFail()
      forward.linksChanged()
      backward.linksChanged()
    },
    reset,
    get doomed() {
      return doomed && !over
    },
  }
}

function hand(socket: Socket, parcels: readonly Parcel[]): void {
  if (parcels.length > 1) socket.cork()
  for (const parcel of parcels) {
    if (socket.destroyed) return
    if (parcel === 'fin') socket.end()
    else if (parcel === 'rst') abort(socket)
    else if (socket.writable) socket.write(parcel)
  }
  if (parcels.length > 1) socket.uncork()
}

/** Reads on only while the sender's window has room: what its receiver has not taken counts as under way. */
function throttle(sender: Socket | null, receiver: Socket | null, way: Pipe): void {
  if (sender === null || sender.destroyed) return
  const full = way.queuedBytes + (receiver?.writableLength ?? 0) > way.windowBytes
  if (full && !sender.isPaused()) sender.pause()
  else if (!full && sender.isPaused()) sender.resume()
}

/** Closes with a reset where there is a connection to reset. */
function abort(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.connecting) socket.destroy()
  else socket.resetAndDestroy()
}
