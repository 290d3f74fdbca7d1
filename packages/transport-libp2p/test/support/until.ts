/** Waits for a condition; how long it took, in milliseconds. */
export async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<number> {
  const startedMs = performance.now()
  while (!condition()) {
    if (performance.now() - startedMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return performance.now() - startedMs
}
