-- Everything belongs to an organization, in every key. Ids that people see are the keys themselves (docs/decisions/0003).
-- Instants come from the program; nothing here asks the database for the time.

-- accounts ------------------------------------------------------------------------------------------------------------

create table organizations (
  id text primary key,
  name text not null,
  -- The sequence of the newest event; its row lock makes sequence order and commit order the same.
  event_sequence bigint not null,
  created_at timestamptz not null
);

create table setup_links (
  digest bytea primary key,
  created_at timestamptz not null,
  used_at timestamptz
);

-- One sealed word, so that a start with another secret key is noticed before anything is sealed with it.
create table key_checks (
  purpose text primary key,
  sealed bytea not null
);

create table teams (
  organization_id text not null references organizations,
  id text not null,
  name text not null,
  email text,
  -- Used by what belongs to the team and names no chain of its own; references escalation_chains below.
  escalation_chain_id text,
  created_at timestamptz not null,
  primary key (organization_id, id),
  unique (organization_id, name)
);

create table services (
  organization_id text not null references organizations,
  id text not null,
  name text not null,
  team_id text,
  created_at timestamptz not null,
  primary key (organization_id, id),
  unique (organization_id, name),
  foreign key (organization_id, team_id) references teams on delete set null (team_id)
);

create table users (
  organization_id text not null references organizations,
  id text not null,
  username text not null,
  email text not null,
  role text not null check (role in ('admin', 'editor', 'viewer', 'none')),
  name text,
  first_name text,
  last_name text,
  slack_user_id text,
  phone text,
  time_zone text,
  -- How many seconds before a shift the person is reminded of it.
  shift_reminders integer[] not null default '{86400,3600}',
  -- A person who left keeps the row, for the history, and gives the names free.
  deactivated_at timestamptz,
  created_at timestamptz not null,
  primary key (organization_id, id)
);
create unique index users_username on users (organization_id, lower(username)) where deactivated_at is null;
create unique index users_email on users (organization_id, lower(email)) where deactivated_at is null;

-- What schedules want to know of people. When somebody could be on call no more, or again, is kept, because hand-overs that were missed are
-- told as they were. What is pending waits for the loop of the schedules.
create table presence_changes (
  organization_id text not null,
  id uuid not null,
  shard smallint not null,
  user_id text not null,
  at timestamptz not null,
  -- Null: it is as it was; names or reminders are others.
  present boolean,
  pending boolean not null,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users
);
create index presence_changes_pending on presence_changes (shard, at) where pending;
create index presence_changes_at on presence_changes (organization_id, at);

create table team_members (
  organization_id text not null,
  team_id text not null,
  user_id text not null,
  primary key (organization_id, team_id, user_id),
  foreign key (organization_id, team_id) references teams on delete cascade,
  foreign key (organization_id, user_id) references users
);
create index team_members_user on team_members (organization_id, user_id);

create table api_tokens (
  organization_id text not null,
  id uuid not null,
  user_id text not null,
  name text not null,
  -- SHA-512 of the token's bytes; the token itself is shown once and kept nowhere.
  digest bytea not null unique,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users
);
create index api_tokens_user on api_tokens (organization_id, user_id);

create table audit_entries (
  organization_id text not null references organizations,
  id uuid not null,
  at timestamptz not null,
  actor jsonb not null,
  action text not null,
  subject_id text not null,
  details jsonb not null,
  primary key (organization_id, id)
);

-- shards --------------------------------------------------------------------------------------------------------------

create table nodes (
  id uuid primary key,
  seen_at timestamptz not null
);

create table shards (
  shard smallint primary key check (shard between 0 and 63),
  owner_id uuid,
  leased_until timestamptz
);
insert into shards (shard) select generate_series(0, 63);

-- escalations ---------------------------------------------------------------------------------------------------------

create table escalation_chains (
  organization_id text not null references organizations,
  id text not null,
  name text not null,
  team_id text,
  created_at timestamptz not null,
  primary key (organization_id, id),
  unique (organization_id, name),
  foreign key (organization_id, team_id) references teams on delete set null (team_id)
);
alter table teams
  add foreign key (organization_id, escalation_chain_id) references escalation_chains on delete set null (escalation_chain_id);

-- schedules -----------------------------------------------------------------------------------------------------------

create table schedules (
  organization_id text not null references organizations,
  id text not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (organization_id, id)
);

