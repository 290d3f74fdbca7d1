export { type FarmerCoercion, type ItemBehaviour, isKeptBack, itemBehaviours } from './coercion.ts'
export { coercedFarmer } from './items.ts'
