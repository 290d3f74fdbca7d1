/** Flags of Node for a validator process: a small heap is collected more often and stays small. */
export const validatorNodeFlags: readonly string[] = ['--max-semi-space-size=2', '--max-old-space-size=96']