-- The first version has no start, so that it answers for any past instant; the current one has no end.
create table schedule_versions (
  organization_id text not null,
  schedule_id text not null,
  valid_from timestamptz,
  valid_to timestamptz,
  name text not null,
  type text not null check (type in ('web', 'calendar', 'ical')),
  team_id text,
  time_zone text,
  shift_ids text[] not null,
  ical_url_primary text,
  ical_url_overrides text,
  enable_web_overrides boolean not null,
  foreign key (organization_id, schedule_id) references schedules,
  foreign key (organization_id, team_id) references teams on delete set null (team_id),
  check (valid_from < valid_to)
);
create unique index schedule_versions_current on schedule_versions (organization_id, schedule_id) where valid_to is null;
create index schedule_versions_shifts on schedule_versions using gin (shift_ids) with (fastupdate = off) where valid_to is null;
create unique index schedule_versions_start on schedule_versions (organization_id, schedule_id, valid_from) nulls not distinct;

-- What schedules are made of: shifts of the Grafana OnCall API, which may be on several schedules, and layers and overrides of one.
create table shifts (
  organization_id text not null references organizations,
  id text not null,
  kind text not null check (kind in ('shift', 'layer', 'override')),
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (organization_id, id)
);

create table shift_versions (
  organization_id text not null,
  shift_id text not null,
  valid_from timestamptz,
  valid_to timestamptz,
  name text,
  team_id text,
  -- The schedule that owns it; shifts that schedules name have none.
  schedule_id text,
  definition jsonb not null,
  -- Before and after it says nothing of who is on call, so that what is long over or far ahead is not read.
  begins_at timestamptz not null default '-infinity',
  ends_at timestamptz not null default 'infinity',
  foreign key (organization_id, shift_id) references shifts,
  foreign key (organization_id, schedule_id) references schedules,
  foreign key (organization_id, team_id) references teams on delete set null (team_id),
  check (valid_from < valid_to)
);
create unique index shift_versions_current on shift_versions (organization_id, shift_id) where valid_to is null;
create unique index shift_versions_start on shift_versions (organization_id, shift_id, valid_from) nulls not distinct;
create index shift_versions_schedule on shift_versions (organization_id, schedule_id, ends_at, begins_at);
-- Finds what names a person, wherever in the definition that is.
create index shift_versions_definition on shift_versions using gin (definition) with (fastupdate = off);

create table shift_swaps (
  organization_id text not null references organizations,
  id text not null,
  -- Who would be on call.
  beneficiary_id text not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, beneficiary_id) references users
);

-- The current version has no end; of a deleted swap every one has.
create table shift_swap_versions (
  organization_id text not null,
  swap_id text not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  schedule_id text not null,
  -- Who has taken it.
  benefactor_id text,
  description text,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  foreign key (organization_id, swap_id) references shift_swaps,
  foreign key (organization_id, schedule_id) references schedules,
  foreign key (organization_id, benefactor_id) references users,
  check (valid_from < valid_to),
  check (starts_at < ends_at)
);
create unique index shift_swap_versions_current on shift_swap_versions (organization_id, swap_id) where valid_to is null;
create unique index shift_swap_versions_start on shift_swap_versions (organization_id, swap_id, valid_from);
create index shift_swap_versions_schedule on shift_swap_versions (organization_id, schedule_id, ends_at);
create index shift_swap_versions_benefactor on shift_swap_versions (organization_id, benefactor_id, ends_at);
create index shift_swap_versions_list on shift_swap_versions (organization_id, starts_at, swap_id) where valid_to is null;

-- A calendar file that says who is on call: of an ical schedule, or the overrides of one that takes them from a URL.
create table calendars (
  organization_id text not null,
  schedule_id text not null,
  role text not null check (role in ('primary', 'overrides')),
  shard smallint not null,
  -- Null: its file is uploaded.
  url text,
  -- The last copy that could be read; null: there is none yet. What it said of itself, for the next time it is asked for.
  content bytea,
  content_digest bytea,
  etag text,
  last_modified text,
  -- Events that could not be read, as sentences.
  problems text[] not null default '{}',
  -- When the stretches were last made of the content, which reaches only so far ahead; null: they were never made.
  expanded_at timestamptz,
  refreshed_at timestamptz,
  -- The last time it failed, and the first time since it was well.
  failed_at timestamptz,
  failing_since timestamptz,
  error text,
  -- Null: there is nothing to do.
  due_at timestamptz,
  primary key (organization_id, schedule_id, role),
  foreign key (organization_id, schedule_id) references schedules,
  check ((failed_at is null) = (error is null)),
  check ((failed_at is null) = (failing_since is null))
);
create index calendars_due on calendars (shard, due_at) where due_at is not null;

