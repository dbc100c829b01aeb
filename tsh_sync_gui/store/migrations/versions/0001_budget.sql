-- The budget's decisions: each is one statement, so no process can stall the others between two of its steps.
-- `own` counts the calls that our processes reserved today, `elsewhere` what Zoho's headers say on top of (or below)
-- that; their sum is the day's use.

create function sync.next_midnight(moment timestamptz) returns timestamptz language plpgsql stable as $$
declare
  zone text := coalesce((select nullif(o.time_zone, '') from sync.organization o), 'UTC');
begin
  return (date_trunc('day', moment at time zone zone) + interval '1 day') at time zone zone;
exception when invalid_parameter_value then
  return (date_trunc('day', moment at time zone 'UTC') + interval '1 day') at time zone 'UTC';
end $$;

-- The day as it stands at `moment`: where the reset has passed, the counts begin anew.
create function sync.turned(q sync.quota, moment timestamptz) returns sync.quota
language plpgsql stable as $$
declare
  days double precision;
begin
  if q.resets_at is null then
    q.resets_at = sync.next_midnight(moment);
  elsif q.resets_at <= moment then
    days = floor(extract(epoch from moment - q.resets_at) / 86400) + 1;
    q.resets_at = case when q.heard_at is null then sync.next_midnight(moment)
                       else q.resets_at + days * interval '1 day' end;
    q.own = 0;
    q.elsewhere = 0;
    q.by_lane = '{}';
    q.day_refused = false;
    q.epoch = q.epoch + 1;
  end if;
  return q;
end $$;

-- What a lane may still take today: `ahead` has the shares of the lanes it must leave their unfilled reserves.
create function sync.day_room(q sync.quota, day_limit bigint, ahead jsonb, released boolean)
returns bigint language sql stable as $$
  select day_limit - q.own - q.elsewhere - case when released then 0 else coalesce((
    select sum(greatest(0, floor(day_limit * share.value::float8)::bigint
                           - coalesce((q.by_lane ->> share.key)::bigint, 0)))
    from jsonb_each_text(ahead) as share), 0)::bigint end
$$;

-- A caller shows that it lives by a session's advisory lock: this class, its id.
create function sync.drop_dead_callers(moment timestamptz) returns void language sql as $$
  delete from sync.callers c
  where c.seen_at < moment - interval '1 s'
    and not exists (
      select from pg_locks l
      where l.locktype = 'advisory' and l.classid = 1953721443 and l.objid = c.id::bigint::oid and l.objsubid = 2
        and l.database = (select d.oid from pg_database d where d.datname = current_database()))
$$;

-- p_number calls for p_lane, and p_permits of them at once (p_in_flight are under way). p_hold > 0 marks a batch that
-- may be used that much later. Waiting callers are served in the order of their waiting, if they come when they said.
create function sync.reserve_calls(
  p_caller integer, p_lane text, p_number integer, p_in_flight integer, p_permits integer,
  p_per_minute bigint, p_per_day bigint, p_concurrency integer,
  p_window double precision, p_hold double precision, p_ahead jsonb, p_release double precision,
  out got integer, out allowed integer, out slot bigint, out own_floor bigint, out day integer,
  out reason text, out wait_for double precision)
language plpgsql as $$
declare
  grace constant interval = interval '0.3 s';
  early constant interval = interval '0.15 s';
  stored sync.quota;
  q sync.quota;
  me sync.callers;
  moment timestamptz;
  till timestamptz;
  day_limit bigint;
  room bigint;
  free bigint;
  cap bigint;
  busy bigint;
  due bigint;
  due_at_once bigint;
  waiting bigint;
  active bigint;
  claims_end timestamptz;
