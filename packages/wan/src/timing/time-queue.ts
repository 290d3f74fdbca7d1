/** Things by their times; those of one time in the order in which they came. A binary heap. */
export interface TimeQueue<T> {
  readonly size: number
  /** Of the first; Infinity if there is none. */
  readonly nextMs: number
  push(timeMs: number, value: T): void
  /** Takes out the first; undefined if there is none. */
  pop(): T | undefined
}

interface Entry<T> {
  readonly timeMs: number
  readonly order: number
  readonly value: T
}

export function timeQueue<T>(): TimeQueue<T> {
  const heap: Entry<T>[] = []
  let order = 0
  return {
    get size() {
      return heap.length
    },
    get nextMs() {
      return heap[0]?.timeMs ?? Number.POSITIVE_INFINITY
    },
    push(timeMs, value) {
      const entry = { timeMs, order: order++, value }
      let at = heap.length
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!before(entry, heap[parent] as Entry<T>)) break
        heap[at] = heap[parent] as Entry<T>
        at = parent
      }
      heap[at] = entry
    },
    pop() {
      const [first] = heap
      const last = heap.pop()
      if (first === undefined || last === undefined) return undefined
      if (heap.length > 0) sink(heap, last)
      return first.value
    },
  }
}

function sink<T>(heap: Entry<T>[], entry: Entry<T>): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Entry<T>, heap[child] as Entry<T>)) child++
    if (!before(heap[child] as Entry<T>, entry)) break
    heap[at] = heap[child] as Entry<T>
    at = child
  }
  heap[at] = entry
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order)
}