-- When the events of a calendar happen, and whom they name. A row begins with the file that brought it and ends with the one that did not
-- have it any more; the first file of an ical schedule has no start, as first versions have none.
create table calendar_stretches (
  organization_id text not null,
  schedule_id text not null,
  role text not null,
  -- A digest of what it says; two rows of one time never say the same.
  digest text not null,
  uid text not null,
  start_at timestamptz not null,
  end_at timestamptz not null,
  level integer not null,
  name text not null,
  candidates text[] not null,
  created_at timestamptz not null,
  valid_from timestamptz,
  valid_to timestamptz,
  primary key (organization_id, schedule_id, role, digest, created_at),
  foreign key (organization_id, schedule_id, role) references calendars,
  check (start_at < end_at)
);
create index calendar_stretches_end on calendar_stretches (organization_id, schedule_id, end_at, start_at);

-- What is known of a schedule's hand-overs, and when it is to be looked at next. The row moves on in the transaction that announces one.
create table schedule_watches (
  organization_id text not null,
  schedule_id text not null,
  shard smallint not null,
  -- Every change up to here has been announced, and these people were on call then, each with what put them there.
  processed_until timestamptz not null,
  on_call jsonb not null,
  -- By what was known when it was looked at last, nothing changes before this.
  settled_until timestamptz not null,
  change_number bigint not null,
  -- Since when nobody has been on call, where that was announced.
  gap_since timestamptz,
  -- The change that comes at due_at, ready to be announced; null: what the schedule says is to be read first.
  next_change jsonb,
  due_at timestamptz not null,
  -- Everybody whom the schedule names, and the release of the zones' rules with which it was looked at.
  people text[] not null,
  zone_data text not null,
  -- Reminders that were due up to here were sent; when the next one is.
  reminded_until timestamptz not null,
  remind_at timestamptz not null,
  -- Since when edits have not been told to the people whose shifts they move, who made them, and when that is to be done; null: there are none.
  edited_since timestamptz,
  edited_by text[] not null,
  tell_at timestamptz,
  primary key (organization_id, schedule_id),
  foreign key (organization_id, schedule_id) references schedules
) with (fillfactor = 70);
create index schedule_watches_changes on schedule_watches (shard, due_at, organization_id, schedule_id) where next_change is not null;
create index schedule_watches_reminders on schedule_watches (shard, remind_at, organization_id, schedule_id);
create index schedule_watches_edits on schedule_watches (shard, tell_at, organization_id, schedule_id) where tell_at is not null;
create index schedule_watches_looks on schedule_watches (shard, due_at, organization_id, schedule_id) where next_change is null;

-- Opens one calendar without signing in: a schedule's, or, without one, that of all the user's shifts.
create table export_tokens (
  organization_id text not null,
  id uuid not null,
  user_id text not null,
  schedule_id text,
  -- SHA-512 of the token's bytes; the token itself is shown once and kept nowhere.
  digest bytea not null unique,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users,
  foreign key (organization_id, schedule_id) references schedules
);
create unique index export_tokens_active on export_tokens (organization_id, user_id, schedule_id) nulls not distinct
  where revoked_at is null;

-- webhooks ------------------------------------------------------------------------------------------------------------

create table webhooks (
  organization_id text not null references organizations,
  id text not null,
  name text not null,
  description text,
  enabled boolean not null,
  team_id text,
  -- Who saved it last, as the contract keeps it.
  user_id text,
  trigger_types text[] not null check (cardinality(trigger_types) > 0),
  integration_filter text[],
  schedule_filter text[],
  -- Not jsonb, so that people read it in the order in which they wrote it.
  filter json,
  -- A list of `url` and `httpMethod`. Each URL is an endpoint.
  urls jsonb not null check (jsonb_array_length(urls) > 0),
  headers_sealed bytea,
  static_headers_sealed bytea,
  data text,
  username text,
  password_sealed bytea,
  authorization_sealed bytea,
  trigger_template text,
  forward_all boolean not null,
  preset text,
  failure_email text,
  -- The name of a plan, or a list of pauses in milliseconds.
  retry jsonb not null,
  max_age_ms integer,
  timeout_ms integer not null,
  in_flight_max smallint not null,
  rate_max double precision,
  ordered boolean not null,
  -- All its endpoints are disabled; null: no, or a person has switched it off.
  given_up_at timestamptz,
  -- Since when a URL got nothing, which is open again; null: nothing was missed, or it was replayed.
  missed_since timestamptz,
  -- When an example was sent last, so that they do not come too fast.
  tested_at timestamptz,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, team_id) references teams on delete set null (team_id),
  foreign key (organization_id, user_id) references users
);
create unique index webhooks_name on webhooks (organization_id, name) where deleted_at is null;
create index webhooks_trigger_types on webhooks using gin (trigger_types) where deleted_at is null;

