/** Two ways to do the same, of which the fast one may refuse or be wrong. */
export interface Trust<Way> {
  readonly slow: Way
  /** May throw. */
  readonly makeFast: () => Way
  /** The self-test; may throw, if the fast one does. */
  readonly agree: (fast: Way, slow: Way) => boolean
}

export interface Trusted<Way> {
  readonly current: Way
  /** By the slow way if the fast one throws, and from then on for good. */
  use<Result>(act: (way: Way) => Result): Result
}

/** The fast way if it passes its self-test, the slow one otherwise. */
export function trust<Way>({ slow, makeFast, agree }: Trust<Way>): Trusted<Way> {
  let current = slow
  try {
    const fast = makeFast()
    if (agree(fast, slow)) current = fast
  } catch {
    // Refused: that is what the slow one is for.
  }
  return {
    get current() {
      return current
    },
    use(act) {
      try {
        return act(current)
      } catch (error) {
        if (current === slow) throw error
        current = slow
        return act(slow)
      }
    },
  }
}
