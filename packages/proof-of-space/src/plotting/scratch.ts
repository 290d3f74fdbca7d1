/**
 * Room for a list that is made anew for every table. The seven tables are about as long as each other, and what is not
 * used again waits for the garbage collector: that would double the memory of plotting.
 */
export interface Scratch<List> {
  /** A list of this length, its content undefined; the one before is no longer used. */
  take(length: number): List
}

type WordList = Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

export function scratch<List extends WordList>(make: (length: number) => List): Scratch<List> {
  let room: List | null = null
  return {
    take(length) {
      if (room === null || room.length < length) room = make(Math.ceil(1.05 * length))
      return room.subarray(0, length) as List
    },
  }
}

export function longer(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.ceil(1.25 * list.length))
  larger.set(list)
  return larger
}