create table webhook_signing_keys (
  organization_id text not null,
  id uuid not null,
  webhook_id text not null,
  secret_sealed bytea not null,
  -- Of the pair for v1a signatures: the private half, and the public one.
  seed_sealed bytea,
  public_key bytea,
  created_at timestamptz not null,
  -- Until when it signs beside the one that replaced it; null: nothing has.
  valid_until timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, webhook_id) references webhooks,
  check ((seed_sealed is null) = (public_key is null))
);
create index webhook_signing_keys_webhook on webhook_signing_keys (organization_id, webhook_id);
create unique index webhook_signing_keys_current on webhook_signing_keys (organization_id, webhook_id) where valid_until is null;

-- What a webhook shows to its receivers, and trusts of them, in handshakes.
create table webhook_tls (
  organization_id text not null,
  webhook_id text not null,
  sealed bytea not null,
  updated_at timestamptz not null,
  primary key (organization_id, webhook_id),
  foreign key (organization_id, webhook_id) references webhooks
);

-- integrations --------------------------------------------------------------------------------------------------------

create table integrations (
  organization_id text not null references organizations,
  id text not null,
  type text not null,
  name text not null,
  description text,
  team_id text,
  service_id text,
  urgency text not null check (urgency in ('low', 'medium', 'high', 'critical')),
  enabled boolean not null,
  token_digest bytea not null,
  token_sealed bytea not null,
  -- What a header must carry beside the key in the path; null: no header is looked at.
  header_token_sealed bytea,
  -- Counts the changes of its routes beside the default one, so that prepared expressions are known to be stale; 0: there never were any.
  routes_version integer not null default 0,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, team_id) references teams on delete set null (team_id),
  foreign key (organization_id, service_id) references services on delete set null (service_id)
);
create unique index integrations_token on integrations (token_digest);
create unique index integrations_name on integrations (organization_id, coalesce(team_id, ''), name) where deleted_at is null;

create table routes (
  organization_id text not null,
  id text not null,
  integration_id text not null,
  position integer not null,
  routing_type text not null check (routing_type in ('regex', 'jinja2')),
  -- Null for the default route, which matches everything and comes last.
  routing_regex text,
  -- What the expression costs; see src/integrations/routing.ts.
  program_size integer not null,
  is_default boolean not null,
  escalation_chain_id text,
  -- Which messengers somebody has switched on or off: {"slack": false}.
  messengers jsonb not null default '{}',
  created_at timestamptz not null,
  -- A deleted route keeps its row: open alert groups may still be named by it.
  deleted_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, integration_id) references integrations,
  foreign key (organization_id, escalation_chain_id) references escalation_chains on delete set null (escalation_chain_id),
  check (is_default = (routing_regex is null)),
  check (position >= 0),
  -- No two at one place, once a transaction has moved all that it moves.
  constraint routes_position exclude using btree (organization_id with =, integration_id with =, position with =)
    where (not is_default and deleted_at is null) deferrable initially deferred
);
create unique index routes_default on routes (organization_id, integration_id) where is_default;
create index routes_integration on routes (organization_id, integration_id, position) where deleted_at is null;
create index routes_chain on routes (organization_id, escalation_chain_id) where escalation_chain_id is not null;

create table escalation_policies (
  organization_id text not null,
  id text not null,
  escalation_chain_id text not null,
  position integer not null check (position >= 0),
  type text not null,
  important boolean not null,
  duration_seconds integer,
  persons_to_notify text[] not null,
  notify_on_call_from_schedule text,
  action_to_trigger text,
  created_at timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, escalation_chain_id) references escalation_chains on delete cascade,
  foreign key (organization_id, notify_on_call_from_schedule) references schedules,
  foreign key (organization_id, action_to_trigger) references webhooks
);
create index escalation_policies_schedule on escalation_policies (organization_id, notify_on_call_from_schedule)
  where notify_on_call_from_schedule is not null;
create index escalation_policies_chain on escalation_policies (organization_id, escalation_chain_id, position);

-- alerts --------------------------------------------------------------------------------------------------------------

