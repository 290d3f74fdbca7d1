import { spawn } from 'node:child_process'
import { CodedError } from '@groundwork/primitives'

/** Standard output. Throws a CodedError `router-tool`: the program is missing or refuses. */
export async function runTool(
  program: 'tc' | 'ip',
  args: readonly string[],
  input: string = '',
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text
    })
    // It ends early when it refuses a line, and its exit code tells.
    child.stdin.on('error', () => {})
    child.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'is not installed (package iproute2)' : error.message
      reject(new CodedError('router-tool', `${program} ${reason}`, { program }))
    })
    child.on('close', (code) => {
      if (code === 0) resolve(out)
      else reject(new CodedError('router-tool', refusal(program, complaint, input.split('\n')), { program }))
    })
    child.stdin.end(input)
  })
}

/** Runs lines in order, stops at the first that is refused, and returns what they show, as JSON with counters. */
export async function runBatch(program: 'tc' | 'ip', lines: readonly string[]): Promise<string> {
  return lines.length === 0
    ? ''
    : await runTool(program, ['-s', '-j', '-batch', '-'], `${lines.join('\n')}\n`)
}

/**
 * In one line: what was said first, and of which command it was said; `before`: how many lines of the batch came before
 * these.
 */
export function refusal(program: string, complaint: string, lines: readonly string[], before = 0): string {
  const [first = '', number] = complaint.split(/^Command failed -:(\d+)$/m)
  const said = first
    .split('\n')
    .map((line) => line.trim().replace(/^(Error|RTNETLINK answers): /, ''))
    .filter((line) => line !== '')
  const command = number === undefined ? undefined : lines[Number(number) - 1 - before]
  return `${program}: ${said.join('; ') || 'failed'}${command === undefined ? '' : ` (${program} ${command})`}`
}
