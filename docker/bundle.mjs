// bundle.mjs FOLDER: the programs that run in many containers, each as one file that needs no node_modules.
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { farmerThreads } from '../packages/farmer/src/launch.ts'
import { bundleProgram } from '../packages/program/src/bundle.ts'

const folder = resolve(process.argv[2] ?? 'bundle')
const root = fileURLToPath(new URL('..', import.meta.url))
const programs = {
  validator: 'packages/validator/src/main.mjs',
  controller: 'packages/controller/src/hub/main.ts',
  farmer: 'packages/farmer/src/main.mjs',
  ...farmerThreads(),
}

for (const [name, input] of Object.entries(programs)) {
  await bundleProgram(resolve(root, input), join(folder, `${name}.mjs`))
}
