import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { dialer } from '../src/dialer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A peer that answers so long after an attempt began, and is linked at once; the times at which attempts began. */
function peerThatAnswersAfter(answer: () => number) {
  const startedMs: number[] = []
  let linked = 0
  const subject = dialer({
    dial(signal, progress) {
      startedMs.push(Date.now())
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          progress.onAnswer()
          linked++
          progress.onLinked()
          resolve()
        }, answer())
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          reject(signal.reason)
        })
      })
    },
    now: Date.now,
    random: () => 0.5,
    everyMs: 250,
    rttMs: () => 100,
    onDial() {},
    onFailure() {},
  })
  return { subject, startedMs, linked: () => linked }
}

describe('a dialer', () => {
  test('leaves time to a peer that is slow to answer from the start', async () => {
    const peer = peerThatAnswersAfter(() => 3_000)
    peer.subject.start()
    await vi.advanceTimersByTimeAsync(2_999)
    expect(peer.startedMs.length).toBeLessThanOrEqual(5)
    await vi.advanceTimersByTimeAsync(1)
    expect(peer.linked()).toBe(1)
  })

  test('tries again every quarter of a second once a peer that answered at once is lost, and drops old attempts', async () => {
    let answerMs = 20
    const peer = peerThatAnswersAfter(() => answerMs)
    peer.subject.start()
    await vi.advanceTimersByTimeAsync(20)
    expect(peer.linked()).toBe(1)
    peer.subject.up()
    answerMs = 1e9
    const lostMs = Date.now()
    peer.subject.lost(true, 0)
    await vi.advanceTimersByTimeAsync(30_000)
    const attempts = peer.startedMs.filter((at) => at >= lostMs)
    expect(attempts.length).toBeGreaterThanOrEqual(115)
    answerMs = 20
    const healedMs = Date.now()
    await vi.advanceTimersByTimeAsync(300)
    expect(peer.linked()).toBe(2)
    expect((peer.startedMs.at(-1) as number) - healedMs).toBeLessThanOrEqual(250)
    peer.subject.stop()
  })

  test('gives a peer that has become slow longer, and fewer attempts', async () => {
    let answerMs = 900
    const peer = peerThatAnswersAfter(() => answerMs)
    peer.subject.start()
    await vi.advanceTimersByTimeAsync(900)
    answerMs = 3_000
    const before = peer.startedMs.length
    peer.subject.lost(true, 0)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(peer.linked()).toBe(2)
    expect(peer.startedMs.length - before).toBeLessThanOrEqual(7)
  })
})