create table alert_groups (
  organization_id text not null,
  id text not null,
  integration_id text not null,
  route_id text,
  shard smallint not null,
  -- Null: this group takes no further alerts.
  grouping_hash bytea,
  title text not null,
  -- What a page says beside the title.
  message text not null,
  source_link text,
  urgency text not null check (urgency in ('low', 'medium', 'high', 'critical')),
  -- {"severity": "critical"}, as the alert that opened the group said.
  labels jsonb not null default '{}',
  state text not null check (state in ('firing', 'acknowledged', 'silenced', 'resolved')),
  alerts_count bigint not null check (alerts_count > 0),
  -- Alerts that joined and that no webhook was told of, when webhooks were told last, and when they are to be told next.
  untold_count bigint not null default 0,
  told_at timestamptz,
  tell_at timestamptz,
  started_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  silenced_at timestamptz,
  -- Null while silenced: for ever.
  silenced_until timestamptz,
  resolved_at timestamptz,
  resolved_by text,
  -- Whom somebody reassigned it to; all null: the chain where it comes from. That holds again when team or chain are deleted.
  assigned_user_id text,
  assigned_team_id text,
  assigned_chain_id text,
  primary key (organization_id, id),
  foreign key (organization_id, integration_id) references integrations,
  foreign key (organization_id, assigned_user_id) references users,
  foreign key (organization_id, assigned_team_id) references teams on delete set null (assigned_team_id),
  foreign key (organization_id, assigned_chain_id) references escalation_chains on delete set null (assigned_chain_id),
  check (num_nonnulls(assigned_user_id, assigned_team_id, assigned_chain_id) <= 1),
  foreign key (organization_id, route_id) references routes on delete set null (route_id),
  check (state <> 'acknowledged' or acknowledged_at is not null),
  check ((state = 'silenced') = (silenced_at is not null)),
  check (silenced_until is null or state = 'silenced'),
  check ((state = 'resolved') = (resolved_at is not null))
) with (fillfactor = 80);
-- The route comes last, since what ends a group is looked up on any route.
create unique index alert_groups_open on alert_groups (organization_id, integration_id, grouping_hash, route_id) nulls not distinct
  where state <> 'resolved' and grouping_hash is not null;
create index alert_groups_resolved on alert_groups (organization_id, integration_id, grouping_hash, started_at desc)
  where state = 'resolved' and grouping_hash is not null;
create index alert_groups_labels on alert_groups using gin (labels jsonb_path_ops);
create index alert_groups_team on alert_groups (organization_id, assigned_team_id) where assigned_team_id is not null;
create index alert_groups_chain on alert_groups (organization_id, assigned_chain_id) where assigned_chain_id is not null;
-- For lists, newest first: all of them, those of an integration, those of a route, and the few that are open.
create index alert_groups_started on alert_groups (organization_id, started_at desc, id);
create index alert_groups_integration on alert_groups (organization_id, integration_id, started_at desc, id);
create index alert_groups_route on alert_groups (organization_id, route_id, started_at desc, id);
create index alert_groups_unresolved on alert_groups (organization_id, started_at desc, id) where state <> 'resolved';
-- For taking away what is past its time.
create index alert_groups_ended on alert_groups (shard, resolved_at) where state = 'resolved';
create index alert_groups_untold on alert_groups (shard, tell_at) where tell_at is not null;
create index alert_groups_silence_ends on alert_groups (shard, silenced_until) where silenced_until is not null;

-- The first alerts of a group, as received. A storm keeps its first hundred and, in latest_alerts, its last.
create table alerts (
  organization_id text not null,
  id text not null,
  received_at timestamptz not null,
  alert_group_id text not null,
  -- 1 for the alert that opened the group.
  number bigint not null,
  payload bytea not null,
  truncated boolean not null,
  primary key (organization_id, id, received_at)
) partition by range (received_at);
create index alerts_group on alerts (organization_id, alert_group_id, received_at, number);
-- Lists and searches walk from the newest back, and not far.
create index alerts_received on alerts (organization_id, received_at, number, id);

create table latest_alerts (
  organization_id text not null,
  alert_group_id text not null,
  id text not null,
  received_at timestamptz not null,
  payload bytea not null,
  truncated boolean not null,
  primary key (organization_id, alert_group_id),
  foreign key (organization_id, alert_group_id) references alert_groups
) with (fillfactor = 50);

-- What people write down about an alert group.
create table resolution_notes (
  organization_id text not null,
  id text not null,
  alert_group_id text not null,
  author_id text,
  text text not null,
  created_at timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, alert_group_id) references alert_groups on delete cascade,
  foreign key (organization_id, author_id) references users
);
create index resolution_notes_created on resolution_notes (organization_id, created_at, id);
create index resolution_notes_group on resolution_notes (organization_id, alert_group_id, created_at, id);

