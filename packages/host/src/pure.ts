/** What a host needs beside a core, without Node: for followers that also run in a browser. */
export * from './effect-loop.ts'
export type { EntryCodec } from './entry-codec.ts'
export * from './limiter.ts'
export * from './memory.ts'
export * from './physical-ports.ts'
export * from './ports.ts'
