-- The log of visits: its fields and defaults, corrections, what recording does to the
-- relationship and the diary, who sees what.
BEGIN;
\ir support/network.sql
SELECT plan(95);

-- now() stands still in a transaction: each visit takes place a second after the one before.
CREATE SEQUENCE net.tick;
CREATE FUNCTION net.record(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('record_visit(%L)', jsonb_build_object('visit', jsonb_build_object(
        'employer_id', 'e0000000-0000-7000-8000-000000000001', 'client_ref', 'LB-014',
        'at', now() - interval '300 seconds' + nextval('net.tick') * interval '1 second') || differs))
$$;
CREATE FUNCTION net.correct(id text, differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('correct_visit(%L)', jsonb_build_object('visit',
        jsonb_build_object('replaces_id', id, 'client_ref', 'LB-014') || differs))
$$;
CREATE FUNCTION net.plan(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('plan_visit(%L)', jsonb_build_object('plan',
        '{"employer_id": "e0000000-0000-7000-8000-000000000001", "client_ref": "LB-014"}'::jsonb || differs))
$$;
CREATE FUNCTION net.link(borough text DEFAULT 'E09000022') RETURNS relationship LANGUAGE sql AS $$
    SELECT * FROM relationship WHERE employer_id = 'e0000000-0000-7000-8000-000000000001' AND borough_id = borough
$$;
CREATE FUNCTION net.visit_id(n integer) RETURNS text LANGUAGE sql AS
    $$ SELECT '0f000000-0000-7000-8000-00000000000' || n $$;

-- What must be said, and what need not be.
SELECT matches(refused('amira', net.record('{"client_ref": ""}')), '^CV003 visit.client_id: Name the client in mind, or say', 'a visit names a client or says that it is generic (DOMAIN.md section 7, client in mind)');
SELECT matches(refused('amira', net.record('{"generic": true}')), '^CV003 visit.generic: ', 'not both');
SELECT is(refused('amira', net.record('{"client_ref": "", "client_id": "c0000000-0000-7000-8000-000000000003"}')), 'CV005 visit.client_id: Your team has no such client.', 'a client of another team');
SELECT is(refused('amira', net.record('{"client_ref": "", "client_id": "c0000000-0000-7000-8000-0000000000ff"}')), 'CV005 visit.client_id: Your team has no such client.', 'is as one that does not exist');
SELECT is(refused('amira', net.record('{"client_ref": "LS-201"}')), 'CV005 visit.client_ref: Your team has no such client.', 'by reference, too');
SELECT matches(refused('amira', net.record('{"employer_id": "e0000000-0000-7000-8000-00000000000f"}')), '^CV005 visit.employer_id: ', 'an unknown employer');
SELECT matches(refused('amira', net.record('{"employer_id": ""}')), '^CV003 visit.employer_id: Say which one', 'no employer');
SELECT is(refused('amira', net.record('{"site_id": "50000000-0000-7000-8000-000000000002"}')), 'CV003 visit.site_id: This employer has no such site.', 'a site of another employer');
SELECT matches(refused('amira', net.record(jsonb_build_object('at', now() + interval '1 hour'))), '^CV003 visit.at: This lies in the future', 'a visit in the future');
SELECT matches(refused('amira', net.record(jsonb_build_object('at', now() - interval '401 days'))), '^CV003 visit.at: ', 'a visit more than 400 days ago');
SELECT matches(refused('amira', net.record('{"cup": 4}')), '^23514 visit.cup: ', 'three cups of tea');
SELECT matches(refused('amira', net.record('{"role_soc": "8999"}')), '^CV003 visit.role_soc: ', 'an unknown role');
SELECT matches(refused('amira', net.record(jsonb_build_object('learned', repeat('x', 2001)))), '^23514 visit.learned: ', 'a note of 2,001 characters');
SELECT matches(refused('amira', net.record('{"learned": "asked whether lb-014 could lift"}')), '^CV003 visit.learned: Leave LB-014 out', 'a note that names a client');
SELECT is(refused('amira', net.record('{"id": "0f000000-0000-7000-8000-0000000000aa", "learned": "order LB-0145 of parts"}')), NULL, 'a note with something alike');
SELECT matches(refused('amira', net.record('{"next_step": "ring about LB-015"}')), '^CV003 visit.next_step: Leave LB-015 out', 'or another client of the team');
SELECT matches(refused('amira', net.record(jsonb_build_object('next_touch_at', now() - interval '2 days'))), '^CV003 visit.next_touch_at: ', 'a follow-up before the visit');
SELECT matches(refused('amira', net.record('{"specialist_id": "b0000000-0000-7000-8000-000000000002"}')), '^CV003 visit.specialist_id: ', 'somebody else''s visit');
SELECT matches(refused('amira', net.record('{"replaces_id": "0f000000-0000-7000-8000-0000000000aa"}')), '^CV003 visit.replaces_id: ', 'a correction is no recording');

-- Recording: defaults, the relationship, the answer.
SELECT is(called('amira', format('record_visit(%L) -> ''visit''', jsonb_build_object('visit', jsonb_build_object(
        'id', net.visit_id(1), 'employer_id', 'e0000000-0000-7000-8000-000000000001', 'client_id', 'c0000000-0000-7000-8000-000000000001',
        'at', now() - interval '300 seconds' + nextval('net.tick') * interval '1 second', 'met', 'the manager', 'stance', 'ambivalent', 'learned', 'short of drivers mornings', 'role_soc', '8214',
        'next_touch_at', now() + interval '7 days', 'next_step', 'bring a CV')))) - 'at' - 'recorded_at' - 'next_touch_at',
    '{"id": "0f000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "employer": "Stockwell Tool Hire",
      "site_id": "50000000-0000-7000-8000-000000000001", "site": "1 Clapham Road", "mode": "in_person", "cup": 2,
      "met": "the manager", "client_id": "c0000000-0000-7000-8000-000000000001", "client_ref": "LB-014", "generic": false,
      "role_soc": "8214", "role_title": "Delivery drivers and couriers", "learned": "short of drivers mornings",
      "stance": "ambivalent", "next_step": "bring a CV", "thanked": false, "specialist_id": "b0000000-0000-7000-8000-000000000001",
      "specialist": "Amira Shah", "borough": "Lambeth"}'::jsonb,
    'in person, the only site, one cup more than the borough had');
SELECT is((net.link()).stance, 'ambivalent', 'the relationship takes the stance');
SELECT is((net.link()).lead_id, 'b0000000-0000-7000-8000-000000000001', 'the first recorder is its lead');
SELECT is((net.link()).last_visit_at, (SELECT at FROM visit WHERE id = net.visit_id(1)::uuid), 'and its last visit');
SELECT is((net.link()).next_touch_at, now() + interval '7 days', 'a follow-up date becomes the next touch');
SELECT is((net.link()).next_step, 'bring a CV', 'with its step');
SELECT matches(refused('amira', net.record(jsonb_build_object('id', net.visit_id(1)))), '^23505 visit.id: There is a visit with this id already', 'an id chosen offline is taken once');
SELECT matches(called('amira', net.record('{"stance": "ambivalent"}')) ->> 'suggestion',
    '^Suggest a Jobcentre Plus work trial, agreed with Jobcentre Plus before it is offered: at most 30 days, 5 where the job lasts under 26 weeks, for a job of at least 16 hours a week and 13 weeks\. For any other job, a private trial without pay of at most 1 day\.$',
    'ambivalence to trial: the lawful kind and its limit (DOMAIN.md sections 2 and 7)');
SELECT is((net.link()).next_touch_at, NULL, 'recording again ticks the next touch off');
SELECT is(called('amira', net.record('{"stance": "warm"}')) ->> 'suggestion', NULL, 'nothing is suggested to a warm employer');
SELECT is((net.link()).stance, 'warm', 'the newest stance stands');
INSERT INTO opening (employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, expected_weeks, created_by_name, updated_by_name)
    VALUES ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'Yard hand', '9252', 300, 300, 20, 'net', 'net');
SELECT matches(called('amira', net.record('{"stance": "ambivalent"}')) ->> 'suggestion', 'at most 5 days for "Yard hand"\.$', 'for a job of under 6 months: 5 days');
UPDATE opening SET expected_weeks = 0;
SELECT matches(called('amira', net.record('{"stance": "ambivalent"}')) ->> 'suggestion', 'at most 30 days for "Yard hand"\.$', 'for a job without end: 30 days');
UPDATE opening SET hours_min_tenths = 120, hours_max_tenths = 120;
SELECT matches(called('amira', net.record('{"stance": "ambivalent"}')) ->> 'suggestion', '^Suggest a private trial without pay; .*: at most 1 day for "Yard hand", which has not the 16 hours', 'under 16 hours a week: a private trial of one day');

-- A visit that arrives late changes neither stance nor next touch of a newer one, but fills a gap.
SELECT called('amira', net.record(jsonb_build_object('id', net.visit_id(2), 'stance', 'warm', 'next_touch_at', now() + interval '3 days'))) IS NOT NULL AS x \gset
SELECT called('amira', net.record(jsonb_build_object('id', net.visit_id(3), 'stance', 'cold', 'at', now() - interval '3 days', 'next_touch_at', now() - interval '1 day'))) IS NOT NULL AS x \gset
SELECT is((net.link()).stance, 'warm', 'a late older visit leaves the stance');
SELECT is((net.link()).next_touch_at, now() + interval '3 days', 'and the next touch');
SELECT is((net.link()).last_visit_at, (SELECT at FROM visit WHERE id = net.visit_id(2)::uuid), 'and the last visit');
SELECT is((SELECT cup FROM visit WHERE id = net.visit_id(3)::uuid), 1, 'its cup is counted at its own time');

-- Who else was there.
SELECT is(called('sam', format('record_visit(%L) -> ''others'' -> 0', jsonb_build_object('visit', '{"employer_id": "e0000000-0000-7000-8000-000000000001", "generic": true, "id": "0f000000-0000-7000-8000-0000000000bb"}'::jsonb))) - 'at',
    '{"by": "Amira Shah", "borough": "Lambeth", "mode": "in_person", "stance": "warm", "for_client": true, "sentence": "Amira Shah (Lambeth) visited for a client"}'::jsonb, 'the door-knock guard says who was there (DOMAIN.md section 7)');
SELECT is(jsonb_array_length(called('sam', 'others_lately(''e0000000-0000-7000-8000-000000000001'')')), 5, 'the newest five of them');
SELECT is(called('amira', 'others_lately(''e0000000-0000-7000-8000-000000000001'')') #>> '{0,by}', 'Sam Reid', 'not oneself');
SELECT is(jsonb_array_length(called('amira', 'others_lately(''e0000000-0000-7000-8000-000000000001'')')), 1, 'nor one''s own earlier visits');
SELECT is(called('adam', 'others_lately(''e0000000-0000-7000-8000-000000000001'')'), '[]', 'nothing to an administrator');
INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
    VALUES ('E09000028', 'a0000000-0000-7000-8000-000000000003', 'e0000000-0000-7000-8000-000000000002', now() - interval '29 days', 'phone', 1, true, 'b0000000-0000-7000-8000-000000000004', 'b0000000-0000-7000-8000-000000000004');
SELECT is(called('amira', 'others_lately(''e0000000-0000-7000-8000-000000000002'')'), '[]', 'of the last 28 days');
SELECT is((net.link('E09000028')).lead_id, 'b0000000-0000-7000-8000-000000000004', 'each borough has its own relationship');

-- Append-only, for everybody.
SELECT throws_ok('UPDATE visit SET stance = ''warm''', 'CV009', NULL, 'not even the superuser changes a visit');
SELECT throws_ok('DELETE FROM visit', 'CV009', NULL, 'or deletes one');
SELECT throws_ok('TRUNCATE visit CASCADE', 'CV009', NULL, 'or all');
SELECT throws_ok('DELETE FROM visit_client', 'CV009', NULL, 'or whom it was for');
SELECT is((SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'canvass_app' AND table_name IN ('visit', 'visit_client') AND privilege_type NOT IN ('SELECT', 'INSERT')), 0::bigint, 'the application may add and read');
SELECT matches(tried('amira', $$INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
        VALUES ('E09000022', team(), 'e0000000-0000-7000-8000-000000000001', now(), 'phone', 1, false, actor(), actor())$$), '^CV003 visit.client_id: ', 'no way around the functions');
SELECT matches(tried('amira', $$INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
        VALUES ('E09000028', team(), 'e0000000-0000-7000-8000-000000000001', now(), 'phone', 1, true, actor(), actor())$$), '^42501 ', 'nor into another borough''s log');
SELECT throws_ok($$INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
        VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', now(), 'phone', 1, false, 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001');
        SET CONSTRAINTS ALL IMMEDIATE$$, 'CV003', NULL, 'a visit that is neither generic nor for a client does not commit');
SET CONSTRAINTS canvass.visit_in_mind, canvass.change_forget DEFERRED;

-- Corrections.
SELECT matches(refused('sam', net.correct(net.visit_id(2), '{"client_ref": "SK-301"}')), '^CV005 visit.replaces_id: Your borough has no such visit', 'another borough''s visit');
SELECT is(refused('bola', net.correct(net.visit_id(2), '{"client_ref": "LS-201"}')), 'CV007 visit.replaces_id: Only Amira Shah or a lead of the same team can put this visit right.', 'another team''s visit');
SELECT is(called('lena', net.correct(net.visit_id(2), jsonb_build_object('id', net.visit_id(4), 'stance', 'declined', 'client_ref', 'LB-015'))) - 'recorded_at' - 'at',
    '{"id": "0f000000-0000-7000-8000-000000000004", "employer_id": "e0000000-0000-7000-8000-000000000001", "employer": "Stockwell Tool Hire",
      "site_id": "50000000-0000-7000-8000-000000000001", "site": "1 Clapham Road", "mode": "in_person", "cup": 3,
      "client_id": "c0000000-0000-7000-8000-000000000002", "client_ref": "LB-015", "generic": false, "stance": "declined", "thanked": false,
      "specialist_id": "b0000000-0000-7000-8000-000000000001", "specialist": "Amira Shah", "borough": "Lambeth",
      "replaces_id": "0f000000-0000-7000-8000-000000000002"}'::jsonb, 'a lead puts it right; it stays its specialist''s');
SELECT is((SELECT recorded_by FROM visit WHERE id = net.visit_id(4)::uuid), 'b0000000-0000-7000-8000-000000000002', 'who put it right is kept');
SELECT is((SELECT count(*) FROM standing_visit WHERE id = net.visit_id(2)::uuid), 0::bigint, 'the old one no longer stands');
SELECT is((SELECT stance::text FROM visit WHERE id = net.visit_id(2)::uuid), 'warm', 'but stays in the log as it was');
SELECT is((net.link()).stance, 'declined', 'the relationship follows the correction');
SELECT matches(refused('amira', net.correct(net.visit_id(2), '{}')), '^CV009 visit.replaces_id: This visit was put right already', 'a replaced visit is not replaced again');
SELECT throws_ok($$INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by, replaces_id)
        VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', now(), 'phone', 1, true, 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001', '0f000000-0000-7000-8000-000000000002')$$,
    '23505', NULL, 'nor by two at once');
