/** What went wrong, as Python would sort it: callers show some kinds as warnings and others as errors. */
export type FaultKind = 'syntax' | 'security' | 'undefined' | 'type' | 'key' | 'value' | 'runtime' | 'limit' | 'time'

/** The one thing that a template may throw. Its message is what Python's Jinja2 says, where Jinja2 says anything. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault'
  readonly kind: FaultKind
  /** Where the text is wrong; null for what went wrong later, whose line the renderer knows. */
  readonly line: number | null
  constructor(kind: FaultKind, message: string, line: number | null) {
    super(message)
    this.kind = kind
    this.line = line
  }
}

export const syntaxFault = (message: string, line: number): TemplateFault => new TemplateFault('syntax', message, line)
export const securityFault = (message: string): TemplateFault => new TemplateFault('security', message, null)
export const undefinedFault = (message: string): TemplateFault => new TemplateFault('undefined', message, null)
export const typeFault = (message: string): TemplateFault => new TemplateFault('type', message, null)
export const keyFault = (message: string): TemplateFault => new TemplateFault('key', message, null)
export const valueFault = (message: string): TemplateFault => new TemplateFault('value', message, null)

/** What Python raises in classes of its own: division by zero, an index out of range, a filter that refuses its arguments. */
export const runtimeFault = (message: string): TemplateFault => new TemplateFault('runtime', message, null)

/** The template took more than it may. */
export const limitFault = (message: string): TemplateFault => new TemplateFault('limit', message, null)

/** It took more steps than it may, or until it was late. */
export const timeFault = (message: string): TemplateFault => new TemplateFault('time', message, null)
