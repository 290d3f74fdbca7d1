import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { CodedError, equal, toHex } from '@groundwork/primitives'
import { openPlot, type Plot, verify } from '@groundwork/proof-of-space'
import { exitCode } from './exit.ts'
import { output } from './output.ts'
import { shownPath, workingDirectory } from './places.ts'
import { megabytes, modelledSpace } from './plot-create.ts'

export interface PlotCheckOptions {
  readonly challenges: number
  readonly json?: boolean
}

/** What the proofs of a plot are like; a plot that is whole and honest has none that is bad. */
interface Tally {
  readonly proofs: number
  readonly bad: number
}

/** Resolves to the exit code: 0 for a good plot, 1 for a bad one. Throws `PLOT_FILE` if there is none to be read. */
export async function checkPlot(name: string, { challenges, json }: PlotCheckOptions): Promise<number> {
  const out = output(json === true)
  let plot: Plot
  try {
    plot = await openPlot(resolve(workingDirectory(), name))
  } catch (error) {
    if (!(error instanceof CodedError) || error.code === 'PLOT_FILE') throw error
    out.note(`groundwork: ${error.message}`)
    out.result({ version: 1, ok: false, code: error.code, message: error.message })
    return exitCode.fail
  }
  const { k, plotId, bytes, entryCounts } = plot
  const { proofs, bad } = tally(plot, challenges)
  const perChallenge = (entryCounts.at(-1) as number) / 2 ** k
  const expected = Number((challenges * perChallenge).toFixed(1))
  out.say(`${shownPath(plot.file)}: ${megabytes(bytes)}, the checksum agrees`)
  out.say(`plot id ${toHex(plotId)}, k=${k}`)
  out.say(
    `${proofs} proofs for ${challenges} challenges (${expected} expected), ${bad === 0 ? 'all valid' : `${bad} INVALID`}`,
  )
  out.say(modelledSpace(k))
  out.result({
    version: 1,
    ok: bad === 0,
    file: plot.file,
    plotId: toHex(plotId),
    k,
    bytes,
    challenges,
    proofs,
    expected,
    invalid: bad,
    modelled: true,
  })
  return (bad === 0 ? exitCode.pass : exitCode.fail) as number
}

function tally(plot: Plot, challenges: number): Tally {
  const { plotId, k } = plot
  let proofs = 0
  let bad = 0
  const counter = Buffer.alloc(4)
  for (let i = 0; i < challenges; i++) {
    counter.writeUInt32BE(i)
    const challenge = new Uint8Array(createHash('sha256').update(counter).digest())
    for (const { entry, quality } of plot.lookUp(challenge)) {
      const verified = verify({ plotId, k, challenge, proof: plot.prove(entry) })
      proofs++
      if (verified === undefined || !equal(verified, quality)) bad++
    }
  }
  return { proofs, bad }
}
