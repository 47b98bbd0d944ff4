import { no, ok, type Result } from '../lib/result.ts'

/** The states of an alert group, and nothing beside them says how it is. */
export const alertGroupStates = ['firing', 'acknowledged', 'silenced', 'resolved'] as const
export type AlertGroupState = (typeof alertGroupStates)[number]

/** What a person, a source or an escalation can do to an alert group. */
export const alertGroupActions = ['acknowledge', 'unacknowledge', 'resolve', 'unresolve', 'silence', 'unsilence'] as const
export type AlertGroupAction = (typeof alertGroupActions)[number]

type Turn = { readonly to: AlertGroupState } | { readonly refused: string }

/** Every action in every state, with the contract's words where it is refused (contract grafana-oncall 4.10). */
const transitions = {
  acknowledge: {
    firing: { to: 'acknowledged' },
    silenced: { to: 'acknowledged' },
    acknowledged: { refused: "Can't acknowledge an acknowledged alert group" },
    resolved: { refused: "Can't acknowledge a resolved alert group" },
  },
  unacknowledge: {
    firing: { refused: "Can't unacknowledge an unacknowledged alert group" },
    silenced: { refused: "Can't unacknowledge an unacknowledged alert group" },
    acknowledged: { to: 'firing' },
    resolved: { refused: "Can't unacknowledge a resolved alert group" },
  },
  resolve: {
    firing: { to: 'resolved' },
    silenced: { to: 'resolved' },
    acknowledged: { to: 'resolved' },
    resolved: { refused: "Can't resolve a resolved alert group" },
  },
  unresolve: {
    firing: { refused: "Can't unresolve an unresolved alert group" },
    silenced: { refused: "Can't unresolve an unresolved alert group" },
    acknowledged: { refused: "Can't unresolve an unresolved alert group" },
    resolved: { to: 'firing' },
  },
  silence: {
    firing: { to: 'silenced' },
    // Silencing again sets a new end.
    silenced: { to: 'silenced' },
    acknowledged: { refused: "Can't silence an acknowledged alert group" },
    resolved: { refused: "Can't silence a resolved alert group" },
  },
  unsilence: {
    firing: { refused: "Can't unsilence an unsilenced alert group" },
    silenced: { to: 'firing' },
    acknowledged: { refused: "Can't unsilence an acknowledged alert group" },
    resolved: { refused: "Can't unsilence a resolved alert group" },
  },
} as const satisfies Record<AlertGroupAction, Record<AlertGroupState, Turn>>

/** The state after an action, or the contract's sentence why not. */
export function transition(state: AlertGroupState, action: AlertGroupAction): Result<AlertGroupState, string> {
  const turn: Turn = transitions[action][state]
  return 'to' in turn ? ok(turn.to) : no(turn.refused)
}

/** Only a firing alert group pages people. */
export const pages = (state: AlertGroupState): boolean => state === 'firing'
