import { wanConformance } from './conformance.ts'
import { relayHarness } from './relay-harness.ts'

// The machine may be busy with other things: bench/relay.ts measures how near the relay really comes.
wanConformance('relay', relayHarness, 10)
