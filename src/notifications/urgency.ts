export const urgencies = ['low', 'medium', 'high', 'critical'] as const
export type Urgency = (typeof urgencies)[number]
