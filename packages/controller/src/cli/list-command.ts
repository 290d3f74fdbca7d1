import { parseScenario } from '@groundwork/scenario'
import { libraryNames, loadScenarioFile } from './library.ts'

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
  const width = Math.max(0, ...scenarios.map(({ name }) => name.length))
  for (const { name, lesson, runtimes } of scenarios) {
    process.stdout.write(`${name.padEnd(width)}  ${lesson}  [${runtimes.join(', ')}]\n`)
  }
}
