import type { Ms } from '../lib/time.ts'

/** How often, and after which pauses, what failed is tried again; each is described in `retry.ts`. */
export const retryPlans = ['standard', 'fast', 'squadcast', 'none'] as const

/** One of them, or the pauses themselves, at least one. */
export type RetryPlan = (typeof retryPlans)[number] | readonly Ms[]
