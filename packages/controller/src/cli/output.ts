import { wrap } from './text.ts'

/** Where things are printed. With `--json` standard output carries JSON and nothing else. */
export interface Output {
  readonly json: boolean
  /** A result for people: standard output, or nowhere with `--json`. */
  say(line: string): void
  /** Standard error. */
  note(line: string): void
  /** One line of JSON on standard output, only with `--json`. */
  result(value: unknown): void
}

export function output(json: boolean): Output {
  return {
    json,
    say: (line) => {
      if (!json) process.stdout.write(`${wrap(line, process.stdout.columns, '  ')}\n`)
    },
    note: (line) => void process.stderr.write(`${wrap(line, process.stderr.columns, '  ')}\n`),
    result: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`)
    },
  }
}
