-- A lead's weekly page: what counts, the target, who sees it, and the mark.
BEGIN;
\ir support/network.sql
SELECT plan(29);

-- The week of Monday 16 November, before a Sunday on which nothing happens; now is real, so weeks lie back.
CREATE FUNCTION net.monday(weeks integer) RETURNS date LANGUAGE sql AS
    $$ SELECT date_trunc('week', canvass.london_today()::timestamp)::date - 7 * weeks $$;
CREATE FUNCTION net.visits(n integer, mode text, client text, at timestamptz, by text DEFAULT 'b0000000-0000-7000-8000-000000000001')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v uuid;
BEGIN
    FOR i IN 1 .. n LOOP
        INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
            VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001',
                    at, mode::visit_mode, 1, client IS NULL, by::uuid, by::uuid) RETURNING id INTO v;
        IF client IS NOT NULL THEN
            INSERT INTO visit_client (visit_id, client_id) VALUES (v, client::uuid);
        END IF;
    END LOOP;
END
$$;
UPDATE client SET entered_on = '2026-01-01', specialist_id = 'b0000000-0000-7000-8000-000000000001'
 WHERE id = 'c0000000-0000-7000-8000-000000000001';
UPDATE client SET specialist_id = 'b0000000-0000-7000-8000-000000000002'
 WHERE id <> 'c0000000-0000-7000-8000-000000000001' AND team_id = 'a0000000-0000-7000-8000-000000000001';
SELECT net.visits(1, 'in_person', 'c0000000-0000-7000-8000-000000000001', net.london(net.monday(2) || ' 00:00')),
       net.visits(1, 'in_person', 'c0000000-0000-7000-8000-000000000001', net.london(net.monday(1) - 1 || ' 23:59')),
       net.visits(3, 'in_person', NULL, net.london(net.monday(2) + 3 || ' 12:00')),
       net.visits(2, 'phone', 'c0000000-0000-7000-8000-000000000001', net.london(net.monday(2) + 4 || ' 12:00')),
       net.visits(9, 'in_person', 'c0000000-0000-7000-8000-000000000001', net.london(net.monday(3) || ' 09:00')) IS NULL AS x \gset
