/**
 * Room for a list that is made anew for every table; they are all about as long.
 */
export interface Scratch<List> {
  /** A list of this length, its content undefined; the one before is no longer used. */
  take(length: number): List
  free(): void
}

type WordList = Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

export function scratch<List extends WordList>(make: (length: number) => List): Scratch<List> {
  let room: List | null = null
  return {
    take(length) {
      if (room === null || room.length < length) {
        if (room !== null) free(room)
        room = make(Math.ceil(1.05 * length))
      }
      return room.subarray(0, length) as List
    },
    free() {
      if (room !== null) free(room)
      room = null
    },
  }
}

/** At once: large lists that wait for the garbage collector would double the memory of plotting. Nobody reads it again. */
export function free(list: Uint8Array | Uint16Array | Uint32Array | Int32Array): void {
  ;(list.buffer as ArrayBuffer).transfer(0)
}

/** A copy with more room; the list is freed. */
export function longer(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.ceil(1.25 * list.length))
  larger.set(list)
  free(list)
  return larger
}
