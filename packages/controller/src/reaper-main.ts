// Outlives the controller by seconds. A paused (SIGSTOPped) process cannot see that its controller is gone, and containers
// have no controller at all, so somebody else must end them. Lines on standard input say what: `+PID STARTTIME` a process
// (`+g` for its whole process group), `-PID` no longer that one, `! JSON` a command as a list of words, `!` no longer any.
// At the end of standard input whoever is left is ended, then the commands run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, type ProcessIdentity, signalProcess } from './runtime/process-identity.ts'

interface Ward extends ProcessIdentity {
  readonly group: boolean
}

const graceMs = 1000
const wards = new Map<number, Ward>()
let commands: (readonly string[])[] = []

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  if (line === '!') commands = []
  else if (line.startsWith('!')) commands.push(JSON.parse(line.slice(1)) as readonly string[])
  const [, sign, pid, startTime] = /^(\+g?|-)(\d+)(?: (\d+|-))?$/.exec(line) ?? []
  if (sign === '-') wards.delete(Number(pid))
  else if (sign !== undefined) {
    const known = startTime === '-' ? null : (startTime ?? null)
    wards.set(Number(pid), { pid: Number(pid), startTime: known, group: sign === '+g' })
  }
}

const left = [...wards.values()]
for (const ward of left) {
  if (ward.group) signalProcess(ward, 'SIGTERM', true)
  else signalProcess(ward, 'SIGCONT')
}
for (const end = Date.now() + graceMs; Date.now() < end && left.some(isAlive); ) await delay(20)
for (const ward of left) signalProcess(ward, 'SIGKILL', ward.group)
for (const [program, ...args] of commands) {
  const child = spawn(program as string, args, { stdio: 'ignore' })
  await once(child, 'exit').catch(() => {})
}
