-- Support: the rhythm before, in and after a job, across a change of the clocks; who is asked; what is
-- recorded and for whom.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(73);

\set job '''10000000-0000-7000-8000-000000000001'''
\set employer '''e0000000-0000-7000-8000-000000000001'''
INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
    VALUES (:job, 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001', :employer, 'Van driver', '8214', '2026-10-12', 'net');
INSERT INTO job_terms VALUES (:job, 'c0000000-0000-7000-8000-000000000001', '2026-10-12', 160, 1300, true);
-- Somebody was in touch: t in London.
CREATE FUNCTION net.spoke(t text, given support_to DEFAULT 'client', job uuid DEFAULT NULL, trial uuid DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO support (borough_id, team_id, client_id, given_to, job_id, trial_id, at, mode, specialist_id)
        VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001', given, job, trial, net.london(t), 'phone', 'b0000000-0000-7000-8000-000000000001')
$$;
-- What a day asks: "2026-10-11 Within 7 days before ...", for amira.
CREATE FUNCTION net.due(d date, who text DEFAULT 'amira') RETURNS text LANGUAGE sql AS $$
    SELECT net.called(who, format('(SELECT string_agg(s.due_on || '' '' || s.given_to || '' '' || s.sentence, ''; '') FROM support_due_on(%L) AS s)', d)) #>> '{}'
$$;
CREATE FUNCTION net.next(d date, given support_to DEFAULT 'client') RETURNS date LANGUAGE sql AS $$
    SELECT (net.called('amira', format('(SELECT to_jsonb(n) FROM job j, support_next(j, %L, %L) AS n WHERE j.id = ''10000000-0000-7000-8000-000000000001'')', given, d)) ->> 'due_on')::date
$$;

-- The rules are rows.
SELECT results_eq('SELECT phase::text, days FROM support_rule ORDER BY support_rule.phase', $$VALUES ('before_start', 7), ('after_start', 3), ('first_month', 7), ('onward', 31), ('after_loss', 3)$$, 'fidelity item 23');
SELECT matches(tried('lena', 'UPDATE support_rule SET days = 1'), '^42501 ', 'nobody who calls changes a rule');
SELECT is(rows_of('nobody', 'SELECT FROM support_rule'), 0::bigint, 'nobody reads one');
SELECT throws_ok($$INSERT INTO support_rule VALUES ('onward', '2015-01-01', 20, 'twice')$$, '23505', NULL, 'a rule of the same part and day');
INSERT INTO support_rule VALUES ('onward', '2027-06-01', 14, 'a rule to come');
SELECT is((support_rule_on('onward', '2027-05-31')).days, 31, 'a rule holds from its day');
SELECT is((support_rule_on('onward', '2027-06-01')).days, 14, 'and then it does');

-- Before the start.
SELECT is(net.due('2026-10-04'), NULL, 'more than a week before: nothing yet');
SELECT is(net.next('2026-10-04'), '2026-10-11', 'though the next one is known');
SELECT is(net.due('2026-10-05'), '2026-10-11 client Within 7 days before the job starts on Monday 12 October', 'a week before the start');
SELECT is(net.due('2026-10-11'), '2026-10-11 client Within 7 days before the job starts tomorrow', 'until the day before');
SELECT net.spoke('2026-10-04 23:59');
SELECT is(net.next('2026-10-05'), '2026-10-11', 'a contact before that week is none of it');
SELECT net.spoke('2026-10-05 00:00');
SELECT is(net.due('2026-10-05'), NULL, 'one within it is');
SELECT is(net.next('2026-10-05'), '2026-10-15', 'and the next is that after the start');

-- After the start.
SELECT is(net.due('2026-10-12'), '2026-10-15 client Within 3 days after the start today', 'from the first day');
SELECT is(net.due('2026-10-20'), '2026-10-15 client Within 3 days after the start on Monday 12 October', 'late, until it is done');
SELECT net.spoke('2026-10-14 12:00');
SELECT is(net.due('2026-10-14'), NULL, 'it is done');

-- Weekly in the first month, across the end of summer time on 25 October.
SELECT is(net.next('2026-10-14'), '2026-10-21', 'a week after');
SELECT is(net.due('2026-10-20'), NULL, 'not before');
SELECT is(net.due('2026-10-21'), '2026-10-21 client Weekly in the first month: last contact 7 days ago', 'weekly');
SELECT is(net.due('2026-10-23'), '2026-10-21 client Weekly in the first month: last contact 9 days ago', 'overdue, and why');
SELECT net.spoke('2026-10-24 23:30');
SELECT is(net.next('2026-10-24'), '2026-10-31', 'late on the evening before the clocks go back: that day');
SELECT net.spoke('2026-10-25 00:30');
SELECT is(net.next('2026-10-25'), '2026-11-01', 'half past midnight, in summer time still: the next');
SELECT is(net.due('2026-11-01'), '2026-11-01 client Weekly in the first month: last contact 7 days ago', 'seven days of 24 hours and one of 25 are a week');
SELECT net.spoke('2026-10-25 23:30');
SELECT is(net.next('2026-10-26'), '2026-11-01', 'half past eleven, in winter time: the same day');
SELECT net.spoke('2026-11-05 10:00');

-- Monthly after it, without an end date.
SELECT is(first_month_ends('2027-01-31'), '2027-02-28', 'a first month that is short');
SELECT is(net.next('2026-11-05'), '2026-12-06', 'the next week would be past the first month');
SELECT is(net.due('2026-12-16'), '2026-12-06 client Monthly after the first month: last contact 41 days ago', 'monthly');
SELECT net.spoke('2027-03-27 23:30');
SELECT is(net.next('2027-03-28'), '2027-04-27', 'the evening before the clocks go forward: that day');
SELECT net.spoke('2027-03-28 23:30');
SELECT is(net.next('2027-03-29'), '2027-04-28', 'the evening after: the next');
SELECT is(net.due('2029-05-01'), '2027-04-11 client Every 14 days after the first month: last contact 765 days ago', 'without an end date, by the rule of the day that asks');

-- Whose it is.
SELECT is(net.due('2029-05-01', 'lena'), NULL, 'a colleague is not asked');
SELECT is(rows_of('lena', 'SELECT FROM support_due_of(NULL, ''2029-05-01'', 0)'), 1::bigint, 'the team''s list has it');
SELECT is(rows_of('bola', 'SELECT FROM support_due_of(NULL, ''2029-05-01'', 0)') + rows_of('sam', 'SELECT FROM support_due_of(NULL, ''2029-05-01'', 0)') + rows_of('nobody', 'SELECT FROM support_due_of(NULL, ''2029-05-01'', 0)'), 0::bigint, 'no other team''s');
UPDATE client SET specialist_id = 'b0000000-0000-7000-8000-000000000002' WHERE ref = 'LB-014';
SELECT isnt(net.due('2029-05-01', 'lena'), NULL, 'support follows the client to a colleague');
UPDATE client SET specialist_id = 'b0000000-0000-7000-8000-000000000001', status = 'paused', paused_until = '2029-06-01' WHERE ref = 'LB-014';
SELECT isnt(net.due('2029-05-01'), NULL, 'a paused client''s goes on');
UPDATE client SET status = 'active', paused_until = NULL WHERE ref = 'LB-014';

-- The employer, where the client agreed.
DELETE FROM support;
INSERT INTO disclosure (team_id, client_id, employer_id, level, agreed_on, recorded_by, recorded_by_name)
    VALUES ('a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001', :employer, 'nothing', '2026-10-01', 'b0000000-0000-7000-8000-000000000001', 'net');
SELECT is(net.due('2026-10-12'), '2026-10-15 client Within 3 days after the start today', 'nothing is agreed: the client alone');
UPDATE disclosure SET ended_at = now();
INSERT INTO disclosure (team_id, client_id, employer_id, level, agreed_on, recorded_by, recorded_by_name)
    VALUES ('a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001', :employer, 'may_call', '2026-10-02', 'b0000000-0000-7000-8000-000000000001', 'net');
SELECT is(net.due('2026-10-12'), '2026-10-15 client Within 3 days after the start today; 2026-10-15 employer Within 3 days after the start today', 'who may be called is supported, too');
SELECT net.spoke('2026-10-12 09:00', 'employer', :job);
SELECT is(net.next('2026-10-13', 'employer'), '2026-10-19', 'each by their own contacts');
SELECT is(net.next('2026-10-13'), '2026-10-15', 'the client''s stays');
UPDATE employer SET blocked_on = '2026-10-13' WHERE id = :employer;
SELECT is(net.due('2026-10-19'), '2026-10-15 client Within 3 days after the start on Monday 12 October', 'an employer who asked to be left alone is');
UPDATE employer SET blocked_on = NULL WHERE id = :employer;

-- After a loss.
UPDATE job SET ends_on = '2026-10-23', end_reason = 'dismissed' WHERE id = :job;
SELECT is(net.due('2026-10-23'), '2026-10-26 client Within 3 days after the job ended today', 'a job that was lost, over the change of the clocks');
SELECT is(net.due('2026-10-30'), '2026-10-26 client Within 3 days after the job ended on Friday 23 October', 'late');
SELECT is(net.due('2026-11-22'), '2026-10-26 client Within 3 days after the job ended on Friday 23 October', 'for a month');
SELECT is(net.due('2026-11-23'), NULL, 'then it is the new search''s');
SELECT net.spoke('2026-10-25 01:30');
SELECT is(net.due('2026-10-26'), NULL, 'once');
UPDATE job SET ends_on = '2026-10-26' WHERE id = :job;
UPDATE client SET status = 'discharged', discharged_at = now(), discharge_reason = 'in_work', initials = NULL, home_postcode = NULL, home_easting = NULL, home_northing = NULL, age_band = NULL WHERE ref = 'LB-014';
SELECT is(net.due('2026-10-27'), NULL, 'nobody is asked for somebody who was discharged');
UPDATE client SET status = 'active', discharged_at = NULL, discharge_reason = NULL WHERE ref = 'LB-014';

-- Recording.
DELETE FROM support;
UPDATE job SET starts_on = london_today() - 10, ends_on = NULL, end_reason = NULL WHERE id = :job;
CREATE FUNCTION net.support(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('add_support(%L)', jsonb_build_object('support', '{"client_ref": "LB-014", "given_to": "client"}'::jsonb || differs))
$$;
INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
    VALUES ('10000000-0000-7000-8000-000000000009', 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000002', 'b0000000-0000-7000-8000-000000000002', :employer, 'Clerk', '8214', london_today() - 9, 'net');
SELECT matches(refused('amira', net.support('{"client_ref": ""}')), '^CV003 support.client_id: Say which client', 'support is a client''s');
SELECT is(refused('bola', net.support('{}')), 'CV005 support.client_ref: Your team has no such client.', 'of the own team');
SELECT is(refused('amira', net.support('{"given_to": null}')), 'CV003 support.given_to: Say who was supported: the client or the employer.', 'given to somebody');
SELECT is(refused('amira', net.support(jsonb_build_object('at', now() + interval '1 day'))), 'CV003 support.at: This lies in the future: record support when it has been given.', 'support in the future');
SELECT matches(refused('amira', net.support(jsonb_build_object('at', now() - interval '401 days'))), '^CV003 support.at: .* is more than 400 days ago', 'or long ago');
SELECT matches(refused('amira', net.support(jsonb_build_object('about', repeat('x', 1001)))), '^23514 support.about: Keep it to 1,000 characters', 'a text of 1,001 characters');
SELECT is(refused('amira', net.support('{"job_id": "10000000-0000-7000-8000-000000000009"}')), 'CV003 support.job_id: This job is another client''s, not that of LB-014.', 'another client''s job');
SELECT is(refused('bola', net.support('{"client_ref": "LS-201", "job_id": "10000000-0000-7000-8000-000000000009"}')), 'CV005 support.job_id: Your team has no such job.', 'another team''s');
SELECT is(refused('bola', net.support('{"client_ref": "LS-201", "given_to": "employer"}')), '23514 support.job_id: Say for which job or trial the employer was supported.', 'an employer is supported in a job');
SELECT is((called('amira', net.support('{"id": "30000000-0000-7000-8000-000000000001", "mode": "phone", "about": "how the first week went"}')) -> 'support') - '{at,recorded_at}'::text[],
    '{"id": "30000000-0000-7000-8000-000000000001", "client_id": "c0000000-0000-7000-8000-000000000001", "client_ref": "LB-014", "job_id": "10000000-0000-7000-8000-000000000001",
      "title": "Van driver", "employer_id": "e0000000-0000-7000-8000-000000000001", "employer": "Stockwell Tool Hire", "given_to": "client", "mode": "phone", "about": "how the first week went",
      "specialist_id": "b0000000-0000-7000-8000-000000000001", "specialist": "Amira Shah"}'::jsonb, 'in the only job that the client holds');
SELECT is((called('amira', net.support('{}')) -> 'next') - '{client_id,job_id,specialist_id,employer_id}'::text[], jsonb_build_object('title', 'Van driver', 'client_ref', 'LB-014', 'specialist', 'Amira Shah', 'employer', 'Stockwell Tool Hire',
    'given_to', 'client', 'due_on', london_today() + 7, 'sentence', 'Weekly in the first month: last contact today', 'overdue', false), 'and when next');
SELECT is(called('amira', net.support('{"about": "well, in spite of the treatment"}')) -> 'warnings', '["\"treatment\" can tell that somebody is in treatment; say it in neutral words."]'::jsonb, 'a telling word is kept, and warned of');
SELECT is(called('amira', net.support('{"given_to": "employer"}')) #>> '{support,employer}', 'Stockwell Tool Hire', 'an employer who may be called');
UPDATE disclosure SET ended_at = now(), withdrawn = true WHERE ended_at IS NULL;
SELECT is(refused('amira', net.support('{"given_to": "employer"}')), 'CV009 support.given_to: LB-014 has not agreed that you may call Stockwell Tool Hire. Ask LB-014 first and note what they agree to; until then support goes to the client alone.', 'one who may not');
INSERT INTO disclosure (team_id, client_id, employer_id, level, agreed_on, recorded_by, recorded_by_name)
    VALUES ('a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001', :employer, 'may_call', '2026-10-02', 'b0000000-0000-7000-8000-000000000001', 'net');
SELECT called('amira', format('block_employer(''{"employer_id": "%s", "reason": "asked"}'')', :employer)) IS NOT NULL AS x \gset
SELECT matches(called('amira', net.support('{"given_to": "employer"}')) #>> '{warnings,0}', 'asked on .* not to be contacted by anybody: asked', 'one who asked to be left alone: recorded, and said');
SELECT called('amira', $$discharge_client('{"client_id": "c0000000-0000-7000-8000-000000000001", "reason": "moved"}')$$) IS NOT NULL AS x \gset
SELECT matches(refused('amira', net.support('{}')), '^CV009 support.client_id: LB-014 was discharged at .*; support ended then', 'after a discharge');
SELECT is(refused('amira', net.support(jsonb_build_object('at', now() - interval '1 day'))), NULL, 'what was before may come in late');
SELECT is(rows_of('bola', 'SELECT FROM support') + rows_of('sam', 'SELECT FROM support') + rows_of('audit', 'SELECT FROM support'), 0::bigint, 'no other team reads it');
SELECT matches(tried('lena', 'UPDATE support SET about = NULL'), '^42501 ', 'what was recorded stays');

-- Due, as the list has it; taking back; what a person may ask for.
SELECT is(refused('lena', '(SELECT count(*) FROM list_support_due(true, 61))'), 'CV003 ahead_days: Look 0 to 60 days ahead.', 'not further than 60 days');
SELECT is(called('lena', '(SELECT jsonb_agg(d ->> ''client_ref'') FROM list_support_due(false, 0) AS d)'), '["LB-015"]'::jsonb, 'the own caseload');
SELECT is(called('amira', '(SELECT jsonb_agg(d ->> ''overdue'') FROM list_support_due(true, 0) AS d)'), '["true"]'::jsonb, 'the team''s');
SELECT net.keep('before');
SELECT net.request(1);
SELECT is(called('lena', net.support('{"client_ref": "LB-015", "about": "the rota"}')) #>> '{support,about}', 'the rota', 'another contact');
SELECT is(net.undo('lena', 1), 'Lena Ofori recorded support', 'is taken back');
SELECT is(net.since('before'), NULL, 'whole');
SELECT called('lena', net.support('{"client_ref": "LB-015", "about": "the rota"}')) IS NOT NULL AS x \gset
SELECT is(((called('lena', 'export_person(''{"ref": "LB-015"}'')') ->> 'json')::jsonb #>> '{support,0,about}'), 'the rota', 'a person may ask to read it');
SELECT called('lena', 'erase_person(''{"ref": "LB-015"}'')') IS NOT NULL AS x \gset
SELECT is((SELECT array_agg(about) FROM support WHERE client_id = 'c0000000-0000-7000-8000-000000000002'), '{NULL}'::text[], 'erased, it is a count');

SELECT * FROM finish();
ROLLBACK;
