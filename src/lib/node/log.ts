import { destination, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'
import type { Log, LogFields } from '../../ports.ts'

type LogOptions = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** For a person at a terminal; otherwise one JSON object per line. */
  readonly pretty: boolean
  /** A file descriptor: 1 is standard output. */
  readonly descriptor: number
}

/** The last line of defence: nobody should log these, and if somebody does, they do not show. */
const secretFields = [
  'authorization',
  'cookie',
  'token',
  'password',
  'secret',
  'secretKey',
  'key',
  'routing_key',
  'smtpUrl',
  'databaseUrl',
]

/** Lines beyond this many bytes that nobody takes are lost. */
const waitingBytesMax = 8 * 1024 * 1024

/** For how long the end of a process waits for a reader of the log that has stopped. */
const flushMaxMs = 1000

export type OpenLog = {
  readonly log: Log
  /** Resolves when all lines so far are written, in their order, or when nobody has taken them for a second. Never rejects. */
  flush(): Promise<void>
}

/**
 * Lines are handed over beside the program's way: a reader of the log that has stopped (a full pipe, a terminal that was
 * paused) must not stop the paging. So the last write may still be under way when the process wants to end: `flush` waits for
 * it. (What is written at once instead, as the package does by itself when the process ends without a flush, overtakes it.)
 */
export function openLog({ level, pretty: forPeople, descriptor }: LogOptions): OpenLog {
  // The smallest `minLength` that lets the package's `flush` wait for the write that is under way; with 0 it does not.
  const lines = destination({ dest: descriptor, sync: false, minLength: 1, maxLength: waitingBytesMax })
  const shown = forPeople
    ? pretty({ destination: lines, colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
    : lines
  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields, censor: '***' },
    },
    shown,
  )
  const line =
    (at: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) =>
      logger[at](fields, message)
  return {
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    flush: () =>
      new Promise((resolve) => {
        const late = setTimeout(() => {
          // The package's own last try, when the process ends, would wait for ever.
          lines.flushSync = () => {}
          resolve()
        }, flushMaxMs)
        lines.flush(() => {
          clearTimeout(late)
          resolve()
        })
      }),
  }
}
