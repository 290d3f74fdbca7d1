/** What a run is interrupted by: Ctrl-C and its relatives, a closed terminal or pipe, a launcher that is gone. */
export interface Interruption {
  readonly signal: AbortSignal
  /** What it was, or null. */
  cause(): string | null
  dispose(): void
}

// A terminal's Ctrl-C comes twice when a launcher forwards it as well; only a later one means impatience.
const impatientAfterMs = 1500
const launcherPollMs = 500

/** From now on interruptions abort the signal; a second one, later, ends this process at once (its children follow). */
export function onInterruption(impatient: (cause: string) => never): Interruption {
  const controller = new AbortController()
  let cause: string | null = null
  let atMs = 0
  const interrupt = (what: string): void => {
    if (cause !== null) return
    cause = what
    atMs = performance.now()
    controller.abort()
  }
  const onSignal = (name: string): void => {
    if (cause !== null && performance.now() - atMs > impatientAfterMs) impatient(name)
    interrupt(name)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const handlers = signals.map((name) => [name, () => onSignal(name)] as const)
  for (const [name, handler] of handlers) process.on(name, handler)
  const closed = (): void => interrupt('closed output')
  process.stdout.on('error', closed)
  process.stderr.on('error', closed)
  const watch = watchLauncher(() => interrupt('end of the launcher'))
  return {
    signal: controller.signal,
    cause: () => cause,
    dispose: () => {
      clearInterval(watch)
      for (const [name, handler] of handlers) process.off(name, handler)
      // The handlers of closed outputs stay: an error that nobody hears would crash the process at its end.
    },
  }
}

/** scripts/groundwork.mjs waits for us as long as it lives: another parent means that it was killed. */
function watchLauncher(gone: () => void): NodeJS.Timeout | undefined {
  if (process.env.GROUNDWORK_CWD === undefined) return undefined
  const launcher = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === launcher) return
    clearInterval(watch)
    gone()
  }, launcherPollMs)
  return watch.unref()
}
