import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CodedError } from '@groundwork/primitives'
import { identify, type ProcessIdentity } from '../runtime/process-identity.ts'

/**
 * The docker command line, by argument arrays and never through a shell. It finds its daemon as it does for a person:
 * context, DOCKER_HOST, DOCKER_CONFIG. Errors are CodedErrors `DOCKER_*` of one line that says what would help.
 */
export interface Engine {
  /** `docker ARGS`; resolves to what it wrote on standard output. */
  run(args: readonly string[], options?: RunOptions): Promise<string>
  /** `docker ARGS` that goes on: each line of standard output as it comes. */
  follow(args: readonly string[], onLine: (line: string) => void): Stream
  /** `docker ARGS` with our own standard streams; resolves to its exit code. */
  attach(args: readonly string[], signal: AbortSignal): Promise<number>
}

export interface RunOptions {
  /** Ends the command; it then rejects with `DOCKER_ABORTED`. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Lines of standard error as they come: progress of long commands. */
  readonly onProgress?: (line: string) => void
  readonly env?: Readonly<Record<string, string>>
  /** Standard error belongs to the result too: what a container's log has on it. */
  readonly withErrors?: boolean
}

export interface Stream {
  /** Resolves when it ended: with the error if we did not end it. */
  readonly ended: Promise<CodedError | null>
  end(): void
}

export interface EngineInit {
  /** Told of long-lived commands, so that somebody ends them if this process is killed. */
  readonly onStart?: (identity: ProcessIdentity) => void
  readonly onExit?: (identity: ProcessIdentity) => void
}

const program = 'docker'
const defaultTimeoutMs = 60_000
const maxOutputChars = 16 << 20
const maxErrorChars = 1 << 16

export function dockerEngine({ onStart, onExit }: EngineInit = {}): Engine {
  const start = (args: readonly string[], env?: RunOptions['env']): ChildProcess => {
    // A session of its own: Ctrl-C in the terminal reaches the controller only, which then heals in order.
    const child = spawn(program, [...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    if (child.pid === undefined) return child
    const identity = identify(child.pid)
    onStart?.(identity)
    child.once('exit', () => onExit?.(identity))
    return child
  }

  return {
    run: async (args, { signal, timeoutMs = defaultTimeoutMs, onProgress, env, withErrors = false } = {}) => {
      if (signal?.aborted) throw aborted(args)
      const child = start(args, env)
      let why: 'abort' | 'timeout' | null = null
      const end = (reason: 'abort' | 'timeout') => (): void => {
        why ??= reason
        endGroup(child)
      }
      const onAbort = end('abort')
      signal?.addEventListener('abort', onAbort, { once: true })
      const timer = setTimeout(end('timeout'), timeoutMs)
      try {
        const { code, stdout, stderr } = await outcome(child, onProgress)
        if (why === 'abort') throw aborted(args)
        if (why === 'timeout') {
          throw new CodedError('DOCKER_FAILED', `${shown(args)} did not end within ${timeoutMs / 1000} s`)
        }
        if (code === 0) return withErrors ? stdout + stderr : stdout
        throw dockerError(args, code, stderr)
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
    },

    follow: (args, onLine) => {
      const child = start(args)
      let ending = false
      const ended = outcome(child, undefined, onLine).then(
        ({ code, stderr }) => (ending ? null : dockerError(args, code, stderr)),
        (error: CodedError) => (ending ? null : error),
      )
      return {
        ended,
        end: () => {
          ending = true
          endGroup(child)
        },
      }
    },

    attach: (args, signal) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, [...args], { stdio: 'inherit' })
        const end = (): void => void child.kill('SIGTERM')
        signal.addEventListener('abort', end, { once: true })
        child.once('error', (error: NodeJS.ErrnoException) => reject(spawnError(error)))
        child.once('exit', (code) => {
          signal.removeEventListener('abort', end)
          resolve(code ?? 0)
        })
      }),
  }
}

/** The command and the plug-ins that it started. */
function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {
    // It ended in between.
  }
}

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function outcome(
  child: ChildProcess,
  onProgress?: (line: string) => void,
  onLine?: (line: string) => void,
): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  if (onLine !== undefined && child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', onLine)
  else {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < maxOutputChars) stdout += text
    })
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-maxErrorChars)
    for (const line of text.split('\n')) if (line.trim() !== '') onProgress?.(line.trim())
  })
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(spawnError(error)))
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

function shown(args: readonly string[]): string {
  const words = args.filter((word) => !word.startsWith('-') && !word.includes('/'))
  return [program, ...words.slice(0, 4)].join(' ')
}

function aborted(args: readonly string[]): CodedError {
  return new CodedError('DOCKER_ABORTED', `${shown(args)} was interrupted`)
}

function spawnError(error: NodeJS.ErrnoException): CodedError {
  if (error.code === 'ENOENT') {
    return new CodedError(
      'DOCKER_MISSING',
      'no docker client was found in the PATH; install Docker Engine, or use --runtime process, which needs none',
    )
  }
  return new CodedError('DOCKER_MISSING', `the docker client cannot be started: ${error.message}`)
}

/** What went wrong, in one line, from what the docker client wrote. */
export function dockerError(args: readonly string[], code: number | null, stderr: string): CodedError {
  const lines = stderr.split('\n').map((line) => line.trim())
  if (/permission denied/i.test(stderr) && /socket|daemon/i.test(stderr)) {
    return new CodedError(
      'DOCKER_PERMISSION',
      'no permission on the Docker socket; become a member of the group docker (sudo usermod -aG docker $USER, then log in again) or use --runtime process',
    )
  }
  if (
    /cannot connect to the docker daemon|is the docker daemon running|error during connect|failed to connect to the docker api/i.test(
      stderr,
    )
  ) {
    return new CodedError(
      'DOCKER_DOWN',
      'the Docker daemon does not answer; start it (sudo systemctl start docker, or Docker Desktop) or use --runtime process',
    )
  }
  if (
    /'compose' is not a docker command|unknown (shorthand )?flag|unknown command: docker compose/i.test(
      stderr,
    ) &&
    args[0] === 'compose'
  ) {
    return new CodedError(
      'DOCKER_COMPOSE',
      'Docker Compose v2 is missing; install the plug-in (package docker-compose-plugin, or docker-compose of Debian 13), or use --runtime process',
    )
  }
  const last = lines.findLast((line) => line !== '') ?? `exit code ${code}`
  const said = last.replace(/^Error response from daemon: /, '').slice(0, 400)
  return new CodedError('DOCKER_FAILED', `${shown(args)}: ${said}`)
}