create table escalation_runs (
  organization_id text not null references organizations,
  id uuid not null,
  shard smallint not null,
  -- What is escalated: an alert group's id, and what a page says about it.
  subject_id text not null,
  subject jsonb not null,
  -- The chain as it was when the run began; null where people were named.
  escalation_chain_id text,
  steps jsonb not null,
  next_step integer not null,
  repeat_count integer not null,
  state text not null check (state in ('running', 'finished', 'stopped')),
  due_at timestamptz not null,
  started_at timestamptz not null,
  primary key (organization_id, id)
) with (fillfactor = 80);
create unique index escalation_runs_running on escalation_runs (organization_id, subject_id) where state = 'running';
create index escalation_runs_subject on escalation_runs (organization_id, subject_id, started_at);
create index escalation_runs_due on escalation_runs (shard, due_at, id) where state = 'running';

-- What a run asks of the thing that it escalates; the thing's own loop does it and deletes the row.
create table escalation_requests (
  organization_id text not null references organizations,
  id uuid not null,
  shard smallint not null,
  subject_id text not null,
  request jsonb not null,
  due_at timestamptz not null,
  primary key (organization_id, id)
);
create index escalation_requests_subject on escalation_requests (organization_id, subject_id);
create index escalation_requests_shard on escalation_requests (shard, due_at, id);

-- notifications -------------------------------------------------------------------------------------------------------

create table notification_rules (
  organization_id text not null,
  id text not null,
  user_id text not null,
  important boolean not null,
  position integer not null check (position >= 0),
  type text not null,
  duration_seconds integer check (duration_seconds > 0),
  created_at timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users,
  check ((type = 'wait') = (duration_seconds is not null))
);
create index notification_rules_user on notification_rules (organization_id, user_id, important, position);

-- By which webhook a person is paged, and what it is told of the person: the text of any JSON.
create table personal_webhooks (
  organization_id text not null,
  user_id text not null,
  webhook_id text not null,
  context text not null,
  primary key (organization_id, user_id),
  foreign key (organization_id, user_id) references users,
  foreign key (organization_id, webhook_id) references webhooks
);
create index personal_webhooks_webhook on personal_webhooks (organization_id, webhook_id);

create table notification_runs (
  organization_id text not null,
  id uuid not null,
  shard smallint not null,
  user_id text not null,
  subject_id text not null,
  subject jsonb not null,
  important boolean not null,
  steps jsonb not null,
  next_step integer not null,
  state text not null check (state in ('running', 'finished', 'stopped')),
  due_at timestamptz not null,
  started_at timestamptz not null,
  -- When the first of its messages was taken over by a provider.
  reached_at timestamptz,
  primary key (organization_id, id),
  foreign key (organization_id, user_id) references users
) with (fillfactor = 80);
create index notification_runs_subject on notification_runs (organization_id, subject_id, started_at);
create index notification_runs_due on notification_runs (shard, due_at, id) where state = 'running';

-- What became of paging about something, to be told with all that is known of it; the thing's own loop tells it and deletes the row.
create table subject_news (
  organization_id text not null references organizations,
  id uuid not null,
  shard smallint not null,
  subject_id text not null,
  news jsonb not null,
  due_at timestamptz not null,
  primary key (organization_id, id)
);
create index subject_news_subject on subject_news (organization_id, subject_id);
create index subject_news_shard on subject_news (shard, due_at, id);

-- events --------------------------------------------------------------------------------------------------------------

create table events (
  organization_id text not null references organizations,
  sequence bigint not null,
  at timestamptz not null,
  id uuid not null,
  type text not null,
  actor jsonb not null,
  alert_group_id text,
  -- JSON. Text, because foreign payloads inside it are kept letter by letter.
  data text not null,
  -- What the forms of other products tell beside it, of events about alert groups.
  report jsonb,
  primary key (organization_id, sequence, at)
) partition by range (at);
create index events_alert_group on events (organization_id, alert_group_id, at) where alert_group_id is not null;

-- deliveries ----------------------------------------------------------------------------------------------------------

