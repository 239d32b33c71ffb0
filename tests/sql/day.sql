-- Planning the day: trials, places kept, support, pay days, shares, reviews, and the way on foot.
BEGIN;
\ir support/network.sql
SELECT plan(48);

CREATE FUNCTION net.d(n integer) RETURNS date LANGUAGE sql STABLE AS $$ SELECT canvass.london_today() + n $$;
CREATE FUNCTION net.list(who text, day date DEFAULT canvass.london_today(), soon integer DEFAULT 0, from_postcode text DEFAULT NULL) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called(who, format(
        'ARRAY(SELECT concat_ws(''|'', t.kind, t.employer, t.client_ref, t.sentence) FROM day_list(%L, %s, %L) AS t)', day, soon, from_postcode))))
$$;
CREATE FUNCTION net.said(n integer) RETURNS text LANGUAGE sql AS $$ SELECT canvass.said_day(net.d(n), canvass.london_today()) $$;
CREATE FUNCTION net.e(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('e0000000-0000-7000-8000-00000000000' || n)::uuid $$;
CREATE FUNCTION net.c(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('c0000000-0000-7000-8000-00000000000' || n)::uuid $$;
CREATE FUNCTION net.b(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('b0000000-0000-7000-8000-00000000000' || n)::uuid $$;

-- ---- trials ----
INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, network, created_by_name, updated_by_name) VALUES
    ('0a000000-0000-7000-8000-000000000001', net.e(1), 'E09000022', 'Yard hand', '9252', 300, 300, false, 'net', 'net');
CREATE FUNCTION net.trial(n integer, status trial_status, starts integer, ends integer, kept integer DEFAULT NULL, client integer DEFAULT 1) RETURNS void LANGUAGE sql AS $$
    DELETE FROM trial;
    INSERT INTO trial (id, borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, tasks, pay_pence_hour, starts_on, ends_on, days, kept_until, status, updated_by_name)
    VALUES ('0e000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', net.c(client), net.b(1), net.e(1),
            '0a000000-0000-7000-8000-000000000001', 1, 'paid', 'Yard hand', 'lifting', 1400, net.d(starts), net.d(ends), 1, net.d(kept), status, 'net')
$$;
SELECT net.trial(1, 'agreed', 0, 4) IS NULL AS x \gset
SELECT is(net.list('amira'), ARRAY[format('trial|Stockwell Tool Hire|LB-014|The trial begins today, until %s: Yard hand', net.said(4))], 'a trial that begins');
SELECT is(net.list('lena'), '{}', 'is its specialist''s');
SELECT is(net.list('bola'), '{}', 'and no other team''s');
SELECT is(net.list('sam'), '{}', 'nor another borough''s');
SELECT is(called('amira', 'ARRAY(SELECT t.subject_id FROM day_list(NULL, 0) AS t)') ->> 0, '0e000000-0000-7000-8000-000000000001', 'with the trial''s id');
SELECT is(net.list('amira', net.d(-1)), '{}', 'not the day before');
SELECT is(net.list('amira', net.d(1)), ARRAY['overdue|Stockwell Tool Hire|LB-014|The trial was to begin yesterday: say that it began, or cancel it'], 'agreed, and nobody began it');
SELECT net.trial(1, 'proposed', -1, 4) IS NULL AS x \gset
SELECT is(net.list('amira'), ARRAY['overdue|Stockwell Tool Hire|LB-014|The trial was to begin yesterday: agree it for another day, or cancel it'], 'proposed, and nobody agreed it');
SELECT is(net.list('amira', net.d(-1)), '{}', 'a proposal for today asks nothing of today');
SELECT net.trial(1, 'running', -2, 0) IS NULL AS x \gset
SELECT is(net.list('amira'), ARRAY['trial|Stockwell Tool Hire|LB-014|The last day of the trial: hear both sides, and say what it led to'], 'its last day');
SELECT is(net.list('amira', net.d(-1)), '{}', 'a day in between asks nothing');
SELECT is(net.list('amira', net.d(1)), ARRAY['overdue|Stockwell Tool Hire|LB-014|The trial''s last day was yesterday: say what it led to'], 'nobody said what it led to');
SELECT net.trial(1, 'agreed', -3, 4, 2) IS NULL AS x \gset
SELECT is(net.list('amira', net.d(1)), '{}', 'a place that is kept asks nothing before its day');
SELECT is(net.list('amira', net.d(2)), ARRAY[format('place|Stockwell Tool Hire|LB-014|The place is kept for LB-014 until %s: ask, or give it back', 'today')], 'then ask, or give it back');
SELECT is((net.list('amira', net.d(3)))[1], 'place|Stockwell Tool Hire|LB-014|The place is kept for LB-014 until yesterday: ask, or give it back', 'and goes on asking');
SELECT net.trial(1, 'agreed', 0, 4, NULL, 2) IS NULL AS x \gset
SELECT is(net.list('amira'), '{}', 'a client that a colleague took over');
SELECT is(cardinality(net.list('lena')), 1, 'is the colleague''s');
DELETE FROM trial;

-- ---- support and pay ----
INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, first_pay_on, updated_by_name) VALUES
    ('0b000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', net.c(1), net.b(1), net.e(1), 'Yard hand', '9252', net.d(-2), net.d(6), 'net');
SELECT is(net.list('amira'), ARRAY[
    format('support|Stockwell Tool Hire|LB-014|Support to the client is due at the latest tomorrow. Within 3 days after the start %s', net.said(-2)),
    format('pay|Stockwell Tool Hire|LB-014|First pay day %s: be in touch before it, and let the team know', net.said(6))], 'support due, and the first pay day ahead');
SELECT is(called('amira', 'ARRAY(SELECT t.postcode FROM day_list(NULL, 0) AS t)'), '[null, null]', 'nobody is sent to the client''s work on the client''s account');
SELECT is(net.list('amira', soon => 5), (net.list('amira'))[1:1], 'a pay day further away is not said yet');
SELECT matches((net.list('amira', net.d(2)))[1], '^overdue\|Stockwell Tool Hire\|LB-014\|Support to the client was due yesterday\. Within 3 days after the start', 'late support is overdue');
SELECT is(net.list('lena') || net.list('bola') || net.list('sam'), '{}', 'of nobody else''s list');
INSERT INTO disclosure (team_id, client_id, employer_id, level, agreed_on, recorded_by, recorded_by_name) VALUES
    ('a0000000-0000-7000-8000-000000000001', net.c(1), net.e(1), 'may_call', net.d(-9), net.b(1), 'net');
SELECT is(called('amira', 'ARRAY(SELECT t.postcode FROM day_list(NULL, 5) AS t WHERE t.sentence ~ ''to the employer'')'), '["SW9 8HE"]', 'the employer''s door, where the client agreed');
DELETE FROM disclosure; DELETE FROM job;

-- ---- shares ----
INSERT INTO contact (id, employer_id, borough_id, name, job, hires, phone, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', net.e(1), 'E09000022', 'Pat Quinn', 'manager', true, '020 7946 0001', 'met', 'consent', 'net');
INSERT INTO contact_share (id, contact_id, employer_id, borough_id, to_borough_id, to_specialist_id, expires_on, given_by, given_by_name) VALUES
    ('05000000-0000-7000-8000-000000000001', '0c000000-0000-7000-8000-000000000001', net.e(1), 'E09000022', 'E09000028', net.b(4), net.d(3), net.b(1), 'Amira Shah');
SELECT is(net.list('amira'), ARRAY[format('share|Stockwell Tool Hire|Pat Quinn is shared with Sam Reid until %s: share again if it still helps', net.said(3))], 'what one gave ends soon');
SELECT is(net.list('sam'), ARRAY[format('share|Stockwell Tool Hire|Amira Shah shares the manager with you until %s: ask again if you still need it', net.said(3))], 'what one was given ends soon: no name');
SELECT is(net.list('lena'), '{}', 'a share that a colleague gave is the colleague''s');
SELECT is(net.list('sam', soon => 2), '{}', 'not yet');
UPDATE contact_share SET to_specialist_id = NULL;
SELECT is(net.list('sam'), '{}', 'shared with all of a borough, it is nobody''s');
INSERT INTO contact_use (share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name, at) VALUES
    ('05000000-0000-7000-8000-000000000001', '0c000000-0000-7000-8000-000000000001', net.e(1), 'E09000022', 'E09000028', net.b(4), 'Sam Reid', now() - interval '1 day');
SELECT is(cardinality(net.list('sam')), 1, 'but theirs who used it');
SELECT matches((net.list('amira'))[1], 'shared with Southwark until', 'the borough is named');
UPDATE contact_share SET withdrawn_at = now(), withdrawn_by = net.b(1), withdrawn_by_name = 'net';
SELECT is(net.list('sam') || net.list('amira'), '{}', 'a withdrawn one asks nothing');

-- ---- reviews that open doors ----
INSERT INTO client_constraints (client_id, may_drive, driving_review_on, may_drive_after, check_clear, check_changes_on, check_clear_after) VALUES
    (net.c(1), 'none', net.d(7), 'g1', 'basic', net.d(-2), 'standard');
SELECT is(net.list('amira'), ARRAY[
    format('review|LB-014|More checks may be clear for LB-014 since %s: set what holds now, then see what fits (canvass match LB-014)', net.said(-2)),
    format('review|LB-014|Whether LB-014 may drive is reviewed %s: new openings may fit from then (canvass match LB-014 --not-yet)', net.said(7))], 'reached, and ahead');
SELECT is(net.list('amira', net.d(-3), 1), ARRAY['review|LB-014|More checks may be clear for LB-014 tomorrow: new openings may fit from then (canvass match LB-014 --not-yet)'], 'the day before');
SELECT is(net.list('amira', net.d(27), 1), ARRAY[format('review|LB-014|Whether LB-014 may drive was to be reviewed %s: set what holds now, then see what fits (canvass match LB-014)', canvass.said_day(net.d(7), net.d(27)))], 'for four weeks');
SELECT is(net.list('lena') || net.list('bola'), '{}', 'of the own clients');
UPDATE client SET status = 'paused', paused_until = net.d(30) WHERE ref = 'LB-014';
SELECT is(net.list('amira'), '{}', 'a paused client is not matched');
UPDATE client SET status = 'active', paused_until = NULL WHERE ref = 'LB-014';
DELETE FROM client_constraints;

-- ---- on foot ----
-- Doors along one street: 3 at 300 m, 4 at 400 m and so on from SW9 8HE, at a sector's own distance.
INSERT INTO employer (id, name, sic) SELECT net.e(n), 'Shop ' || n, '47110' FROM generate_series(3, 8) AS n;
INSERT INTO site (employer_id, address, easting, northing, borough_id, words)
SELECT net.e(n), '{Clapham Road}', CASE WHEN n < 8 THEN 530800 + 100 * n END, CASE WHEN n < 8 THEN 175900 END, 'E09000022', 'x' FROM generate_series(3, 8) AS n;
CREATE FUNCTION net.touch(n integer, days integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO relationship (employer_id, borough_id, lead_id, next_touch_at, next_step, updated_by_name)
        VALUES (net.e(n), 'E09000022', net.b(1), london_midnight(net.d(days)), 'step', 'net')
$$;
CREATE FUNCTION net.way(from_postcode text DEFAULT NULL) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called('amira', format(
        'ARRAY(SELECT concat_ws('' '', t.kind, right(t.employer, 1), t.metres) FROM day_list(NULL, 0, %L) AS t)', from_postcode))))
$$;
SELECT net.touch(6, 0), net.touch(3, 0), net.touch(5, 0), net.touch(8, 0), net.touch(4, -1), net.touch(7, -2) \gset
SELECT is(net.way(), ARRAY['overdue 7', 'overdue 4', 'due 3', 'due 5', 'due 6', 'due 8'], 'from nowhere: by day, then by name');
SELECT is(net.way('sw98he'), ARRAY['overdue 4 400', 'overdue 7 300', 'due 6 100', 'due 5 100', 'due 3 200', 'due 8'],
    'urgency first, then the nearest from where one is; what lies nowhere comes last');
SELECT is((net.list('amira', from_postcode => 'SW9 8HE'))[1], 'overdue|Shop 4|step (was due yesterday); 400 m in a straight line', 'in words');
SELECT is(net.way('SW9 8'), ARRAY['overdue 4 354', 'overdue 7 300', 'due 6 100', 'due 5 100', 'due 3 200', 'due 8'], 'a sector will do');
SELECT is(refused('amira', 'ARRAY(SELECT kind FROM day_list(NULL, 0, ''ZZ1 1ZZ''))'), 'CV003 from_postcode: "ZZ1 1ZZ" is not in the postcode list.', 'a postcode that is none');
INSERT INTO plan (borough_id, team_id, specialist_id, employer_id, at) VALUES
    ('E09000022', 'a0000000-0000-7000-8000-000000000001', net.b(1), net.e(5), london_midnight(net.d(0)) + interval '15 hours'),
    ('E09000022', 'a0000000-0000-7000-8000-000000000001', net.b(1), net.e(2), london_midnight(net.d(0)) + interval '9 hours'),
    ('E09000022', 'a0000000-0000-7000-8000-000000000001', net.b(1), net.e(3), london_midnight(net.d(0)));
SELECT is(net.way(), ARRAY['overdue 7', 'overdue 4', 'planned y', 'planned 5 2928', 'planned 3 200', 'due 3 0', 'due 5 200', 'due 6 100', 'due 8'],
    'without a start: times in their order, then on foot from the last of them');
SELECT is((net.way('SW9 8HE'))[3:5], ARRAY['planned y 2730', 'planned 5 2928', 'planned 3 200'], 'no walk moves a time');
SELECT is((net.list('amira'))[6], 'due|Shop 3|step; the same place', 'the door one stands at');
SELECT is(ARRAY(SELECT w.stop FROM walked('{-1,-1,-1,-1}', '{30,10,20,null}', '{0,0,0,null}', 0, 0) AS w), '{2,3,1,4}', 'nearest neighbour');
SELECT is(ARRAY(SELECT w.stop FROM walked('{-1,-1,-1,-1}', '{30,10,20,null}', '{0,0,0,null}', NULL, NULL) AS w), '{1,2,3,4}', 'from nowhere: as they stand');
SELECT is(ARRAY(SELECT w.stop FROM walked(NULL, NULL, NULL, 0, 0) AS w), '{}', 'no stops');
SELECT is(ARRAY(SELECT w.metres FROM walked('{-1,-1}', '{0,3}', '{0,4}', 0, 0) AS w), '{0,5}', 'metres from the place before');

SELECT * FROM finish();
ROLLBACK;
