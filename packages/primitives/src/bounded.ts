/** What was put into a map or a set first goes, until at most `max` entries are left. */
export function forgetOldest(entries: Map<unknown, unknown> | Set<unknown>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= max) return
    entries.delete(key)
  }
}
