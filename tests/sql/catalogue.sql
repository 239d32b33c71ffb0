-- What a daemon's matcher holds: what each caller may see of it, and what a follower reads of changes.
BEGIN;
\ir support/network.sql
SELECT plan(35);

CREATE TEMP TABLE e AS SELECT id FROM employer ORDER BY id LIMIT 1;
INSERT INTO opening (id, employer_id, borough_id, title, hidden, network, closed_at, closed_reason, closes_on, created_by_name, updated_by_name)
SELECT v.id::uuid, (SELECT id FROM e), v.borough, v.title, true, v.network, v.closed_at::timestamptz, v.reason, v.closes_on::date, 'x', 'x'
  FROM (VALUES ('0a000000-0000-7000-8000-000000000001', 'E09000022', 'Open', true, NULL, NULL, NULL),
               ('0a000000-0000-7000-8000-000000000002', 'E09000022', 'Closed', true, '2026-11-01 12:00+00', 'filled', NULL),
               ('0a000000-0000-7000-8000-000000000003', 'E09000022', 'Kept', false, NULL, NULL, NULL),
               ('0a000000-0000-7000-8000-000000000004', 'E09000028', 'Theirs', false, NULL, NULL, NULL),
               ('0a000000-0000-7000-8000-000000000005', 'E09000022', 'Past', true, NULL, NULL, '2001-01-01')) AS v (id, borough, title, network, closed_at, reason, closes_on);

