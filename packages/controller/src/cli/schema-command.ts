import { scenarioJsonSchema } from '@groundwork/scenario'

export function schemaCommand(): void {
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
}
