/**
 * A TCP end in a network namespace. `serve` echoes; `dial ADDRESS PORT` sends a numbered line every 20 ms over one
 * connection. Both say what happens, JSON, one a line, until their input ends.
 */
import { connect, createServer } from 'node:net'
import { monotonicMs } from '../src/timing/alarm.ts'

export type TcpReport =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'connected' }
  | { readonly kind: 'echo'; readonly line: number; readonly sentMs: number; readonly ms: number }
  | { readonly kind: 'failed'; readonly code: string; readonly ms: number }

const everyMs = 20
const report = (what: TcpReport): void => void process.stdout.write(`${JSON.stringify(what)}\n`)

function serve(): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.listen(0, () => {
    const address = server.address()
    if (typeof address === 'object' && address !== null) report({ kind: 'listening', port: address.port })
  })
}

function dial(host: string, port: number): void {
  const sentMs: number[] = []
  const socket = connect({ host, port, noDelay: true }, () => report({ kind: 'connected' }))
  const sending = setInterval(() => {
    socket.write(`${sentMs.length}\n`)
    sentMs.push(monotonicMs())
  }, everyMs)
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() as string
    for (const line of lines.map(Number)) {
      report({ kind: 'echo', line, sentMs: sentMs[line] as number, ms: monotonicMs() })
    }
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    clearInterval(sending)
    report({ kind: 'failed', code: error.code ?? error.message, ms: monotonicMs() })
  })
}

const [mode, host = '', port = '0'] = process.argv.slice(2)
if (mode === 'serve') serve()
else dial(host, Number(port))
process.stdin.resume().on('end', () => process.exit(0))
