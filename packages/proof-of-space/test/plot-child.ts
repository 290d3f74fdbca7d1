import { fromHex } from '@groundwork/primitives'
import { createPlot } from '../src/index.ts'
import { plotIds } from './plots.ts'

/** Plots to a file, and prints how far it is: `node plot-child.ts FILE K`. */
const [file, k] = process.argv.slice(2) as [string, string]
await createPlot({
  file,
  plotId: fromHex(plotIds[1]),
  k: Number(k),
  onProgress: (done) => process.stdout.write(`${done}\n`),
})
