export type { Accomplice, Address, Orders } from '@groundwork/program'
export { type KeyFile, keyFile, readKeyFile, testbedKey } from '@groundwork/program'
export type { StatusAnswer } from './api.ts'
export type { Config, ConfigPeer } from './config.ts'
export { type HistoryOrders, writeHistoryOrders } from './history-orders.ts'
export type { SubmitResult } from './intake.ts'
export { prepareValidator, validatorEnvironment, validatorMain, validatorNodeFlags } from './launch.ts'
export {
  accountsOf,
  genesisOf,
  type HybridPlan,
  type NetworkInit,
  type NetworkNode,
  type NetworkPlan,
  validatorKeyOf,
  type WrittenNetwork,
  type WrittenNode,
  writeHome,
  writeNetwork,
} from './network.ts'
export { networkPlan, prepareHome, readNetworkPlan } from './network-home.ts'
export type { ReadyLine } from './node.ts'
export type { PhysicalStatus } from './physical-follower.ts'
