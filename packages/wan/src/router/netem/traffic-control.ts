import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CodedError } from '@groundwork/primitives'
import { refusal } from './tools.ts'

/** One tc process for as long as there are trees: starting one for every change costs more than the change. */
export interface TrafficControl {
  /**
   * Runs lines in order, and returns what those among them that begin with `qdisc show` show, each as JSON with
   * counters. Rejects with a CodedError `router-tool` if one was refused; the others have been carried out all the same.
   */
  run(lines: readonly string[]): Promise<string[]>
  /** Resolves when the process has ended. */
  close(): Promise<void>
}

interface Request {
  readonly lines: readonly string[]
  /** How many lines the process was given before. */
  readonly before: number
  readonly shown: string[]
  readonly complaints: string[]
  resolve(shown: string[]): void
  reject(error: CodedError): void
}

const show = 'qdisc show'
/**
 * Every network namespace has this device; the answer tells that everything before is done. Not `qdisc show dev lo`:
 * tc would show that device alone from then on.
 */
const marker = 'filter show dev lo'

export function trafficControl(): TrafficControl {
  // In one stream, so that complaints come before the answer that follows them.
  const child = spawn('sh', ['-c', 'exec tc -s -j -force -batch - 2>&1'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const requests: Request[] = []
  let failure: CodedError | null = null
  let given = 0
  const fail = (message: string): void => {
    failure ??= new CodedError('router-tool', message, { program: 'tc' })
    for (const { reject } of requests.splice(0)) reject(failure)
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', ({ message }) => {
      fail(`tc cannot be started: ${message}`)
      resolve()
    })
    child.once('close', (code, signal) => {
      fail(code === 127 ? 'tc is not installed (package iproute2)' : `tc ended by itself (${signal ?? code})`)
      resolve()
    })
  })
  child.stdin.on('error', () => {})

  createInterface({ input: child.stdout }).on('line', (line) => {
    const [request] = requests
    if (request === undefined || line === '') return
    if (!line.startsWith('[')) return void request.complaints.push(line)
    const expected = request.lines.filter((each) => each.startsWith(show)).length
    if (request.shown.length < expected) return void request.shown.push(line)
    requests.shift()
    const { complaints, shown, lines, before, resolve, reject } = request
    if (complaints.length === 0) return resolve(shown)
    reject(
      new CodedError('router-tool', refusal('tc', complaints.join('\n'), lines, before), { program: 'tc' }),
    )
  })

  return {
    run: (lines) =>
      new Promise((resolve, reject) => {
        if (failure !== null) return reject(failure)
        requests.push({ lines, before: given, shown: [], complaints: [], resolve, reject })
        given += lines.length + 1
        child.stdin.write(`${[...lines, marker].join('\n')}\n`)
      }),
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
