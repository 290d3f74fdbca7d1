import { parseScenario } from '@groundwork/scenario'
import { libraryNames, loadScenarioFile } from './library.ts'
import { wrap } from './text.ts'

export function listCommand(json: boolean): void {
  const scenarios = libraryNames().map((name) => {
    const file = loadScenarioFile(name, '.')
    const { description, lesson, runtimes } = parseScenario(file.text, file.shown)
    return { name, lesson: lesson === '' ? description : lesson, runtimes }
  })
  if (json) {
    process.stdout.write(`${JSON.stringify(scenarios)}\n`)
    return
  }
  const columns = process.stdout.columns ?? 100
  for (const { name, lesson, runtimes } of scenarios) {
    process.stdout.write(`${name}  (${runtimes.join(', ')})\n${wrap(`  ${lesson}`, columns, '  ')}\n\n`)
  }
}
