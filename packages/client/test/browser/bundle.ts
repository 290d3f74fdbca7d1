import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/** The client as a script that defines the global `groundwork`. Throws, naming the importer, if anything of Node is reached. */
export async function browserBundle(entry: URL = new URL('./entry.ts', import.meta.url)): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(entry),
    platform: 'browser',
    tsconfig: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'no-node',
        resolveId(specifier, importer) {
          const name = specifier.replace(/^node:/, '')
          if (specifier.startsWith('node:') || builtinModules.includes(name))
            throw new Error(`${importer} imports ${specifier}`)
          return null
        },
      },
    ],
  })
  const { output } = await build.generate({
    format: 'iife',
    name: 'groundwork',
    minify: true,
    codeSplitting: false,
  })
  await build.close()
  return output[0].code
}
