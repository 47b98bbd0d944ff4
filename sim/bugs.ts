import type { Patch } from './patches.ts'
import type { Trouble } from './trouble.ts'

/** A bug that is planted to see whether the simulator finds it. */
export type Bug = {
  readonly name: string
  readonly patches: readonly Patch[]
  /** What is changed in the database of the seed. */
  readonly statements?: readonly string[]
  /** The kinds of trouble in which it shows; its seeds are full of them and have no others. */
  readonly troubles: readonly Trouble[]
}

/** Each is a mistake that somebody could make, and that no test of a single function would show. */
export const bugs: readonly Bug[] = [
  {
    name: 'a page is enqueued after the commit',
    troubles: ['crashes'],
    patches: [
      {
        file: 'escalations/step-commands.ts',
        find: '/** Takes the steps that are due in these runs.',
        put: 'export const later: ((tx: Tx) => Promise<unknown>)[] = []\n\n/** Takes the steps that are due in these runs.',
      },
      {
        file: 'escalations/step-commands.ts',
        find: 'const answers = pages.length === 0 ? [] : await pageAll(tx, settings, pages)',
        put: 'const answers = pages.map(() => true)\n  later.push((own) => pageAll(own, settings, pages))',
      },
      { file: 'escalations/loop.ts', find: 'import { type Report, takeSteps }', put: 'import { later, type Report, takeSteps }' },
      {
        file: 'escalations/loop.ts',
        find: "warn(await db.tx('take escalation steps', (tx) => takeSteps(tx, settings, keys)))",
        put: "warn(await db.tx('take escalation steps', (tx) => takeSteps(tx, settings, keys)))\n      for (const work of later.splice(0)) await db.tx('page people', work)",
      },
    ],
  },
  {
    name: 'a retry is kept in memory only',
    troubles: ['crashes', 'bad receivers'],
    patches: [
      {
        file: 'deliveries/finish-store.ts',
        find: 'due_at = ended.due_at, last_status',
        put: "due_at = ended.due_at + interval '1 year', last_status",
      },
      { file: 'deliveries/finish-loop.ts', find: 'import { type Ms,', put: "import { sql } from 'kysely'\nimport { type Ms," },
      {
        file: 'deliveries/finish-loop.ts',
        find: 'onWritten({ batch, hasStray: settledCount < batch.length })\n',
        put: `onWritten({ batch, hasStray: settledCount < batch.length })
      for (const { delivery, verdict } of batch) {
        if (verdict.kind !== 'retry') continue
        const { dueAt } = verdict
        void clock.wait(ms(dueAt - clock.now()), never).then(() => db.tx('retry from memory', async (tx) => {
          await sql\`update deliveries set due_at = \${new Date(dueAt)} where id = \${delivery.id}\`.execute(tx.sql)
          tx.wake('deliveries')
        })).catch(() => {})
      }
`,
      },
    ],
  },
  {
    name: 'the end of an attempt is not fenced by its number',
    troubles: ['two nodes', 'freezes at sending', 'bad receivers'],
    patches: [
      {
        file: 'deliveries/finish-store.ts',
        find: 'd.id = ended.id and d.attempt = ended.attempt and ended.due_at is null',
        put: 'd.id = ended.id and ended.due_at is null',
      },
      {
        file: 'deliveries/finish-store.ts',
        find: 'd.id = ended.id and d.attempt = ended.attempt and ended.due_at is not null',
        put: 'd.id = ended.id and ended.due_at is not null',
      },
    ],
  },
  {
    name: 'an acknowledgement does not take back the pages that wait',
    troubles: ['bad receivers', 'hasty people'],
    patches: [
      {
        file: 'notifications/commands.ts',
        find: 'await cancelDeliveries(tx, await store.runIdsAbout(tx, organizationId, subjectId))',
        put: 'await store.runIdsAbout(tx, organizationId, subjectId)',
      },
    ],
  },
  {
    name: 'a later page ends the one that still waits',
    troubles: [],
    patches: [
      {
        file: 'notifications/commands.ts',
        find: '  const lists = await stepsOfPeople(tx, distinct)\n',
        put: `  for (const { organizationId, subject } of distinct) await store.stopRunsAbout(tx, organizationId, subject.id)
  const lists = await stepsOfPeople(tx, distinct)
`,
      },
    ],
  },
  {
    name: 'an acknowledgement stops the escalation in a transaction of its own',
    troubles: ['crashes', 'broken connections', 'hasty people'],
    patches: [
      {
        file: 'alerts/commands.ts',
        find: 'if (target === null) await stopEscalations(',
        put: "if (target === null && actor.kind !== 'user') await stopEscalations(",
      },
      {
        file: 'alerts/routes.ts',
        find: 'import { readTimeline }',
        put: "import { stopEscalations } from '../escalations/commands.ts'\nimport { readTimeline }",
      },
      {
        file: 'alerts/routes.ts',
        find: '(tx) => act(tx, settings, { actor: request.actor, id, action, ...silenceFor }))',
        put: `(tx) => act(tx, settings, { actor: request.actor, id, action, ...silenceFor }))
        if (['acknowledge', 'resolve', 'silence'].includes(action)) await db.tx('stop escalations', (tx) => stopEscalations(tx, request.actor.organizationId, [id]))`,
      },
    ],
  },
  {
    name: 'a delivery is marked delivered before it is sent',
    troubles: ['bad receivers'],
    patches: [
      { file: 'deliveries/attempt-loop.ts', find: 'const answer = await answerOf(', put: 'void answerOf(' },
      {
        file: 'deliveries/attempt-loop.ts',
        find: 'const outcome = withoutEcho(answer, headers)',
        put: "const outcome: MailOutcome = { kind: 'accepted', response: '', durationMs: ms(0) }",
      },
    ],
  },
  {
    name: 'one open group per key is only looked for, not made sure of',
    troubles: ['two nodes', 'rivalry'],
    statements: ['drop index alert_groups_open'],
    patches: [],
  },
  {
    name: 'every attempt has a webhook-id of its own',
    troubles: ['bad receivers'],
    patches: [
      {
        file: 'deliveries/attempt-loop.ts',
        find: '...messageHeaders(messageId, message.headers), ',
        put: "...message.headers, 'webhook-id': `${messageId.slice(0, -4)}${String(delivery.attempt).padStart(4, '0')}`, ",
      },
    ],
  },
  {
    name: 'events are numbered when they are written, not in the order of the commits',
    troubles: ['two nodes', 'rivalry'],
    statements: ['create sequence early'],
    patches: [
      {
        file: 'events/store.ts',
        find: "  const row = await tx.sql\n    .updateTable('organizations')",
        put: `  const early = await sql<{ event_sequence: number }>\`
    select max(n) as event_sequence from (select nextval('early') as n from generate_series(1, \${count}::int)) numbers\`.execute(tx.sql)
  if (early.rows[0] !== undefined) return early.rows[0].event_sequence - count + 1
  const row = await tx.sql
    .updateTable('organizations')`,
      },
    ],
  },
  {
    name: 'a lease never ends',
    troubles: ['two nodes', 'crashes'],
    patches: [
      {
        file: 'shards/store.ts',
        find: ' or leased_until <= ${latest}::timestamptz',
        put: ' and ${latest}::timestamptz is not null',
      },
    ],
  },
  {
    name: 'nobody is told how a delivery ended',
    troubles: [],
    patches: [{ file: 'deliveries/finish-loop.ts', find: '  await insertResults(tx, ended)\n', put: '' }],
  },
  {
    name: 'a step that is found late is left out',
    troubles: ['freezes', 'crashes'],
    patches: [
      {
        file: 'escalations/step-commands.ts',
        find: '...plan(run, tx.now) }',
        put: '...plan(run, tx.now), ...(tx.now - run.dueAt > 300_000 ? { actions: [] } : {}) }',
      },
    ],
  },
  {
    name: 'an alert is accepted before it is stored',
    troubles: ['broken connections'],
    patches: [
      {
        file: 'inbound/grafana-oncall-routes.ts',
        find: 'if (!(await intake.accept({ token, source, signals }))) return refuseSource(reply, await intake.sourceAsItIs(token))',
        put: 'void intake.accept({ token, source, signals }).catch(() => {})',
      },
    ],
  },
  {
    name: 'what was committed and not heard of is written twice',
    troubles: ['broken connections'],
    patches: [{ file: 'deliveries/attempt-store.ts', find: '::smallint[])\n    on conflict do nothing`', put: '::smallint[])`' }],
  },
  {
    name: 'a hand-over is announced and its schedule moves on in two transactions',
    troubles: ['crashes', 'broken connections'],
    patches: [
      {
        file: 'schedules/hand-overs/announce-commands.ts',
        find: '/**\n * Announces the prepared hand-overs of schedules that are due',
        put: 'export const later: ((tx: Tx) => Promise<unknown>)[] = []\n\n/**\n * Announces the prepared hand-overs of schedules that are due',
      },
      {
        file: 'schedules/hand-overs/announce-commands.ts',
        find: `  await store.moveOn(
    tx,
    organizationId,
    announced.map(({ watch }) => watch),
  )`,
        put: `  later.push((own) => store.moveOn(own, organizationId, announced.map(({ watch }) => watch)))`,
      },
      { file: 'schedules/loop.ts', find: 'import { announcePrepared,', put: 'import { announcePrepared, later,' },
      {
        file: 'schedules/loop.ts',
        find: 'announcePrepared(tx, settings, someOf(watches)))',
        put: `announcePrepared(tx, settings, someOf(watches))).then(async (instants) => {
      for (const work of later.splice(0)) await db.tx('move schedules on', work)
      return instants
    })`,
      },
    ],
  },
  {
    name: 'a shift ends a second before its end',
    troubles: [],
    patches: [
      {
        file: 'schedules/shifts/shift-layers.ts',
        find: 'endLocal: untilLocal, durationMs }',
        put: 'endLocal: untilLocal, durationMs: durationMs - 1000 }',
      },
    ],
  },
  {
    name: 'of the hand-overs that were missed only the last is announced',
    troubles: ['crashes', 'freezes'],
    patches: [
      {
        file: 'schedules/hand-overs/watch-step.ts',
        find: 'for (const handOver of withNext(seen.handOvers)) {',
        put: 'for (const handOver of withNext(seen.handOvers).filter((_one, index, all) => (all[index + 1]?.at ?? Infinity) > until)) {',
      },
    ],
  },
  {
    name: 'a webhook that was switched off hears of what happens',
    troubles: ['desks'],
    patches: [
      {
        file: 'webhooks/store.ts',
        find: "    .where((eb) => eb.or([eb('enabled', '=', true), eb('given_up_at', 'is not', null)]))\n",
        put: '',
      },
    ],
  },
  {
    name: 'only the first URL of a webhook is told',
    troubles: ['desks'],
    patches: [
      {
        file: 'webhooks/matching/match-commands.ts',
        find: 'endpointsOf(telling.subscription).map(',
        put: 'endpointsOf(telling.subscription).slice(0, 1).map(',
      },
    ],
  },
  {
    name: 'a webhook hears what happens to itself',
    troubles: ['desks', 'bad receivers'],
    patches: [{ file: 'webhooks/matching/match.ts', find: "cause.about !== 'webhook' || cause.webhookId !== id", put: 'true' }],
  },
  {
    name: 'of news of webhooks that are given up there is news again',
    troubles: ['desks', 'bad receivers'],
    patches: [{ file: 'events/exhausted-fact.ts', find: ' || isOperational(cause.trigger)) return null', put: ') return null' }],
  },
  {
    name: 'what is ordered is not',
    troubles: ['desks', 'bad receivers'],
    patches: [
      {
        file: 'webhooks/matching/match-commands.ts',
        find: 'const lane = isOrdered || isOnCall ?',
        put: 'const lane = isOnCall ?',
      },
    ],
  },
  {
    name: 'a replay does not note what it sends again',
    troubles: ['desks', 'bad receivers'],
    patches: [{ file: 'deliveries/replays/commands.ts', find: '    await store.markReplayed(tx, again)\n', put: '' }],
  },
  {
    name: 'alerts that joined a group are told of again with the next',
    troubles: ['desks'],
    patches: [{ file: 'alerts/added-store.ts', find: 'set untold_count = 0, told_at', put: 'set told_at' }],
  },
  {
    name: 'a test is tried for as long as anything else',
    troubles: ['desks', 'bad receivers'],
    patches: [
      { file: 'webhooks/test-requests/commands.ts', find: 'testAgeMax: Ms = minutes(5)', put: 'testAgeMax: Ms = minutes(500)' },
    ],
  },
]
