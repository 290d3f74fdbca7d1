// Outlives the controller by a second. A paused (SIGSTOPped) process cannot see that its controller is gone, so somebody
// else must end it: lines `+PID STARTTIME` and `-PID` on standard input say whom; at its end whoever is left is ended.
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, type ProcessIdentity, signalProcess } from './runtime/process-identity.ts'

const graceMs = 1000
const wards = new Map<number, ProcessIdentity>()

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  const [, sign, pid, startTime] = /^([+-])(\d+)(?: (\d+|-))?$/.exec(line) ?? []
  if (sign === '+')
    wards.set(Number(pid), { pid: Number(pid), startTime: startTime === '-' ? null : (startTime ?? null) })
  if (sign === '-') wards.delete(Number(pid))
}

const left = [...wards.values()]
for (const ward of left) signalProcess(ward, 'SIGCONT')
for (const end = Date.now() + graceMs; Date.now() < end && left.some(isAlive); ) await delay(20)
for (const ward of left) signalProcess(ward, 'SIGKILL')
