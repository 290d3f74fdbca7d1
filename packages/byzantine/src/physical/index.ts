export {
  type FarmerCoercion,
  type ItemBehaviour,
  isKeptBack,
  itemBehaviours,
} from './coercion.ts'
export { secondBlock } from './double-farm.ts'
export { coercedFarmer } from './items.ts'
export { orphaningFarmer } from './orphan.ts'