-- Where something goes: one URL of a webhook, or a channel such as the mail server.
create table endpoints (
  organization_id text not null references organizations,
  id uuid not null,
  shard smallint not null,
  kind text not null check (kind in ('webhook', 'mail')),
  -- The webhook's id; for a channel its kind.
  owner_id text not null,
  url text,
  -- What the webhook decides about its requests: retries, limits. Null for a channel.
  settings jsonb,
  created_at timestamptz not null,
  deleted_at timestamptz,
  -- Why what waits for a closed endpoint is to end; null when it is open, or all of that has ended.
  ending_reason text,
  -- Nothing but pages leaves until then: its breaker is open, or it has asked for a pause.
  paused_until timestamptz,
  -- How long its breaker was open last, but for the jitter; null while it is closed.
  breaker_ms integer,
  -- The first failure since the last success, the last one, and how many; people are warned of them and told of a recovery.
  failing_since timestamptz,
  last_failure_at timestamptz,
  failures_count integer not null default 0,
  warned text not null default 'not' check (warned in ('not', 'after an hour', 'after a day')),
  warned_at timestamptz,
  recovered_at timestamptz,
  -- It gets nothing any more, although it is open: it failed for too long, or wanted that.
  disabled_at timestamptz,
  disabled_reason text,
  -- When somebody is to look at all this; null: with the next failure.
  look_at timestamptz,
  primary key (organization_id, id),
  check (ending_reason is null or deleted_at is not null or disabled_at is not null),
  check ((disabled_at is null) = (disabled_reason is null))
);
create index endpoints_look on endpoints (shard, look_at) where look_at is not null and deleted_at is null;
create index endpoints_closing on endpoints (shard) where ending_reason is not null;
-- A URL may be a template of 50,000 characters, which is too long for an index.
create unique index endpoints_owner on endpoints (organization_id, kind, owner_id, md5(coalesce(url, ''))) where deleted_at is null;

