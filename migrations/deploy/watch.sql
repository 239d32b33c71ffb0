-- Deploy canvass:watch to pg

-- Telling each caller what changes, as it changes. A token holds the snapshot S up to which its
-- holder was told; what is told next are the changes of the transactions that S did not see and the
-- present snapshot does. Transactions do not commit in the order in which they began, so neither a
-- time nor a number that grows would do.
--
-- A caller is told of each change that the policy of change shows them, in history's words. Beside
-- that they are told, without what stood before, of rows that they may see now although the change
-- is another borough's: an opening that was put on offer to them, a share with them, the answer to
-- a request of theirs, a plan that clashes with one of theirs (watch_told()).
--
-- The daemon looks for everybody at once, before any caller is named: watch_look() gives the
-- present token and the boroughs, teams and people whom the changes since the last look may
-- concern, no more. Only those are then asked for, each under their own rights (watch()).

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- tokens ----

CREATE FUNCTION watch_days() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 7;
COMMENT ON FUNCTION watch_days() IS 'How old a token may be.';

-- What a snapshot means ends with the timeline: after a failover transactions that it saw may be gone.
CREATE FUNCTION watch_epoch() RETURNS text
LANGUAGE sql STABLE
RETURN left(pg_walfile_name(pg_current_wal_lsn()), 8);