CREATE FUNCTION net.week(who text, request text) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT called(who, format('get_week(%L)', request)) $$;
CREATE FUNCTION net.line(who text, weeks integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT l FROM jsonb_array_elements(net.week(who, format('{"week": "%s"}', net.monday(weeks) + 2)) -> 'lines') AS l
     WHERE l ->> 'specialist' = 'Amira Shah' $$;

SELECT is(net.line('lena', 2) ->> 'face_to_face', '5', 'face to face in the week, from Monday 00:00 to Sunday 23:59');
SELECT is(net.line('lena', 2) ->> 'client_specific', '2', 'with a client in mind');
SELECT is(net.line('lena', 2) ->> 'other_contacts', '2', 'a call is logged and does not count');
SELECT is(net.line('lena', 2) ->> 'target', '2', 'one job seeker: twice that');
SELECT is(net.line('lena', 2) ->> 'low', 'false', 'reached');
SELECT is(net.line('lena', 3) ->> 'client_specific', '9', 'the week before');
SELECT is(net.line('lena', 1) ->> 'low', 'true', 'a week without any');
SELECT is(net.line('lena', 0) ->> 'low', 'false', 'this week is not over');
SELECT is((net.week('lena', format('{"week": "%s"}', net.monday(2) + 6)) ->> 'from')::date, net.monday(2), 'Sunday belongs to the week');
SELECT is((net.week('lena', '{}') ->> 'from')::date, net.monday(0), 'unsaid: this week');

-- A correction counts once.
SELECT is(called('amira', format('correct_visit(%L)', jsonb_build_object('visit', jsonb_build_object(
    'replaces_id', (SELECT id FROM visit WHERE at = net.london(net.monday(2) || ' 00:00')), 'mode', 'phone',
    'client_id', 'c0000000-0000-7000-8000-000000000001')))) ->> 'mode', 'phone', 'it was a call');
SELECT is(net.line('lena', 2) ->> 'client_specific', '1', 'so it does not count');
SELECT is(net.line('lena', 2) ->> 'low', 'true', 'and is low now');

-- In work, or paused: no job seeker.
INSERT INTO job (borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
    VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001',
            'b0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'Driver', '8214', net.monday(1) + 1, 'x');
SELECT is(ARRAY[net.line('lena', 2) ->> 'job_seekers', net.line('lena', 1) ->> 'job_seekers'], '{1,0}', 'in work since last week');
SELECT is(net.line('lena', 1) ->> 'clients', '1', 'and still supported');

-- What is overdue, and not recorded.
INSERT INTO relationship (employer_id, borough_id, lead_id, next_touch_at, updated_by_name)
    VALUES ('e0000000-0000-7000-8000-000000000002', 'E09000022', 'b0000000-0000-7000-8000-000000000001', now() - interval '3 days', 'x');
INSERT INTO plan (borough_id, team_id, specialist_id, employer_id, at)
    VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001',
            'e0000000-0000-7000-8000-000000000002', net.london(net.monday(2) + 1 || ' 10:00'));
SELECT is(net.line('lena', 2) ->> 'overdue', '1', 'a next touch is overdue');
SELECT is(net.line('lena', 2) ->> 'unrecorded', '1', 'a planned visit was neither recorded nor cancelled');

-- Who sees what.
SELECT is((SELECT array_agg(l ->> 'specialist') FROM jsonb_array_elements(net.week('amira', '{}') -> 'lines') AS l), '{Amira Shah}', 'a specialist sees their own line');
SELECT matches(refused('amira', $$get_week('{"specialist_id": "b0000000-0000-7000-8000-000000000002"}')$$), '^CV007 specialist_id: ', 'and no other');
SELECT matches(refused('sam', $$get_week('{"specialist_id": "b0000000-0000-7000-8000-000000000001"}')$$), '^CV005 specialist_id: ', 'another team''s lead sees nobody');
SELECT is(jsonb_array_length(net.week('lena', format('{"week": "%s", "specialist_id": "b0000000-0000-7000-8000-000000000001"}', net.monday(2))) -> 'visits'), 7, 'with the log');

-- The mark.
SELECT matches(refused('lena', format('review_week(%L)', jsonb_build_object('specialist_id', 'b0000000-0000-7000-8000-000000000002'))), 'Nobody reviews their own week', 'not one''s own');
SELECT matches(refused('lena', format('review_week(%L)', jsonb_build_object('specialist_id', 'b0000000-0000-7000-8000-000000000001', 'week', london_today() + 8))), '^CV003 week: ', 'nor a week to come');
SELECT is(called('lena', $$review_week('{"specialist_id": "b0000000-0000-7000-8000-000000000001", "note": "second cups earlier"}')$$) ->> 'week_on', net.monday(1)::text, 'last week');
SELECT is(net.line('amira', 1) #>> '{review,note}', 'second cups earlier', 'the specialist reads it');
SELECT is(called('lena', $$review_week('{"specialist_id": "b0000000-0000-7000-8000-000000000001", "note": "better"}')$$) ->> 'note', 'better', 'again: the new note');
INSERT INTO specialist (id, name, email, team_id, borough_id, roles)
    VALUES ('b0000000-0000-7000-8000-000000000009', 'Nia Peer', 'nia@net.example', 'a0000000-0000-7000-8000-000000000001', 'E09000022', '{specialist}');
SELECT is(rows_of('nia', 'SELECT FROM week_review'), 0::bigint, 'a colleague does not');
SELECT matches(tried('amira', $$UPDATE week_review SET note = 'well done'$$), '^0 rows', 'nobody writes their own');
SELECT is((SELECT count(*) FROM change WHERE table_name = 'week_review'), 0::bigint, 'it is between the two: not in change');

SELECT * FROM finish();
ROLLBACK;
