import type { Check } from '@groundwork/scenario'
import { lossOf, spaceSuffices } from '../hybrid-metrics.ts'
import type { HybridRun } from '../hybrid-run.ts'
import type { Metrics } from '../metrics.ts'
import type { Run } from '../run.ts'
import { type CheckResult, result, seconds } from './check.ts'

export function checkMetric(
  metrics: Metrics,
  { name, min, max }: Extract<Check, { check: 'metric' }>,
): CheckResult {
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('metric', 'liveness', verdict, detail)
  const value = (metrics as unknown as Readonly<Record<string, unknown>>)[name]
  const bounds = [...(min === null ? [] : [`at least ${min}`]), ...(max === null ? [] : [`at most ${max}`])]
  const demanded = `${bounds.join(' and ')} demanded`
  if (value === undefined) return say('invalid', `There is no metric ${name}.`)
  if (typeof value !== 'number')
    return say('fail', `${name} was not measured, or it did not happen; ${demanded}.`)
  const holds = (min === null || value >= min) && (max === null || value <= max)
  return say(holds ? 'pass' : 'fail', `${name} is ${value}; ${demanded}.`)
}

/** What chance and orphans may add to the prediction. */
const slack = 1.3

/** I8: after stake went for good FAST resumes within T_rec, if the space that is left suffices. null: nothing to judge. */
export function checkRecoveryOfFinality(run: Run, hybrid: HybridRun, metrics: Metrics): CheckResult | null {
  const loss = lossOf(run)
  if (loss === null) return null
  const say = (verdict: CheckResult['verdict'], detail: string) =>
    result('recovery-of-finality', 'liveness', verdict, detail)
  const { recoveryMs, recoveryPredictedMs } = metrics
  if (!spaceSuffices(hybrid, loss) || recoveryPredictedMs === null)
    return say('pass', 'Not demanded: the space, or the stake, that is left cannot end RECORDED.')
  const boundMs = recoveryPredictedMs * slack
  const bound = `T_rec is ${seconds(recoveryPredictedMs)}, with a tolerance of 30 % ${seconds(boundMs)}`
  if (recoveryMs !== null)
    return say(
      recoveryMs <= boundMs ? 'pass' : 'fail',
      `Finality was back after ${seconds(recoveryMs)}; ${bound}.`,
    )
  if (run.endedMs - loss.fault.beganMs < boundMs)
    return say('invalid', `The run ended before finality had to be back; ${bound}.`)
  return say('fail', `Finality never came back; ${bound}.`)
}
