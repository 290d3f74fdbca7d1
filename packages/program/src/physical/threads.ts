import { existsSync } from 'node:fs'

/** Where a thread's program lies beside a bundled farmer; undefined where it lies in its package. */
export function threadUrl(name: 'check-thread' | 'vdf-thread' | 'plot-thread'): { threadUrl?: URL } {
  const url = new URL(`./${name}.mjs`, import.meta.url)
  return existsSync(url) ? { threadUrl: url } : {}
}
