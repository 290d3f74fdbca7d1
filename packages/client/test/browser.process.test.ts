import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { browserBundle } from './browser/bundle.ts'
import { servePage } from './browser/page.ts'
import { type Recording, recordedNode } from './recording.ts'

const chromium = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== '' && existsSync(path),
)

it.skipIf(chromium === undefined)(
  'a page in Chromium verifies a recorded network (skipped without Chromium: set CHROMIUM to its path)',
  async () => {
    const recording: Recording = JSON.parse(
      readFileSync(new URL('../../../test/vectors/recorded-network-v1.json', import.meta.url), 'utf8'),
    )
    const server = await servePage(await browserBundle(), recording, recordedNode(recording))
    const profile = mkdtempSync(join(tmpdir(), 'groundwork-chromium-'))
    const browser = spawn(
      chromium as string,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-dev-shm-usage',
        '--no-first-run',
        `--user-data-dir=${profile}`,
        '--remote-debugging-port=0',
        server.url,
      ],
      { stdio: 'ignore' },
    )
    const exited = once(browser, 'exit').then(([code]) => `Chromium ended with code ${code}`)
    try {
      const said = (await Promise.race([server.report, exited])).split('\n')
      expect(said.at(-1)).toMatch(/^(physical|stake) \d+$/)
      expect(said).toHaveLength(recording.blocks.length + 6)
    } finally {
      browser.kill('SIGKILL')
      await exited
      await server.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    }
  },
)
