export type { StatusAnswer } from './api.ts'
export type { Address, Config, ConfigPeer } from './config.ts'
export type { SubmitResult } from './intake.ts'
export { type KeyFile, keyFile, readKeyFile } from './key-file.ts'
export {
  type NetworkInit,
  type NetworkNode,
  type WrittenNetwork,
  type WrittenNode,
  writeNetwork,
} from './network.ts'
export type { ReadyLine } from './node.ts'
export { validatorNodeFlags } from './node-flags.ts'
export { testbedKey } from './testbed-keys.ts'

/** The program: run it with `node`, `--config FILE` and, if you like, `validatorNodeFlags`. */
export const validatorMain: URL = new URL('./main.ts', import.meta.url)
