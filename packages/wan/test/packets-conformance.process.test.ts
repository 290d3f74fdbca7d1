import { afterAll, describe } from 'vitest'
import { wanConformance } from './conformance.ts'
import { sharedNamespaces } from './namespace-harness.ts'
import { namespacesProblem } from './namespaces.ts'

// Twice this is what a round trip may be off.
describe.skipIf(namespacesProblem(['socat']) !== null)('in network namespaces', () => {
  const network = sharedNamespaces('packets')
  afterAll(network.end)
  wanConformance('packets', network.use, 1.5)
})