-- The work that is left to do, and nothing else: narrow, and deleted when done.
create table deliveries (
  id bigint generated always as identity primary key,
  organization_id text not null,
  endpoint_id uuid not null,
  shard smallint not null,
  -- 0 page, 1 ordered, 2 live, 3 replay: pages go first, replays last but for some. What is ordered leaves by id, one at a time for each endpoint.
  lane smallint not null,
  attempt smallint not null,
  due_at timestamptz not null,
  -- The id that every attempt carries (`webhook-id`), and the key of the message.
  message_id uuid not null,
  message_at timestamptz not null,
  -- The event that caused it; null for a page.
  event_sequence bigint,
  -- All events that it tells of, where these are several.
  grouped_sequences bigint[],
  -- What it is about (an alert group's id), for looking up what was answered before.
  subject_id text,
  -- A page's run, so that an acknowledgement takes the page back, or the replay that owes it.
  cancel_key uuid,
  expires_at timestamptz,
  -- What the last attempt was answered; null: no answer, or there was none yet.
  last_status smallint
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
-- Walked endpoint by endpoint, so that the backlog of one that is full or hangs is never read.
create index deliveries_due on deliveries (shard, endpoint_id, lane, due_at, id);
create index deliveries_ordered on deliveries (shard, endpoint_id, id) where lane = 1;
create index deliveries_cancel on deliveries (cancel_key) where cancel_key is not null;
-- What was sent before is sent again once at a time.
create unique index deliveries_replayed on deliveries (organization_id, message_id) where lane = 3;

-- The bytes, written before the first request leaves and the same for every retry.
create table messages (
  organization_id text not null,
  id uuid not null,
  at timestamptz not null,
  -- All events that it tells of, where these are several.
  grouped_sequences bigint[],
  -- What is faulty could not be made: the response log shows it, and it is never sent.
  kind text not null check (kind in ('http', 'mail', 'faulty')),
  method text,
  -- The URL of a request, or the address of a mail.
  target text not null,
  headers_sealed bytea,
  -- For the response log, but for the credentials that have fields of their own; others are in it as they are.
  headers_shown_sealed bytea,
  body bytea,
  -- A mail's: its links act for a person.
  body_sealed bytea,
  -- As the contract's response log shows it.
  request_trigger text,
  -- What a mail is about, so that it can be taken away.
  subject_id text,
  primary key (organization_id, id, at),
  check ((kind = 'mail') = (body_sealed is not null)),
  check (kind <> 'mail' or body is null)
) partition by range (at);
create index messages_subject on messages (organization_id, subject_id) where subject_id is not null;

create table attempts (
  organization_id text not null,
  -- Version 7, with the instant at which it began.
  id uuid not null,
  at timestamptz not null,
  delivery_id bigint not null,
  lane smallint not null,
  endpoint_id uuid not null,
  message_id uuid not null,
  message_at timestamptz not null,
  event_sequence bigint,
  subject_id text,
  number smallint not null,
  outcome text not null,
  status smallint,
  detail text,
  response_headers jsonb,
  response_body bytea,
  response_truncated boolean not null,
  -- Null: no request has left.
  is_signed boolean,
  address text,
  duration_ms integer not null,
  -- Of it; null: there was no such step, or it did not come to its end.
  dns_ms smallint,
  connect_ms smallint,
  tls_ms smallint,
  first_byte_ms smallint,
  primary key (organization_id, id, at)
) partition by range (at);
create index attempts_endpoint on attempts (organization_id, endpoint_id, at desc);
create index attempts_delivery on attempts (organization_id, delivery_id);
create index attempts_subject on attempts (organization_id, subject_id, at) where subject_id is not null;

-- What ended without success. Seen, and the source of a replay.
create table dead_deliveries (
  organization_id text not null,
  delivery_id bigint not null,
  -- What is skipped was not wanted: its trigger template said so.
  state text not null check (state in ('dead', 'skipped')),
  message_id uuid not null,
  message_at timestamptz not null,
  endpoint_id uuid not null,
  event_sequence bigint,
  grouped_sequences bigint[],
  subject_id text,
  lane smallint not null,
  attempts_count smallint not null,
  -- As that of a delivery.
  last_status smallint,
  reason text not null,
  at timestamptz not null,
  -- When it was owed again, by another delivery; null: it was not.
  replayed_at timestamptz,
  primary key (organization_id, delivery_id, message_at)
) partition by range (message_at);
create index dead_deliveries_endpoint on dead_deliveries (organization_id, endpoint_id, at desc);
create index dead_deliveries_subject on dead_deliveries (organization_id, subject_id, at) where subject_id is not null;

-- Sending again what webhooks failed to send, or all that they sent: work that goes on, slice by slice, whatever happens to the process.
create table webhook_replays (
  organization_id text not null references organizations,
  id text not null,
  webhook_id text not null,
  -- By the webhook.
  shard smallint not null,
  user_id text,
  -- Of the events.
  since timestamptz not null,
  until timestamptz not null,
  wanted text not null check (wanted in ('failed', 'all')),
  state text not null check (state in ('running', 'finished', 'cancelled')),
  -- Why it was cancelled by the program.
  reason text,
  -- The end of a delivery that was looked at last; those up to it are done with.
  cursor_at timestamptz not null,
  cursor_id bigint not null,
  -- How many deliveries it will come to; null: too many to count.
  total_count integer,
  replayed_count integer not null default 0,
  waiting_count integer not null default 0,
  forgotten_count integer not null default 0,
  moved_count integer not null default 0,
  disabled_count integer not null default 0,
  taken_back_count integer not null default 0,
  pages_count integer not null default 0,
  -- What it has put in line is found by this when it is cancelled.
  cancel_key uuid not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  due_at timestamptz not null,
  primary key (organization_id, id),
  foreign key (organization_id, webhook_id) references webhooks,
  foreign key (organization_id, user_id) references users,
  check ((state = 'running') = (ended_at is null))
);
create index webhook_replays_due on webhook_replays (shard, due_at, id) where state = 'running';
create unique index webhook_replays_running on webhook_replays (organization_id, webhook_id) where state = 'running';
create index webhook_replays_webhook on webhook_replays (organization_id, webhook_id, created_at);

-- What people are to be told by mail of webhooks that fail; what is due for one address is one mail.
create table webhook_warnings (
  id bigint generated always as identity primary key,
  organization_id text not null references organizations,
  -- By the address, so that one node writes to it.
  shard smallint not null,
  address text not null,
  at timestamptz not null,
  due_at timestamptz not null,
  webhook_name text not null,
  url text,
  news jsonb not null
);
create index webhook_warnings_due on webhook_warnings (shard, due_at);
create index webhook_warnings_address on webhook_warnings (organization_id, address);

-- How a delivery ended, for the slice that asked for it; its loop takes the row away.
create table delivery_results (
  id bigint generated always as identity primary key,
  organization_id text not null,
  shard smallint not null,
  lane smallint not null,
  endpoint_id uuid not null,
  message_id uuid not null,
  message_at timestamptz not null,
  event_sequence bigint,
  subject_id text,
  cancel_key uuid,
  result jsonb not null,
  at timestamptz not null,
  -- Later than `at` for what could not be taken before.
  due_at timestamptz not null
);
create index delivery_results_lane on delivery_results (shard, lane, id);

-- Days are partitions, made ahead by the program and dropped when they are old. What falls outside lands here rather than nowhere.
create table alerts_default partition of alerts default;
create table events_default partition of events default;
create table messages_default partition of messages default;
create table attempts_default partition of attempts default;
create table dead_deliveries_default partition of dead_deliveries default;
