/**
 * The same function with a memory: what it made of an object is kept as long as the object is. For functions of data that
 * never changes and that many ask about; what throws is asked again.
 */
export function memoized<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly value: V }>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found.value
    const value = make(key)
    known.set(key, { value })
    return value
  }
}
