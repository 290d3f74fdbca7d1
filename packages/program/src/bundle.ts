import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'rolldown'

const oldMs = 24 * 3_600_000
const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Writes a program of this repository as one minified file that needs no node_modules: a process has some 20 MB less
 * resident and starts with half the CPU.
 */
export async function bundleProgram(input: string, file: string): Promise<void> {
  const { build } = await import('rolldown')
  await build({
    input,
    cwd: root,
    platform: 'node',
    external: ['rolldown'],
    // That is for the type checker.
    tsconfig: false,
    logLevel: 'silent',
    plugins: [levelDb(dirname(file))],
    output: { file, format: 'esm', minify: true, codeSplitting: false },
  })
}

/** LevelDB's binary for this machine lies beside the bundle instead of in node_modules. */
function levelDb(folder: string): Plugin {
  return {
    name: 'level-db',
    load(id) {
      if (!id.endsWith('/classic-level/binding.js')) return null
      const binary = createRequire(id)('node-gyp-build').path(dirname(id))
      copyFileSync(binary, join(folder, 'classic-level.node'))
      return `const loaded = { exports: {} }
        process.dlopen(loaded, require('node:path').join(import.meta.dirname, 'classic-level.node'))
        module.exports = loaded.exports`
    },
  }
}

export interface BundleInit {
  /** Of the program: its bundle is `<name>.mjs`. */
  readonly name: string
  /** Its main file, absolute. */
  readonly main: string
  /** Programs of its threads, absolute, by name: bundles of their own beside the program's. */
  readonly threads?: Readonly<Record<string, string>>
}

/**
 * A program as one file (and one for each of its threads), made anew when a source or a library has changed; null if it
 * cannot be made or kept here. Costs about a second then, and some milliseconds otherwise.
 */
export async function bundledProgram({ name, main, threads = {} }: BundleInit): Promise<string | null> {
  const cache = join(root, 'node_modules', '.cache', 'groundwork')
  const folder = join(cache, `${name}-${fingerprint()}`)
  const bundle = join(folder, `${name}.mjs`)
  if (existsSync(bundle)) return bundle
  try {
    mkdirSync(cache, { recursive: true })
    removeOld(cache)
    // Built aside: another run may be at it too, and a build may be interrupted.
    const draft = mkdtempSync(join(cache, 'draft-'))
    for (const [file, input] of [[name, main], ...Object.entries(threads)] as const)
      await bundleProgram(input, join(draft, `${file}.mjs`))
    renameSync(draft, folder)
  } catch {
    return existsSync(bundle) ? bundle : null
  }
  return bundle
}

/** A run that began before a source changed may still start nodes from its bundle. */
function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    if (Date.now() - statSync(path).mtimeMs > oldMs) rmSync(path, { recursive: true, force: true })
  }
}

/** Of everything that the bundle is made from. */
function fingerprint(): string {
  const packages = join(root, 'packages')
  const files = readdirSync(packages)
    .flatMap((name) => sourcesIn(join(packages, name, 'src')))
    .sort()
  const all = createHash('sha256').update(process.version).update(process.arch)
  for (const file of [join(root, 'pnpm-lock.yaml'), ...files]) all.update(file).update(readFileSync(file))
  return all.digest('hex').slice(0, 16)
}

function sourcesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.m?[tj]s$/.test(path))
    .map((path) => join(folder, path))
}