begin
  got = 0;
  allowed = 0;
  reason = '';
  select * into strict stored from sync.quota for update;
  moment = clock_timestamp();
  q = sync.turned(stored, moment);
  day = q.epoch;
  update sync.callers c set permits = p_in_flight, seen_at = moment where c.id = p_caller returning c.* into me;
  if me.id is null then
    reason = 'unknown_caller';
    return;
  end if;

  day_limit = least(p_per_day, coalesce(q.heard_limit, p_per_day));
  room = sync.day_room(q, day_limit, p_ahead, q.resets_at <= moment + p_release * interval '1 s');
  if q.day_refused or room < 1 then
    reason = 'daily_quota';
    till = q.resets_at;
    if not q.day_refused and q.own + q.elsewhere < day_limit then
      till = q.resets_at - p_release * interval '1 s';
    end if;
  elsif q.held_until > moment then
    reason = 'minute_limit';
    till = q.held_until;
  else
    delete from sync.call_slots s where s.counts_until <= moment;
    select p_per_minute - coalesce(sum(s.number), 0) into free from sync.call_slots s;
    cap = least(p_concurrency, coalesce(q.concurrency
          + floor(extract(epoch from moment - q.lowered_at) / p_window)::bigint, p_concurrency));
    select coalesce(sum(c.permits), 0) into busy from sync.callers c where c.id <> p_caller;
    if cap - busy <= p_in_flight then
      perform sync.drop_dead_callers(moment);
      select coalesce(sum(c.permits), 0) into busy from sync.callers c where c.id <> p_caller;
    end if;
    -- Older claims come first; on concurrency only those of callers that have less of it than this one would have.
    select count(*) filter (where claim.older), count(*) filter (where claim.older and claim.permits <= p_in_flight),
           count(*) filter (where claim.fresh), 1 + count(*) filter (where claim.fresh or claim.permits > 0),
           min(claim.wakes_at) filter (where claim.older) + grace
      into due, due_at_once, waiting, active, claims_end
      from (select c.permits, c.wakes_at, f.fresh,
                   f.fresh and (me.waiting_since is null
                                or (c.waiting_since, c.id) < (me.waiting_since, me.id)) as older
            from sync.callers c,
                 lateral (select coalesce(c.waiting_since is not null and c.wakes_at > moment - grace
                                          and c.wakes_at < moment + early, false) as fresh) f
            where c.id <> p_caller) claim;
    got = least(p_number, free - due, case when p_number > 1 then greatest(1, room / 50) else 1 end);
    allowed = least(p_permits, cap - busy - due_at_once,
                    case when waiting > 0 then (cap + active - 1) / active else cap end);
    if got < 1 then
      reason = 'minute_limit';
      select min(e.counts_until) into till
        from (select s.counts_until, sum(s.number) over (order by s.counts_until, s.id) as freed
              from sync.call_slots s) e
       where e.freed > greatest(0, - free);
      if free > 0 then
        till = least(till, claims_end);
      end if;
      till = coalesce(till, moment + grace);
    elsif allowed <= p_in_flight then
      reason = 'concurrency';
      till = moment + interval '0.05 s';
    end if;
  end if;

  if reason <> '' then
    got = 0;
    wait_for = extract(epoch from greatest(till - moment, interval '0.001 s'));
    update sync.callers c
       set waiting_since = case when reason = 'daily_quota' then null else coalesce(c.waiting_since, moment) end,
           wakes_at = till
     where c.id = p_caller;
    if q.resets_at is distinct from stored.resets_at then
      update sync.quota t set own = q.own, elsewhere = q.elsewhere, by_lane = q.by_lane, resets_at = q.resets_at,
                              day_refused = q.day_refused, epoch = q.epoch;
    end if;
    return;
  end if;

  own_floor = q.own - busy - p_in_flight - (select coalesce(sum(s.number), 0) from sync.call_slots s where s.open);
  insert into sync.call_slots (caller, lane, number, granted_at, counts_until, open)
  values (p_caller, p_lane, got, moment, moment + (p_window + p_hold) * interval '1 s', p_hold > 0)
  returning id into slot;
  update sync.callers c set permits = greatest(allowed, p_in_flight), waiting_since = null, wakes_at = null
   where c.id = p_caller;
  update sync.quota t
     set own = q.own + got, elsewhere = q.elsewhere, resets_at = q.resets_at, day_refused = q.day_refused,
         epoch = q.epoch,
         by_lane = jsonb_set(q.by_lane, array[p_lane],
                             to_jsonb(coalesce((q.by_lane ->> p_lane)::bigint, 0) + got));
end $$;

-- The calls of a slot that were not used go back; the used ones count from the moment of the last of them.
create function sync.close_slot(
  p_slot bigint, p_used integer, p_age double precision, p_window double precision, p_day integer)
returns void language plpgsql as $$
declare
  q sync.quota;
  s sync.call_slots;
  back bigint;
begin
  select * into strict q from sync.quota for update;
  select * into s from sync.call_slots t where t.id = p_slot;
  if s.id is null then
    return;
  end if;
  if p_used = 0 then
    delete from sync.call_slots t where t.id = p_slot;
  else
    update sync.call_slots t
       set number = p_used, open = false, counts_until = clock_timestamp() + (p_window - p_age) * interval '1 s'
     where t.id = p_slot;
  end if;
  back = s.number - p_used;
  if back > 0 and p_day = q.epoch then
    update sync.quota t
       set own = greatest(0, q.own - back),
           by_lane = jsonb_set(q.by_lane, array[s.lane],
                               to_jsonb(greatest(0, coalesce((q.by_lane ->> s.lane)::bigint, 0) - back)));
  end if;
end $$;

-- Zoho's count holds at least the calls that were answered when this one was reserved, and itself; at most all of ours
-- but those p_later that this process has taken ahead or made since.
create function sync.hear_headers(
  p_limit bigint, p_remaining bigint, p_reset double precision, p_floor bigint, p_later bigint, p_day integer)
returns void language plpgsql as $$
declare
  q sync.quota;
  moment timestamptz;
  turn timestamptz;
  said bigint = p_limit - p_remaining;
begin
  select * into strict q from sync.quota for update;
  moment = clock_timestamp();
  q = sync.turned(q, moment);
  -- The header's seconds are cut off, and asking a moment too early is charged to the old day.
  turn = moment + (p_reset + 1) * interval '1 s';
  if p_day = q.epoch then
    if said < p_floor + least(q.elsewhere, 0) and turn > q.resets_at + interval '1 hour' then
      q.own = said;
      q.elsewhere = 0;
      q.by_lane = '{}';
      q.epoch = q.epoch + 1;
    else
      q.elsewhere = greatest(least(q.elsewhere, said - p_floor - 1), said - q.own + p_later);
    end if;
    q.resets_at = turn;
  end if;
  update sync.quota t
     set own = q.own, elsewhere = q.elsewhere, by_lane = q.by_lane, epoch = q.epoch, resets_at = q.resets_at,
         day_refused = q.day_refused, heard_limit = p_limit, heard_at = moment;
end $$;
