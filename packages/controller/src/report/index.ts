export { renderReport } from './html.ts'
export type { ReportFacts, ReportInput } from './input.ts'
