/**
 * Dials one peer until it is linked. Attempts run side by side, a new one every quarter of a second, because an attempt
 * whose packets were dropped does not come back to life soon after the network does. The first that the peer answers
 * ends the others. A peer that answers late is busy, perhaps with our attempts: it is given longer, and fewer of them.
 */
export interface Dialer {
  /** Dials until linked. */
  start(): void
  /** The link is gone, dial again, `atLeastMs` from now at the soonest. A link that never came up counts as a failure. */
  lost(wasUp: boolean, atLeastMs: number): void
  /** The link works in both directions: failures are forgotten. */
  up(): void
  stop(): void
}

export interface DialerInit {
  /** Calls `onAnswer` when the peer's first bytes are in, `onLinked` once it is linked; rejects if that fails. */
  dial(signal: AbortSignal, progress: DialProgress): Promise<void>
  now(): number
  random(): number
  readonly everyMs: number
  /** The last known round trip. */
  rttMs(): number | undefined
  onDial(): void
  onFailure(): void
}

export interface DialProgress {
  onAnswer(): void
  onLinked(): void
}

interface Attempt {
  readonly controller: AbortController
  readonly startedMs: number
  answeredMs: number | undefined
}

const attemptsMax = 8
/** An attempt that has no answer after so long was lost; one that has takes some five round trips in all. */
const unansweredMsMin = 1_000
const unansweredRoundTrips = 4
/** The same in times that the last answer took, and the pause between attempts. */
const answerMsMax = 2_000
const unansweredAnswers = 4
const pauseAnswers = 0.5
/** Of a peer that never answered: how soon it does is not known, and everybody else is starting as well. */
const firstAnswerMs = 8_000
const firstPauseMsMax = 1_000
const attemptMsMin = 4_000
const attemptRoundTrips = 20
/** For so long after an answer no other attempt is made beside it: a handshake takes about five round trips. */
const patienceMsMin = 1_000
const patienceRoundTrips = 6
const pauseMsMin = 100
const pauseMsMax = 2_000

export function dialer(init: DialerInit): Dialer {
  const attempts = new Set<Attempt>()
  let timer: NodeJS.Timeout | undefined
  let running = false
  /** Failures in a row of a peer that did answer. */
  let failures = 0
  let attempted = 0
  /** How long the last answer took. */
  let answerMs: number | undefined

  const roundTrips = (count: number): number => count * (init.rttMs() ?? 0)

  const unansweredMs = (): number =>
    answerMs === undefined
      ? firstAnswerMs
      : Math.max(unansweredMsMin, roundTrips(unansweredRoundTrips), unansweredAnswers * answerMs)

  const betweenMs = (): number =>
    answerMs === undefined
      ? Math.min(firstPauseMsMax, init.everyMs * 2 ** Math.min(attempted - 1, 8))
      : Math.max(init.everyMs, pauseAnswers * answerMs)

  const schedule = (delayMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(next, delayMs)
  }

  // a peer that answers and then closes is left alone longer and longer; a closed port is tried again at once
  const pauseMs = (): number =>
    Math.min(pauseMsMax, pauseMsMin * (1 + init.random()) * 2 ** Math.min(failures, 8))

  const giveUp = (attempt: Attempt, reason: string): void => {
    attempts.delete(attempt)
    attempt.controller.abort(new Error(reason))
  }

  const finish = (): void => {
    running = false
    clearTimeout(timer)
    for (const attempt of attempts) giveUp(attempt, 'no longer needed')
  }

  const run = async (attempt: Attempt): Promise<void> => {
    init.onDial()
    try {
      await init.dial(attempt.controller.signal, {
        onAnswer() {
          attempt.answeredMs = init.now()
          answerMs = Math.min(answerMsMax, attempt.answeredMs - attempt.startedMs)
          for (const other of attempts) {
            if (other.answeredMs === undefined) giveUp(other, 'another attempt was answered')
          }
        },
        onLinked() {
          attempts.delete(attempt)
          finish()
        },
      })
    } catch {
      if (!attempts.delete(attempt)) return
      init.onFailure()
      if (attempt.answeredMs !== undefined) failures++
      if (running) schedule(pauseMs())
    }
  }

  const next = (): void => {
    const nowMs = init.now()
    for (const attempt of attempts) {
      const patienceMs =
        attempt.answeredMs === undefined
          ? unansweredMs()
          : Math.max(attemptMsMin, roundTrips(attemptRoundTrips))
      if (nowMs - attempt.startedMs < patienceMs) continue
      giveUp(attempt, 'timed out')
      init.onFailure()
    }
    const handshakeMs = Math.max(patienceMsMin, roundTrips(patienceRoundTrips))
    const answered = [...attempts].some(
      ({ answeredMs }) => answeredMs !== undefined && nowMs - answeredMs < handshakeMs,
    )
    if (!answered && attempts.size < attemptsMax) {
      const attempt: Attempt = { controller: new AbortController(), startedMs: nowMs, answeredMs: undefined }
      attempts.add(attempt)
      attempted++
      void run(attempt)
    }
    schedule(betweenMs() * (0.8 + 0.4 * init.random()))
  }

  return {
    start() {
      running = true
      schedule(0)
    },
    lost(wasUp, atLeastMs) {
      if (!wasUp) failures++
      running = true
      schedule(Math.max(atLeastMs, wasUp ? 0 : pauseMs()))
    },
    up() {
      failures = 0
    },
    stop: finish,
  }
}
