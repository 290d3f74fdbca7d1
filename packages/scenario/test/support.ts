import { readFileSync } from 'node:fs'
import { type Capabilities, capabilitiesOf, parseRegionTable } from '@groundwork/wan'
import { type Plan, parseScenario, planScenario, type RuntimeName } from '../src/index.ts'

export const regions = parseRegionTable(
  readFileSync(new URL('../../../netem/regions.csv', import.meta.url), 'utf8'),
)

/** Plans a scenario given as text. */
export function planOf(
  text: string,
  runtime: RuntimeName = 'simulated',
  seed = 1,
  capabilities: Capabilities = capabilitiesOf(runtime === 'simulated' ? 'simulated' : 'relay'),
): Plan {
  return planScenario(parseScenario(text, 'test.yaml'), { runtime, seed, capabilities, regions })
}

/** The code and the message that a scenario is refused with. */
export function refusal(
  text: string,
  runtime: RuntimeName = 'simulated',
  capabilities?: Capabilities,
): string {
  try {
    planOf(text, runtime, 1, capabilities)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code} ${message}`
  }
  return 'accepted'
}
