-- The diary as a calendar: its events in neutral words, and tokens that may call one method.
BEGIN;
\ir support/network.sql
SELECT plan(41);

CREATE FUNCTION net.d(n integer) RETURNS date LANGUAGE sql STABLE AS $$ SELECT canvass.london_today() + n $$;
CREATE FUNCTION net.events(who text, from_on date DEFAULT NULL, until_on date DEFAULT NULL) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called(who, format(
        'ARRAY(SELECT concat_ws(''|'', v.kind, v.title, v.location, to_char(v.at AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI"Z"''), v.first_on, nullif(v.last_on, v.first_on), CASE WHEN v.cancelled THEN ''cancelled'' END) FROM calendar_events(%L, %L) AS v)', from_on, until_on))))
$$;
CREATE FUNCTION net.e(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('e0000000-0000-7000-8000-00000000000' || n)::uuid $$;
CREATE FUNCTION net.c(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('c0000000-0000-7000-8000-00000000000' || n)::uuid $$;
CREATE FUNCTION net.b(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('b0000000-0000-7000-8000-00000000000' || n)::uuid $$;
CREATE FUNCTION net.diary(n integer, employer integer, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO plan (id, borough_id, team_id, specialist_id, employer_id, at, purpose)
        VALUES (('0d000000-0000-7000-8000-00000000000' || n)::uuid, 'E09000022', 'a0000000-0000-7000-8000-000000000001', net.b(1), net.e(employer), at, 'for LB-014''s rehab')
$$;

SELECT is(net.events('amira'), '{}', 'an empty diary');

-- ---- visits ----
SELECT net.diary(1, 1, net.london('2027-03-27 10:00')), net.diary(2, 1, net.london('2027-03-28 10:00')), net.diary(3, 2, net.london('2027-03-29')) \gset
SELECT is(net.events('amira', '2027-03-20', '2027-04-02'), ARRAY[
    'visit|Visit: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2027-03-27 10:00Z',
    'visit|Visit: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2027-03-28 09:00Z',
    'visit|Visit: Peckham Bakery|2 Rye Lane, SE15 4ST|2027-03-29'], 'ten o''clock before and after clocks go on; a day is a day; and no purpose');
SELECT is(net.events('amira', '2027-03-28', '2027-03-28'), ARRAY['visit|Visit: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2027-03-28 09:00Z'], 'one day');
SELECT is(net.events('lena', '2027-03-20', '2027-04-02') || net.events('bola', '2027-03-20', '2027-04-02') || net.events('sam', '2027-03-20', '2027-04-02'), '{}', 'nobody else''s');
SELECT is(called('amira', 'ARRAY(SELECT v.ends_at - v.at FROM calendar_events(''2027-03-28'', ''2027-03-28'') AS v)'), '["01:00:00"]', 'a visit has an hour');
SELECT net.diary(4, 1, net.london('2026-10-24 10:00')), net.diary(5, 1, net.london('2026-10-25 10:00')) \gset
SELECT is(net.events('amira', '2026-10-24', '2026-10-25'), ARRAY[
    'visit|Visit: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2026-10-24 09:00Z',
    'visit|Visit: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2026-10-25 10:00Z'], 'and when they go back');
UPDATE plan SET cancelled_at = now() - interval '59 days', cancelled_by = net.b(1) WHERE id = '0d000000-0000-7000-8000-000000000001';
UPDATE plan SET cancelled_at = now() - interval '61 days', cancelled_by = net.b(1) WHERE id = '0d000000-0000-7000-8000-000000000002';
SELECT is((net.events('amira', '2027-03-20', '2027-04-02'))[1:2], ARRAY[
    'visit|Visit: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2027-03-27 10:00Z|cancelled',
    'visit|Visit: Peckham Bakery|2 Rye Lane, SE15 4ST|2027-03-29'], 'what was cancelled is told for 60 days, then gone');
SELECT is((SELECT array_agg(u ORDER BY u) FROM jsonb_array_elements_text(called('amira', 'ARRAY(SELECT v.uid FROM calendar_events(''2027-03-20'', ''2027-04-02'') AS v)')) AS u),
    (SELECT array_agg(calendar_uid('visit', id::text)::text ORDER BY calendar_uid('visit', id::text)::text) FROM plan WHERE id::text ~ '0[13]$'), 'an id of its own that stays');
SELECT is((SELECT count(*) FROM plan p WHERE calendar_uid('visit', p.id::text) = p.id), 0::bigint, 'and is not the row''s');
SELECT is(called('amira', 'ARRAY(SELECT v.modified_at FROM calendar_events(''2027-03-27'', ''2027-03-27'') AS v)'), to_jsonb(ARRAY[date_trunc('second', now() - interval '59 days')]), 'changed when it was cancelled');
DELETE FROM plan;

-- ---- trials, support, pay, reviews ----
INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, network, created_by_name, updated_by_name) VALUES
    ('0a000000-0000-7000-8000-000000000001', net.e(1), 'E09000022', 'Yard hand', '9252', 300, 300, false, 'net', 'net');
INSERT INTO trial (id, borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, tasks, pay_pence_hour, starts_on, ends_on, days, status, updated_by_name)
VALUES ('0e000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', net.c(1), net.b(1), net.e(1),
        '0a000000-0000-7000-8000-000000000001', 1, 'paid', 'Yard hand', 'lifting', 1400, '2027-01-11', '2027-01-15', 5, 'agreed', 'net');
SELECT is(net.events('amira'), ARRAY['trial|Appointment: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2027-01-11|2027-01-15'], 'a trial has its days, and says neither whose nor what');
SELECT is(net.events('lena') || net.events('bola') || net.events('sam'), '{}', 'of one''s own caseload');
SELECT is(cardinality(net.events('amira', '2027-01-15', '2027-01-20')), 1, 'on its last day');
SELECT is(cardinality(net.events('amira', '2027-01-16', '2027-01-20')), 0, 'no longer');
UPDATE trial SET status = 'proposed';
SELECT is(net.events('amira'), '{}', 'a proposal is no appointment');
UPDATE trial SET status = 'cancelled', ended_at = now();
SELECT is(net.events('amira'), '{}', 'a proposal that was cancelled was none');
UPDATE trial SET agreed_at = now();
SELECT is(net.events('amira'), ARRAY['trial|Appointment: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|2027-01-11|2027-01-15|cancelled'], 'an agreed one is told');
UPDATE trial SET ended_at = now() - interval '61 days';
SELECT is(net.events('amira'), '{}', 'for 60 days');
UPDATE trial SET status = 'ended_early', outcome = 'left', starts_on = net.d(-5), ends_on = net.d(5), ended_at = now() - interval '2 days';
SELECT is(net.events('amira'), ARRAY[format('trial|Appointment: Stockwell Tool Hire|1 Clapham Road, SW9 8HE|%s|%s', net.d(-5), net.d(-2))], 'one that ended early ends there');
DELETE FROM trial;
INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, first_pay_on, updated_by_name) VALUES
    ('0b000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', net.c(1), net.b(1), net.e(1), 'Yard hand', '9252', net.d(-2), net.d(6), 'net');
SELECT is(net.events('amira'), ARRAY[format('support|Call: Stockwell Tool Hire|%s', net.d(1)), format('pay|Reminder: Stockwell Tool Hire|%s', net.d(6))], 'support and the first pay day');
SELECT is(net.events('amira', net.d(2), net.d(5)), '{}', 'in their range');
SELECT is(net.events('amira', net.d(-90), net.d(-60)), '{}', 'not before it');
SELECT is(net.events('lena') || net.events('bola'), '{}', 'nobody else''s');
DELETE FROM job;
INSERT INTO client_constraints (client_id, may_drive, driving_review_on, may_drive_after) VALUES (net.c(1), 'none', net.d(7), 'g1');
UPDATE client SET status = 'paused', paused_until = net.d(9) WHERE ref = 'LB-015';
SELECT is(net.events('amira') || net.events('lena'), ARRAY[format('review|Reminder|%s', net.d(7)), format('reask|Reminder|%s', net.d(9))], 'a reminder says of what to nobody');
SELECT ok(called('amira', 'ARRAY(SELECT v FROM calendar_events(NULL, NULL) AS v)')::text !~ 'LB-|c0000000', 'no client');
SELECT matches(refused('amira', 'ARRAY(SELECT v.uid FROM calendar_events(''2027-01-01'', ''2026-12-31'') AS v)'), '^CV003 until: ', 'the last day before the first');
SELECT matches(refused('amira', 'ARRAY(SELECT v.uid FROM calendar_events(''2027-01-01'', ''2029-12-31'') AS v)'), '^CV003 until: ', 'years');
SELECT matches(refused('amira', 'ARRAY(SELECT v.uid FROM calendar_events(''1800-01-01'', NULL) AS v)'), '^CV003 from: ', 'another century');

-- ---- addresses ----
SELECT net.called('amira', 'create_feed(''{"label": "work phone"}'')') AS made \gset
SELECT matches((:'made'::jsonb) ->> 'path', '^/calendar/cvf_[A-Za-z0-9_-]{43}\.ics$', 'an address with 256 random bits');
SELECT is((:'made'::jsonb) #>> '{feed,label}', 'work phone', 'for a phone');
SELECT is((:'made'::jsonb) -> 'feed' ?| '{hash,secret,path,method}', false, 'what is kept of it is no secret');
SELECT sha256(convert_to(substring((:'made'::jsonb) ->> 'path' FROM 'cvf_[^.]*'), 'UTF8')) AS hash, (:'made'::jsonb) #>> '{feed,id}' AS id \gset
SELECT is((SELECT hash FROM token WHERE id = :'id'), :'hash'::bytea, 'only its hash is');
CREATE FUNCTION net.enters(hash bytea, method text, VARIADIC roles text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM canvass.enter(hash, roles, method);
    RETURN specialist_name(actor());
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(net.enters(:'hash', 'canvass.v1.CalendarService/ListEvents', 'specialist', 'lead'), 'Amira Shah', 'it names its owner for the one method');
SELECT is(net.enters(:'hash', m, 'anyone'), 'CV016', 'and is unknown to ' || m)
  FROM unnest(ARRAY['canvass.v1.CalendarService/CreateFeed', 'canvass.v1.TodayService/GetToday', 'canvass.v1.AccountService/WhoAmI']) AS m;
SELECT is(refused('lena', format('revoke_feed(''{"feed_id": "%s"}'')', :'id')), 'CV005 feed_id: You have no such address.', 'a lead revokes no colleague''s');
SELECT is(called('amira', format('revoke_feed(''{"feed_id": "%s"}'')', :'id')) ? 'revoked_at', true, 'its owner does');
SELECT is(net.enters(:'hash', 'canvass.v1.CalendarService/ListEvents', 'specialist'), 'CV016', 'and it gives nothing more');
SELECT matches(refused('amira', 'create_feed(''{"days": 401}'')'), '^CV003 days: ', 'for 400 days at most');
SELECT matches(refused('amira', '(SELECT max(create_feed(''{}'')::text) FROM generate_series(1, 11))'), '^CV009 You have ten', 'and ten of them');

SELECT * FROM finish();
ROLLBACK;