-- The classes of the catalogue are those of the policy: whoever asks sees the same through both.
SELECT set_eq(
    format('SELECT id FROM catalogue_opening WHERE audience IS NULL OR audience = %L',
           called(who, 'borough_audience(borough())') #>> '{}'),
    format('SELECT value::uuid FROM jsonb_array_elements_text(%L)',
           called(who, '(SELECT coalesce(jsonb_agg(id), ''[]'') FROM opening WHERE closed_at IS NULL AND coalesce(closes_on, ''infinity'') >= london_today())')),
    who || ' would be shown what they may see')
  FROM unnest(ARRAY['amira', 'lena', 'bola', 'sam']) AS who;
SELECT is((SELECT audience FROM catalogue_opening WHERE id = '0a000000-0000-7000-8000-000000000003'),
    borough_audience('E09000022'), 'what a borough keeps is for it alone');
SELECT is(rows_of('sam', 'SELECT FROM openings_to_show(''{0a000000-0000-7000-8000-000000000001,0a000000-0000-7000-8000-000000000002,0a000000-0000-7000-8000-000000000003,0a000000-0000-7000-8000-000000000004}'')'),
    2::bigint, 'what was found is shown by the caller''s own rights, and not when it was closed meanwhile');
SELECT is(rows_of('nobody', 'SELECT FROM openings_to_show(''{0a000000-0000-7000-8000-000000000001}'')'), 0::bigint, 'to nobody, nothing');
SELECT is(tried('amira', 'SELECT FROM catalogue_opening'), '42501 permission denied for view catalogue_opening', 'callers have no way around it');
SELECT is(rows_of('amira', 'SELECT FROM ' || view), 0::bigint, view || ' is empty for callers')
  FROM unnest(ARRAY['catalogue_job', 'catalogue_employer', 'catalogue_place', 'catalogue_relation']) AS view;
SELECT is(tried('amira', 'DELETE FROM catalogue_change'), '42501 permission denied for table catalogue_change', 'nor at what is yet to be read');
SELECT set_eq('SELECT o.* FROM catalogue_opening o',
    $$SELECT j.id, j.employer_id, j.site_id, j.audience, j.hidden, j.places, j.starts_on, j.closes_on, j.soc, j.hours_min_tenths,
             j.hours_max_tenths, j.pay_pence_hour, j.shift_bits, j.driving, j.check_level, j.features, j.permanent, j.expected_weeks,
             j.trial, e.sic, e.living_wage, e.disability_confident, p.easting, p.northing
        FROM generate_series(1, catalogue_blocks()) AS b
        JOIN catalogue_job j ON j.at >= format('(%s,0)', b - 1)::tid AND j.at < format('(%s,0)', b)::tid
        JOIN catalogue_employer e ON e.id = j.employer_id LEFT JOIN catalogue_place p ON p.id = j.site_id$$, 'blocks one behind the other are all');
SELECT is(rows_of('nobody', 'SELECT FROM catalogue_job'), (SELECT count(*) FROM catalogue_opening), 'the daemon reads all, before it names a caller');

-- A follower: what it has not seen, and nothing else. This transaction is in progress in any
-- snapshot, so a follower of before it sees all that it did.
SAVEPOINT follow;
DELETE FROM catalogue_change;
CREATE TEMP TABLE s AS SELECT snapshot, epoch FROM catalogue_look(NULL);
SELECT is((SELECT changed FROM catalogue_look((SELECT snapshot FROM s))), false, 'nothing yet');
SELECT is((SELECT catalogue_is_in_step(snapshot, epoch) FROM s), true, 'so it is in step');
SELECT is((SELECT catalogue_is_in_step(snapshot, '00000000/2001-01-01') FROM s), false, 'on another day it is not');
SELECT is(called('amira', format('catalogue_is_in_step(%L, %L)', snapshot, epoch)), 'true'::jsonb, 'a call asks beside its own statements') FROM s;
UPDATE opening SET pay_pence_hour = 1400 WHERE title = 'Open';
SELECT is((SELECT changed FROM catalogue_look((SELECT snapshot FROM s))), true, 'something');
SELECT is((SELECT catalogue_is_in_step(snapshot, epoch) FROM s), false, 'so it is not in step');
SELECT results_eq('SELECT id, pay_pence_hour FROM catalogue_openings_since((SELECT snapshot FROM s))',
    $$VALUES ('0a000000-0000-7000-8000-000000000001'::uuid, 1400)$$, 'a changed opening as it is');
UPDATE opening SET closed_at = now(), closed_reason = 'filled' WHERE title = 'Open';
SELECT results_eq('SELECT id, employer_id FROM catalogue_openings_since((SELECT snapshot FROM s))',
    $$VALUES ('0a000000-0000-7000-8000-000000000001'::uuid, NULL::uuid)$$, 'a closed one as an id');
DELETE FROM catalogue_change;
UPDATE employer SET name = name || ' & Sons' WHERE id = (SELECT id FROM e);
SELECT is((SELECT count(*) FROM catalogue_change), 0::bigint, 'a name is nothing to a matcher');
UPDATE employer SET living_wage = NOT living_wage WHERE id = (SELECT id FROM e);
SELECT is((SELECT count(*) FROM catalogue_openings_since((SELECT snapshot FROM s)) WHERE employer_id = (SELECT id FROM e)),
    (SELECT count(*) FROM catalogue_opening WHERE employer_id = (SELECT id FROM e)), 'an employer comes with all its openings');
DELETE FROM catalogue_change;
DELETE FROM relationship WHERE employer_id = (SELECT id FROM e);
INSERT INTO relationship (employer_id, borough_id, stance, stage, updated_by_name) SELECT id, 'E09000022', 'warm', 'regular', 'x' FROM e;
SELECT results_eq('SELECT audience, stance, level FROM catalogue_relations_since((SELECT snapshot FROM s)) WHERE audience = borough_audience(''E09000022'')',
    $$VALUES (borough_audience('E09000022'), 'warm'::stance, 3)$$, 'a relationship');
DELETE FROM catalogue_change;
DELETE FROM relationship WHERE employer_id = (SELECT id FROM e);
SELECT results_eq('SELECT audience, stance, level FROM catalogue_relations_since((SELECT snapshot FROM s))',
    $$VALUES (borough_audience('E09000022'), NULL::stance, 0)$$, 'and its end');
DELETE FROM catalogue_change;
INSERT INTO relationship (employer_id, borough_id, stance, updated_by_name) SELECT id, 'E09000022', 'cold', 'x' FROM e;
DELETE FROM catalogue_change;
UPDATE opening SET places = 2 WHERE title = 'Kept';
SELECT is((SELECT count(*) FROM catalogue_relations_since((SELECT snapshot FROM s))), 1::bigint, 'an opening brings its employer''s relationships');

-- Tidying: twice, for what is to go was named the time before.
UPDATE catalogue_kept SET next_at = '2000-01-01';
SELECT lives_ok('SELECT catalogue_tidy()', 'tidy');
SELECT is((SELECT count(*) FROM catalogue_change), 1::bigint, 'what somebody may yet have to read stays');
SELECT is((SELECT next_at > now() FROM catalogue_kept), true, 'until the next time');
UPDATE catalogue_kept SET purged_below = (pg_snapshot_xmin((SELECT snapshot FROM s)::pg_snapshot)::text::bigint + 1)::text::xid8;
SELECT throws_ok('SELECT catalogue_look((SELECT snapshot FROM s))', 'CV009', NULL, 'who is too far behind is told so');
SELECT is((SELECT catalogue_is_in_step(snapshot, epoch) FROM s), false, 'and is not in step, without an error to a call');
TRUNCATE opening CASCADE;
SELECT throws_ok('SELECT FROM catalogue_openings_since((SELECT (catalogue_look(NULL)).snapshot))', 'CV009', NULL, 'all are after a TRUNCATE');
SELECT is((SELECT catalogue_is_in_step(snapshot, epoch) FROM catalogue_look(NULL)), false, 'nor in step');

SELECT * FROM finish();
ROLLBACK;
