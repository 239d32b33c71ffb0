-- The day's list and the calendar among the rows of a network: what they read grows with the caller's
-- own day, not with the log. Neither reads a large table from end to end.
BEGIN;
\ir support/network.sql
SELECT plan(4);

SET LOCAL session_replication_role = replica;
SELECT setseed(0.42) IS NULL AS x \gset
CREATE FUNCTION net.e(n double precision) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5('e' || floor(n))::uuid $$;
CREATE TABLE net.b AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM borough;
INSERT INTO team (id, borough_id, name) SELECT md5('t' || b.n)::uuid, b.id, 'team' FROM net.b;
INSERT INTO specialist (id, name, email, team_id, borough_id, roles)
SELECT md5('s' || n)::uuid, 'Person ' || n, n || '@scale.example', t.id, t.borough_id, '{specialist}'
  FROM generate_series(1, 330) AS n JOIN team t ON t.id = md5('t' || 1 + n % 33)::uuid;
INSERT INTO employer (id, name, name_key, sic) SELECT net.e(n), 'Shop ' || n, 'shop ' || n, '47110' FROM generate_series(1, 20000) AS n;
INSERT INTO site (employer_id, easting, northing, borough_id, words)
SELECT net.e(g), 510000 + random() * 40000, 160000 + random() * 40000, b.id, 'x' FROM generate_series(1, 20000) AS g JOIN net.b ON b.n = 1 + g % 33;
INSERT INTO client (id, team_id, ref, specialist_id, entered_on, status, paused_until, updated_by_name)
SELECT md5('c' || n)::uuid, s.team_id, 'SC-' || n, s.id, london_today() - 300, (CASE WHEN n % 10 = 0 THEN 'paused' ELSE 'active' END)::client_status,
       CASE WHEN n % 10 = 0 THEN london_today() + n % 50 END, 'x'
  FROM generate_series(1, 8000) AS n JOIN specialist s ON s.id = md5('s' || 1 + n % 330)::uuid;
INSERT INTO client_constraints (client_id, driving_review_on, may_drive_after) SELECT id, london_today() + (random() * 300)::integer - 30, 'g1' FROM client;
INSERT INTO relationship (employer_id, borough_id, lead_id, next_touch_at, updated_by_name)
SELECT net.e(1 + random() * 19999), s.borough_id, s.id, now() + (random() * 100 - 5) * interval '1 day', 'x' FROM specialist s, generate_series(1, 100) ON CONFLICT DO NOTHING;
INSERT INTO plan (borough_id, team_id, specialist_id, employer_id, at, visit_id)
SELECT s.borough_id, s.team_id, s.id, net.e(1 + random() * 19999), date_trunc('hour', now() + a.days * interval '1 day'), CASE WHEN a.days < -2 THEN s.id END
  FROM specialist s, generate_series(1, 100), LATERAL (SELECT random() * 800 - 790 + CASE WHEN s.id IS NULL THEN 1 ELSE 0 END AS days) AS a;
INSERT INTO opening (employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, closes_on, closed_at, closed_reason, network, created_by_name, updated_by_name)
SELECT net.e(1 + random() * 19999), b.id, 'Job', '9252', 300, 300, london_today() + (random() * 90)::integer, CASE WHEN g % 4 > 0 THEN now() END, CASE WHEN g % 4 > 0 THEN 'filled' END, false, 'x', 'x'
  FROM generate_series(1, 20000) AS g JOIN net.b ON b.n = 1 + g % 33;
INSERT INTO trial (borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, starts_on, ends_on, days, status, outcome, ended_at, updated_by_name)
SELECT s.borough_id, c.team_id, c.id, s.id, net.e(1 + random() * 19999), c.id, 1, 'paid', 'Job', l.d, l.d + 2, 2,
       (CASE WHEN l.d > london_today() - 3 THEN 'agreed' ELSE 'completed' END)::trial_status, CASE WHEN l.d <= london_today() - 3 THEN 'offer'::trial_outcome END, CASE WHEN l.d <= london_today() - 3 THEN now() END, 'x'
  FROM client c JOIN specialist s ON s.id = c.specialist_id, LATERAL (SELECT london_today() - (random() * 900)::integer + 30 + CASE WHEN c.id IS NULL THEN 1 ELSE 0 END AS d) AS l;
INSERT INTO contact_share (contact_id, employer_id, borough_id, to_borough_id, to_specialist_id, expires_on, given_by, given_by_name, withdrawn_at, withdrawn_by, withdrawn_by_name)
SELECT gen_random_uuid(), net.e(1 + random() * 19999), s.borough_id, o.borough_id, o.id, london_today() + (random() * 800)::integer - 700, s.id, 'x', NULL, NULL, NULL
  FROM specialist s, specialist o WHERE o.borough_id <> s.borough_id AND random() < 0.1;
SET LOCAL session_replication_role = DEFAULT;
ANALYZE;

-- Rows that a call reads from tables from end to end, as the statistics of this transaction have it.
CREATE FUNCTION net.read_whole(who integer, query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    s specialist;
BEGIN
    SELECT * INTO s FROM specialist WHERE id = md5('s' || who)::uuid;
    PERFORM set_config('canvass.actor', s.id::text, true), set_config('canvass.team', s.team_id::text, true),
            set_config('canvass.borough', s.borough_id, true), set_config('canvass.roles', s.roles::text, true);
    SELECT jsonb_object_agg(relname, seq_tup_read) INTO before FROM pg_stat_xact_user_tables WHERE schemaname = 'canvass';
    SET LOCAL ROLE canvass_app;
    SET LOCAL search_path = canvass, pg_temp;
    EXECUTE 'SELECT count(*) FROM ' || query;
    RESET ROLE;
    SET LOCAL search_path = net, canvass, public, pg_temp;
    RETURN ARRAY(SELECT relname FROM pg_stat_xact_user_tables
                  WHERE schemaname = 'canvass' AND seq_tup_read - coalesce((before ->> relname::text)::bigint, 0) > 1000 ORDER BY 1);
END
$$;
SELECT is(net.read_whole(7, 'employer WHERE name LIKE ''%7%'''), '{employer}', 'what reads a whole table is seen');
SELECT is(net.read_whole(7, 'day_list(NULL, 0, NULL)'), '{}', 'the list of a day reads no table from end to end');
SELECT is(net.read_whole(8, 'day_list(NULL, 60, NULL)'), '{}', 'nor does one that looks far ahead');
SELECT is(net.read_whole(9, 'calendar_events(NULL, NULL)'), '{}', 'nor does the calendar');

SELECT * FROM finish();
ROLLBACK;
