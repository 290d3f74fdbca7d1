import { CodedError } from '@groundwork/primitives'

export const exitCode: Readonly<Record<'pass' | 'fail' | 'invalid' | 'usage' | 'interrupted', number>> = {
  pass: 0,
  fail: 1,
  invalid: 2,
  usage: 64,
  interrupted: 130,
}

/** Something the person at the keyboard can put right: printed as one line, exit code 64. */
export function usageError(message: string): CodedError {
  return new CodedError('USAGE', message)
}

/** The first line only, without a stack: what went wrong and where. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : `${error}`
  return text.split('\n')[0] ?? ''
}
