/** What a node is made to do, by whom ever and as long as each lasts. */
export interface Coercions<B extends string> {
  does(behaviour: B): boolean
  readonly any: boolean
  /** Until the result is called. */
  begin(behaviours: readonly B[]): () => void
}

export function coercions<B extends string>(): Coercions<B> {
  const active = new Set<readonly B[]>()
  return {
    does(behaviour) {
      for (const behaviours of active) if (behaviours.includes(behaviour)) return true
      return false
    },
    get any() {
      return active.size > 0
    },
    begin(behaviours) {
      const own = [...behaviours]
      active.add(own)
      return () => void active.delete(own)
    },
  }
}
