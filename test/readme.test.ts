import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
// One folder for all, so that the compiler runs twice and not twice for each package.
const folder = `${root}test/.build/readme-${process.pid}`

interface Example {
  readonly name: string
  readonly text: string
}

const manifestOf = (name: string) =>
  JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>
  }
const packages = readdirSync(`${root}packages`)
const examples: Example[] = packages.flatMap((name) => {
  const blocks = readFileSync(`${root}packages/${name}/README.md`, 'utf8').matchAll(/^```ts\n(.*?)^```/gms)
  return [...blocks].map(([, text = ''], index) => ({ name: `${name}-${index}`, text }))
})

/** The compiler's complaints, one a line. What an example takes for given is declared as `any`. */
async function complaints(given: ReadonlyMap<string, ReadonlySet<string>>): Promise<string[]> {
  for (const { name, text } of examples) {
    const declared = [...(given.get(name) ?? [])].map((identifier) => `declare const ${identifier}: any\n`)
    writeFileSync(`${folder}/${name}.ts`, `${declared.join('')}${text}\nexport {}\n`)
  }
  const run = promisify(execFile)(
    process.execPath,
    [`${root}node_modules/typescript/bin/tsc`, '-p', folder, '--pretty', 'false'],
    { maxBuffer: 2 ** 24 },
  )
  const output = await run.then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  )
  // the sources are checked with settings of their own
  return output.split('\n').filter((line) => line.includes('error TS') && line.includes('readme-'))
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the examples of all READMEs fit the types that they show', async () => {
  mkdirSync(folder, { recursive: true })
  const paths = packages.flatMap((name) =>
    Object.entries(manifestOf(name).exports)
      .filter(([, path]) => path.endsWith('.ts'))
      .map(([entry, path]) => [`@groundwork/${name}${entry.slice(1)}`, [`${root}packages/${name}/${path}`]]),
  )
  const tsconfig = {
    extends: `${root}tsconfig.base.json`,
    compilerOptions: {
      noEmit: true,
      composite: false,
      noImplicitAny: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      lib: ['es2024', 'dom'],
      types: ['node'],
      typeRoots: [`${root}node_modules/@types`],
      paths: Object.fromEntries(paths),
    },
    include: [`${folder}/*.ts`],
  }
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(tsconfig))

  const given = new Map<string, Set<string>>()
  for (const line of await complaints(given)) {
    const [, example, identifier] = /([\w-]+)\.ts\(.*error TS(?:2304|2552|18004): .*?'(\w+)'/.exec(line) ?? []
    if (example === undefined || identifier === undefined) continue
    given.set(example, (given.get(example) ?? new Set()).add(identifier))
  }
  expect(examples.length).toBeGreaterThan(10)
  expect(await complaints(given)).toEqual([])
}, 120_000)