SELECT is(called('amira', net.correct(net.visit_id(4), jsonb_build_object('id', net.visit_id(5), 'employer_id', 'e0000000-0000-7000-8000-000000000002', 'stance', 'cold'))) ->> 'employer', 'Peckham Bakery', 'it was another employer');
SELECT is((net.link()).stance, 'ambivalent', 'the wrong one''s relationship is as if it had not been');

-- The diary.
SELECT matches(refused('amira', net.plan('{}')), '^CV003 plan.at: Say when', 'a plan has a time');
SELECT matches(refused('amira', net.plan(jsonb_build_object('at', now() - interval '1 hour'))), '^CV003 plan.at: This has passed', 'not in the past');
SELECT matches(refused('amira', net.plan(jsonb_build_object('at', now() + interval '401 days'))), '^CV003 plan.at: ', 'at most 400 days ahead');
SELECT is(refused('amira', net.plan(jsonb_build_object('id', '0d000000-0000-7000-8000-000000000001', 'at', london_midnight(london_today())))), NULL, 'the whole of today is no past');
SELECT is(called('amira', net.plan(jsonb_build_object('id', '0d000000-0000-7000-8000-000000000002', 'at', now() + interval '2 days', 'purpose', 'second cup'))) #>> '{plan,client_ref}', 'LB-014', 'a plan names its client to the team');
SELECT is(called('amira', net.plan(jsonb_build_object('id', '0d000000-0000-7000-8000-000000000003', 'at', now() + interval '2 days', 'client_ref', ''))) #>> '{others,0,by}', 'Sam Reid', 'planning says who was there, so that nobody knocks twice');
SELECT is(called('bola', '(SELECT plan_json(p) FROM plan p WHERE id = ''0d000000-0000-7000-8000-000000000002'')') ->> 'client_ref', NULL, 'another team of the borough sees the plan, not its client');
SELECT is(rows_of('sam', 'SELECT FROM plan'), 0::bigint, 'another borough sees no plan');
SELECT matches(refused('bola', $$cancel_plan('{"plan_id": "0d000000-0000-7000-8000-000000000002"}')$$), '^CV007 plan_id: Only Amira Shah', 'another team does not cancel it');
SELECT matches(refused('sam', $$cancel_plan('{"plan_id": "0d000000-0000-7000-8000-000000000002"}')$$), '^CV005 plan_id: ', 'to another borough it does not exist');
SELECT is(called('lena', $$cancel_plan('{"plan_id": "0d000000-0000-7000-8000-000000000002"}')$$) ->> 'purpose', 'second cup', 'a lead may cancel');
SELECT matches(refused('amira', $$cancel_plan('{"plan_id": "0d000000-0000-7000-8000-000000000002"}')$$), '^CV009 plan_id: This was cancelled already', 'once');
SELECT called('amira', net.record(jsonb_build_object('id', net.visit_id(6)) || '{"at": null}')) IS NOT NULL AS x \gset
SELECT is((SELECT at FROM visit WHERE id = net.visit_id(6)::uuid), now(), 'a visit without a time is one of now');
SELECT is((SELECT visit_id FROM plan WHERE id = '0d000000-0000-7000-8000-000000000001'), net.visit_id(6)::uuid, 'recording ticks off the plan of that day');
SELECT is((SELECT visit_id FROM plan WHERE id = '0d000000-0000-7000-8000-000000000003'), NULL, 'not that of another day');
SELECT matches(refused('amira', $$cancel_plan('{"plan_id": "0d000000-0000-7000-8000-000000000001"}')$$), '^CV009 plan_id: This visit took place', 'what took place is not cancelled');

-- Days are London's: late on the evening before a clock goes on or back, half an hour is another day.
SELECT is(london_day('2026-03-28 23:30Z'), '2026-03-28', 'the night of 28 March 2026 is still winter time');
SELECT is(london_day('2026-03-29 23:30Z'), '2026-03-30', 'the evening of 29 March 2026 is summer time already');
SELECT is(london_midnight('2026-03-30') - london_midnight('2026-03-29'), interval '23 hours', '29 March 2026 has 23 hours');
SELECT is(london_midnight('2026-10-26') - london_midnight('2026-10-25'), interval '25 hours', '25 October 2026 has 25 hours');
SELECT ok(is_whole_day('2026-03-29 00:00Z') AND is_whole_day('2026-03-29 23:00Z') AND is_whole_day('2026-10-24 23:00Z') AND is_whole_day('2026-10-26 00:00Z'), 'whole days around both changes');
SELECT ok(NOT is_whole_day('2026-10-25 00:00Z') AND NOT is_whole_day('2026-03-30 00:00Z'), 'and 01:00 summer time is none');

-- Paused and discharged clients.
UPDATE client SET status = 'paused', paused_until = london_today() + 10 WHERE ref = 'LB-014';
SELECT is(refused('amira', net.plan(jsonb_build_object('at', now() + interval '2 days'))),
    'CV009 plan.client_id: LB-014 is paused until ' || said_date(london_today() + 10) || ': no outreach before that. Resume first, or plan for a later day.', 'a pause freezes outreach (DOMAIN.md section 7)');
SELECT is(refused('amira', net.plan(jsonb_build_object('id', '0d000000-0000-7000-8000-000000000004', 'at', now() + interval '12 days'))), NULL, 'until the day to ask again');
SELECT is(refused('amira', net.record('{}')), NULL, 'a visit that took place is recorded all the same');
SELECT called('amira', 'discharge_client(''{"client_id": "c0000000-0000-7000-8000-000000000001", "reason": "moved"}'')') IS NOT NULL AS x \gset
SELECT is((SELECT count(*) FROM plan_client l JOIN plan p ON p.id = l.plan_id WHERE p.visit_id IS NULL AND p.cancelled_at IS NULL), 0::bigint, 'plans ahead forget a discharged client');
SELECT matches(refused('amira', net.record(jsonb_build_object('at', now()))), '^CV009 visit.client_id: LB-014 was discharged at', 'a new visit cannot name a discharged client');
SELECT is(refused('amira', net.record(jsonb_build_object('at', now() - interval '1 hour'))), NULL, 'a late one from before the discharge can');
SELECT matches(refused('amira', net.plan(jsonb_build_object('at', now() + interval '2 days'))), '^CV009 plan.client_id: LB-014 was discharged', 'nor a plan');
SELECT is(refused('amira', net.correct(net.visit_id(6), '{"stance": "warm"}')), NULL, 'a visit that named the client already can be put right');

-- A person who objected must not be contacted, in any borough (DOMAIN.md section 5).
INSERT INTO contact (id, employer_id, borough_id, name, source, basis, objected_on, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'met', 'consent', london_today() - 5, 'net');
SELECT matches(refused('amira', net.record('{"client_ref": "LB-015", "contact_id": "0c000000-0000-7000-8000-000000000001"}')), '^CV009 visit.contact_id: This person objected', 'a contact who objected');
SELECT matches(refused('sam', net.record('{"client_ref": "SK-301", "contact_id": "0c000000-0000-7000-8000-000000000001"}')), '^CV003 visit.contact_id: Your borough has no such contact', 'a contact of another borough');

SELECT * FROM finish();
ROLLBACK;
