/** Starts relays, says their process id, and waits to be killed: for the test that nothing outlives it. */
import { capabilitiesOf, linkTable } from '@groundwork/wan'
import { startRelays } from '@groundwork/wan/relay'
import { conformanceNodes as nodes, conformanceRegions as regions } from './conformance-network.ts'

const table = linkTable({ nodes, regions, capabilities: capabilitiesOf('relay') })
const network = await startRelays({ table })
console.log(network.pid)