CREATE FUNCTION watch_token(at timestamptz, seen pg_snapshot, until pg_snapshot DEFAULT NULL, after xid8 DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE
RETURN page_token(watch_epoch(), extract(epoch FROM at)::bigint::text, seen::text,
                  coalesce(until::text, ''), coalesce(after::text, '0'));
COMMENT ON FUNCTION watch_token(timestamptz, pg_snapshot, pg_snapshot, xid8) IS
    'Told up to seen; with until, also the transactions up to after of those that until sees.';

CREATE TYPE watch_place AS (at timestamptz, seen pg_snapshot, until pg_snapshot, after xid8);

CREATE FUNCTION watch_place(token text) RETURNS watch_place
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    key text[];
    p watch_place;
BEGIN
    BEGIN
        key := page_key(token, 5);
        p := (to_timestamp(key[2]::bigint), key[3]::pg_snapshot, nullif(key[4], '')::pg_snapshot, key[5]::xid8);
    EXCEPTION WHEN data_exception OR SQLSTATE 'CV003' THEN
        PERFORM fail('CV003', 'token', 'This token is not one of ours; watch without it.');
    END;
    IF key[1] <> watch_epoch() THEN
        PERFORM fail('CV009', 'token', 'The database was replaced since this token was given: load again what you show, and watch without it.');
    ELSIF p.at < now() - make_interval(days => watch_days()) THEN
        PERFORM fail('CV009', 'token', 'This token is from %s; what changed since is told for %s days. Load again what you show, and watch without it.',
                     said_date(london_day(p.at)), watch_days()::text);
    END IF;
    RETURN p;
END
$$;
COMMENT ON FUNCTION watch_place(text) IS 'What a token says; NULLs for none. CV003: it is none of ours; CV009: too old.';

-- ---- what one may be told of beside the changes that one may read ----

CREATE TYPE watch_kind AS ENUM ('employer', 'contact', 'relationship', 'opening', 'client', 'visit', 'plan', 'share', 'request', 'clash');

CREATE FUNCTION watch_kind_of(table_name text) RETURNS watch_kind
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN table_name IN ('employer', 'site', 'employer_ref', 'employer_merge') THEN 'employer'
            WHEN table_name LIKE '%client%' THEN 'client'
            WHEN table_name IN ('contact', 'relationship', 'opening', 'visit', 'plan') THEN table_name
            WHEN table_name = 'contact_share' THEN 'share'
            WHEN table_name = 'contact_request' THEN 'request' END::watch_kind;

-- Changes that a difference of snapshots shows: the index finds them, which the planner cannot know
-- of a snapshot that it is not told.
CREATE FUNCTION watch_changes(p watch_place) RETURNS SETOF change
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.* FROM change c
     WHERE c.xid >= pg_snapshot_xmin((p).seen) AND NOT pg_visible_in_snapshot(c.xid, (p).seen)
       AND pg_visible_in_snapshot(c.xid, (p).until) AND c.xid > (p).after;
END;

-- Plans that clash with those that changed: another person's, open, at the same door on the same day.
CREATE FUNCTION watch_clashes(c change)
RETURNS TABLE (plan_id uuid, specialist_id uuid, by_name text, borough text, at timestamptz)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT mine.id, mine.specialist_id, s.name, b.name, p.at
      FROM plan p
      JOIN plan mine ON mine.employer_id = p.employer_id AND mine.specialist_id <> p.specialist_id
       AND mine.at >= london_midnight(london_day(p.at)) AND mine.at < london_midnight(london_day(p.at) + 1)
       AND mine.cancelled_at IS NULL AND mine.visit_id IS NULL
       AND coalesce(p.site_id = mine.site_id, true)
      JOIN specialist s ON s.id = p.specialist_id
      JOIN borough b ON b.id = p.borough_id
     WHERE c.table_name = 'plan' AND p.id = c.row_id AND p.cancelled_at IS NULL AND p.visit_id IS NULL
       AND (c.op = 'insert' OR c.op = 'update' AND c.new ?| '{at,site_id,employer_id,specialist_id}')
$$;

CREATE FUNCTION watch_told(p watch_place)
RETURNS TABLE (xid xid8, at timestamptz, actor uuid, actor_name text, employer_id uuid, kind watch_kind,
               row_id uuid, clause text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    IF NOT has_role('specialist', 'lead') THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH hidden AS (
        SELECT c.* FROM watch_changes(p) c
         WHERE c.table_name IN ('opening', 'contact_share', 'contact_request', 'plan') AND c.op <> 'delete'
    )
    SELECT c.xid, c.at, c.actor, c.actor_name, c.employer_id, 'opening'::watch_kind, c.row_id,
           format('%s the opening %s', CASE WHEN c.op = 'insert' OR c.new ?| '{network,seen_by}' THEN 'offers' ELSE 'changed' END, o.title)
      FROM hidden c JOIN opening o ON o.id = c.row_id
     WHERE c.table_name = 'opening' AND opening_is_seen(o) AND NOT change_seen(c.table_name, c.borough_id, c.team_id)
    UNION ALL
    SELECT c.xid, c.at, c.actor, c.actor_name, c.employer_id, 'share', c.row_id,
           CASE WHEN c.op = 'insert' THEN 'shared a contact with you' ELSE 'withdrew the share of a contact with you' END
      FROM hidden c JOIN contact_share s ON s.id = c.row_id
     WHERE c.table_name = 'contact_share' AND s.to_borough_id = borough()
       AND coalesce(s.to_specialist_id, actor()) = actor()
       AND (c.op = 'insert' OR c.new ? 'withdrawn_at')
    UNION ALL
    SELECT c.xid, c.at, c.actor, c.actor_name, c.employer_id, 'request', c.row_id, 'asked for a contact'
      FROM hidden c JOIN contact_request r ON r.id = c.row_id
     WHERE c.table_name = 'contact_request' AND r.owner_id = borough() AND c.op = 'insert'
    UNION ALL
    SELECT c.xid, c.at, c.actor, c.actor_name, c.employer_id, 'request', c.row_id,
           CASE WHEN r.granted THEN 'granted your request for a contact' ELSE 'declined your request for a contact' END
      FROM hidden c JOIN contact_request r ON r.id = c.row_id
     WHERE c.table_name = 'contact_request' AND r.asked_by = actor() AND c.new ? 'answered_at' AND r.answered_at IS NOT NULL
    UNION ALL
    SELECT c.xid, c.at, c.actor, c.actor_name, c.employer_id, 'clash', x.plan_id,
           format('plans to be there %s%s, where you plan to go: agree who goes', said_day(london_day(x.at), london_today()),
                  CASE WHEN is_whole_day(x.at) THEN '' ELSE to_char(x.at AT TIME ZONE 'Europe/London', '" at "HH24:MI') END)
      FROM hidden c CROSS JOIN LATERAL watch_clashes(c) AS x
     WHERE c.table_name = 'plan' AND x.specialist_id = actor();
END
$$;
COMMENT ON FUNCTION watch_told(watch_place) IS
    'Of changes that the caller may not read, what the rows themselves show them now; never what stood before.';

-- ---- for a caller ----

-- The employer's name, where the sentence does not have it yet.
CREATE FUNCTION watch_where(clause text, employers uuid[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE WHEN cardinality(employers) > 1 THEN format(', at %s employers', cardinality(employers))
                ELSE (SELECT ', at ' || e.name FROM employer e WHERE e.id = employers[1] AND position(e.name IN clause) = 0) END
$$;

CREATE FUNCTION watch_change(changes change[], told jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    by_actor uuid := coalesce(changes[1].actor, (told #>> '{0,actor}')::uuid);
    by_name text := coalesce(changes[1].actor_name, told #>> '{0,actor_name}', 'canvass');
    own text := said_changes(changes);
    others text := (SELECT string_agg(DISTINCT t ->> 'clause', '; ') FROM jsonb_array_elements(told) AS t);
    employers uuid[] := ARRAY(SELECT c.employer_id FROM unnest(changes) AS c WHERE c.employer_id IS NOT NULL
                               UNION SELECT (t ->> 'employer_id')::uuid FROM jsonb_array_elements(told) AS t
                                      WHERE t ->> 'employer_id' IS NOT NULL);
    clause text;
BEGIN
    IF own IS NULL AND others IS NULL THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM undo u WHERE u.actor = by_actor AND u.request_id = changes[1].request_id) THEN
        own := 'took back what was done before: ' || own;
    END IF;
    clause := concat_ws('; ', own, others);
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'at', coalesce(changes[1].at, (told #>> '{0,at}')::timestamptz), 'by', by_name,
        'borough', specialist_borough(by_actor),
        'sentence', format('%s%s %s%s', by_name, ' (' || specialist_borough(by_actor) || ')', clause, watch_where(clause, employers)),
        'employer_id', CASE cardinality(employers) WHEN 1 THEN employers[1] END,
        'employer', CASE cardinality(employers) WHEN 1 THEN (SELECT e.name FROM employer e WHERE e.id = employers[1]) END,
        'kinds', (SELECT jsonb_agg(DISTINCT k.kind ORDER BY k.kind) FROM (
                      SELECT watch_kind_of(c.table_name) AS kind FROM unnest(changes) AS c
                       UNION SELECT (t ->> 'kind')::watch_kind FROM jsonb_array_elements(told) AS t) AS k),
        'rows', (SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'id', r.id)) FROM (
                      SELECT DISTINCT watch_kind_of(c.table_name) AS kind,
                             CASE WHEN c.table_name IN ('site', 'employer_ref', 'employer_merge') THEN c.employer_id
                                  WHEN c.client_id IS NOT NULL THEN c.client_id ELSE c.row_id END AS id
                        FROM unnest(changes) AS c
                       UNION SELECT (t ->> 'kind')::watch_kind, (t ->> 'row_id')::uuid FROM jsonb_array_elements(told) AS t
                       ORDER BY kind, id LIMIT 50) AS r)));
END
$$;
COMMENT ON FUNCTION watch_change(change[], jsonb) IS 'A WatchChange; NULL where there is nothing to say.';

-- Messages from where a token stands to the token of a look, or to now. There is always one, and
-- its token is where to go on. n is one more than a page holds; a page that is full stands within
-- its difference, which the next one ends.
CREATE FUNCTION watch(stands text, until text, n integer) RETURNS TABLE (token text, change jsonb)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    p watch_place := watch_place(stands);
    target watch_place := watch_place(until);
    t record;
    count integer := 0;
    final text;
BEGIN
    IF p.until IS NULL THEN
        p.until := coalesce(target.seen, pg_current_snapshot());
        p.at := coalesce(target.at, now());
        final := nullif(until, '');
    END IF;
    final := coalesce(final, watch_token(p.at, p.until));
    IF p.seen IS NOT NULL THEN
        FOR t IN
            WITH own AS (
                SELECT c.xid, array_agg(c ORDER BY c.id) AS changes FROM watch_changes(p) AS c GROUP BY c.xid
            ), told AS (
                SELECT w.xid, jsonb_agg(to_jsonb(w) ORDER BY w.kind) AS told FROM watch_told(p) AS w GROUP BY w.xid
            )
            SELECT coalesce(o.xid, w.xid) AS xid, o.changes, w.told, row_number() OVER (ORDER BY coalesce(o.xid, w.xid)) AS place,
                   count(*) OVER () AS total
              FROM own o FULL JOIN told w USING (xid)
             ORDER BY 1 LIMIT n
        LOOP
            count := count + 1;
            token := CASE WHEN t.place = t.total THEN final ELSE watch_token(p.at, p.seen, p.until, t.xid) END;
            change := watch_change(t.changes, t.told);
            RETURN NEXT;
        END LOOP;
    END IF;
    IF count = 0 THEN
        token := final;
        change := NULL;
        RETURN NEXT;
    END IF;
END
$$;
COMMENT ON FUNCTION watch(text, text, integer) IS 'WatchService/Watch: what the caller is told next: CV003, CV009.';

-- ---- for the daemon, before any caller is named ----

CREATE FUNCTION watch_look(seen text, OUT token text, OUT changed boolean, OUT everyone boolean,
                           OUT boroughs text[], OUT teams uuid[], OUT people uuid[])
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    p watch_place := watch_place(seen);
BEGIN
    p.until := pg_current_snapshot();
    p.after := '0';
    token := watch_token(now(), p.until);
    changed := p.seen IS NOT NULL AND EXISTS (SELECT FROM watch_changes(p));
    IF NOT changed THEN
        RETURN;
    END IF;
    WITH c AS MATERIALIZED (
        SELECT x FROM watch_changes(p) AS x WHERE x.table_name <> 'objection'
    ), w AS (
        SELECT (x).borough_id, (x).team_id, NULL::uuid AS person FROM c
        UNION
        SELECT CASE WHEN NOT o.network THEN b.id END, NULL, NULL
          FROM c JOIN opening o ON o.id = (x).row_id CROSS JOIN LATERAL unnest(o.seen_by || o.borough_id) AS b (id)
         WHERE (x).table_name = 'opening'
        UNION
        SELECT s.to_borough_id, NULL, s.to_specialist_id FROM c JOIN contact_share s ON s.id = (x).row_id
         WHERE (x).table_name = 'contact_share'
        UNION
        SELECT r.borough_id, NULL, r.asked_by FROM c JOIN contact_request r ON r.id = (x).row_id
         WHERE (x).table_name = 'contact_request'
        UNION
        SELECT r.owner_id, NULL, NULL FROM c JOIN contact_request r ON r.id = (x).row_id
         WHERE (x).table_name = 'contact_request'
        UNION
        SELECT NULL, NULL, k.specialist_id FROM c CROSS JOIN LATERAL watch_clashes(x) AS k
         WHERE (x).table_name = 'plan'
    )
    SELECT coalesce(bool_or(num_nonnulls(w.borough_id, w.team_id, w.person) = 0), false),
           coalesce(array_agg(DISTINCT w.borough_id) FILTER (WHERE w.team_id IS NULL AND w.person IS NULL AND w.borough_id IS NOT NULL), '{}'),
           coalesce(array_agg(DISTINCT w.team_id) FILTER (WHERE w.team_id IS NOT NULL), '{}'),
           coalesce(array_agg(DISTINCT w.person) FILTER (WHERE w.person IS NOT NULL), '{}')
      INTO everyone, boroughs, teams, people
      FROM w;
END
$$;
COMMENT ON FUNCTION watch_look(text) IS 'The present token, and whom the changes since another one may concern: CV009.';

-- Whose logins these are; those that are not valid (any more) are missing.
CREATE FUNCTION watch_callers(hashes bytea[])
RETURNS TABLE (place integer, actor uuid, team uuid, borough text, roles text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
        SELECT h.n::integer, s.id, s.team_id, s.borough_id, s.roles::text
          FROM unnest(hashes) WITH ORDINALITY AS h (hash, n)
          JOIN token t ON t.hash = h.hash
          JOIN specialist s ON s.id = t.specialist_id
         WHERE t.revoked_at IS NULL AND t.expires_at > now() AND s.active;
END
$$;
COMMENT ON FUNCTION watch_callers(bytea[]) IS 'Who watches, by the hashes of their tokens: as enter() has it.';

GRANT EXECUTE ON FUNCTION watch_place(text), watch_token(timestamptz, pg_snapshot, pg_snapshot, xid8), watch_epoch(),
    watch_days(), watch_kind_of(text), watch_changes(watch_place), watch_told(watch_place), watch_where(text, uuid[]),
    watch_change(change[], jsonb), watch(text, text, integer), watch_look(text), watch_callers(bytea[])
    TO canvass_app;

COMMIT;
