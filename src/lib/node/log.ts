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

/**
 * Lines are handed over beside the program's way: a reader of the log that has stopped (a full pipe, a terminal that was
 * paused) must not stop the paging. `flush` writes what still waits, before the process ends.
 */
export function openLog({ level, pretty: forPeople, descriptor }: LogOptions): { readonly log: Log; flush(): void } {
  const lines = destination({ dest: descriptor, sync: false, maxLength: waitingBytesMax })
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
    flush: () => lines.flushSync(),
  }
}
