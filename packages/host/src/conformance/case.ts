/** One property that every interpreter of a port must have; `run` rejects where it is missing. */
export interface ConformanceCase {
  readonly name: string
  run(): Promise<void>
}
