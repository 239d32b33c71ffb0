-- Reports: every figure of a small world, worked out by hand; who reads which; what is hidden and that it
-- cannot be reckoned back; what a period costs.
BEGIN;
\ir support/network.sql
SELECT plan(102);

-- The world: the third quarter of 2025, whose Mondays are 7, 14, 21, 28 July, 4, 11, 18, 25 August, 1, 8, 15
-- and 22 September. Amira supports LB-014 (from 7 July), LB-016 (from 2 June) and LB-017 (from 2 July until
-- 16 September, left in work); Lena, who leads, LB-015 (from 4 August).
UPDATE client SET entered_on = '2025-07-07' WHERE ref = 'LB-014';
UPDATE client SET entered_on = '2025-08-04' WHERE ref = 'LB-015';
INSERT INTO client (id, team_id, ref, specialist_id, entered_on, updated_by_name) VALUES
    ('c0000000-0000-7000-8000-000000000006', 'a0000000-0000-7000-8000-000000000001', 'LB-016', 'b0000000-0000-7000-8000-000000000001', '2025-06-02', 'net'),
    ('c0000000-0000-7000-8000-000000000007', 'a0000000-0000-7000-8000-000000000001', 'LB-017', 'b0000000-0000-7000-8000-000000000001', '2025-07-02', 'net');
INSERT INTO occupation (code, title, words) VALUES ('92', 'Elementary services', 'elementary'), ('9252', 'Yard hands', 'yard'),
    ('8214', 'Drivers', 'drivers') ON CONFLICT DO NOTHING;
-- Wishes: LB-014 drivers; LB-016 anything of group 92; LB-017 nothing noted.
INSERT INTO client_occupation (client_id, position, soc, weight) VALUES
    ('c0000000-0000-7000-8000-000000000001', 0, '8214', 5), ('c0000000-0000-7000-8000-000000000006', 0, '92', 3);
INSERT INTO client_pause (client_id, began_at, until_on, ended_at, began_by)
    VALUES ('c0000000-0000-7000-8000-000000000006', net.london('2025-07-15 10:00'), '2025-07-25', net.london('2025-07-25 10:00'), 'b0000000-0000-7000-8000-000000000001');

CREATE FUNCTION net.visit(n integer, who integer, at text, mode text, client integer, role text, replaces integer DEFAULT NULL, employer integer DEFAULT 1)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO visit (id, borough_id, team_id, employer_id, at, mode, cup, generic, role_soc, specialist_id, recorded_by, replaces_id)
        SELECT ('0f000000-0000-7000-8000-0000000000' || to_char(n, 'FM00'))::uuid, s.borough_id, s.team_id, ('e0000000-0000-7000-8000-00000000000' || employer)::uuid,
               net.london(visit.at), visit.mode::visit_mode, 1, client IS NULL, role, s.id, s.id, ('0f000000-0000-7000-8000-0000000000' || to_char(replaces, 'FM00'))::uuid
          FROM specialist s WHERE s.id = ('b0000000-0000-7000-8000-00000000000' || who)::uuid;
    IF client IS NOT NULL THEN
        INSERT INTO visit_client (visit_id, client_id) VALUES (('0f000000-0000-7000-8000-0000000000' || to_char(n, 'FM00'))::uuid,
                                                               ('c0000000-0000-7000-8000-00000000000' || client)::uuid);
    END IF;
END
$$;
SELECT net.visit(1, 1, '2025-07-09 10:00', 'in_person', 1, '8214'),          -- within the wishes
       net.visit(2, 1, '2025-07-09 11:00', 'in_person', 1, '9252'),          -- the same employer in the same week counts; not within
       net.visit(3, 1, '2025-07-10 10:00', 'phone', 1, '8214'),              -- does not count
       net.visit(4, 1, '2025-07-13 23:59', 'in_person', 6, '9252', NULL, 2), -- Sunday; within group 92
       net.visit(5, 1, '2025-07-14 00:00', 'in_person', NULL, NULL),         -- Monday; generic
       net.visit(6, 1, '2025-07-16 10:00', 'in_person', 7, NULL),            -- no role
       net.visit(7, 2, '2025-08-06 10:00', 'in_person', 2, '8214'),          -- no wishes; was a call, put right by:
       net.visit(8, 2, '2025-08-06 10:00', 'phone', 2, '8214', 7) IS NULL AS x \gset
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS canvass.visit_in_mind, canvass.change_forget DEFERRED;

INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, created_by_name, updated_by_name)
    VALUES ('0a000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Driver', '8214', 160, 160, 'net', 'net');
CREATE FUNCTION net.trial(n integer, client integer, kind text, soc text, first date, last date, outcome text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO trial (id, borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, soc, starts_on, ends_on, days, days_worked,
                       pay_pence_hour, watch_tenths, observer, tasks, status, outcome, agreed_at, began_at, ended_at, updated_by_name)
    VALUES (('0b000000-0000-7000-8000-00000000000' || n)::uuid, 'E09000022', 'a0000000-0000-7000-8000-000000000001', ('c0000000-0000-7000-8000-00000000000' || client)::uuid,
            'b0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', '0a000000-0000-7000-8000-000000000001', 1, kind::trial_kind, 'Driver', soc,
            first, last, 1, 1, CASE WHEN kind = 'paid' THEN 1300 ELSE 0 END, CASE WHEN kind = 'taster' THEN 30 ELSE 0 END, 'the manager', 'as in the job', 'completed', outcome::trial_outcome,
            first - 3, first, last + 1, 'net') $$;
SELECT net.trial(1, 7, 'paid', '8214', '2025-07-21', '2025-07-23', 'offer'),
       net.trial(2, 1, 'taster', NULL, '2025-07-28', '2025-07-28', NULL),
       net.trial(3, 1, 'paid', '9252', '2025-08-11', '2025-08-12', 'no_offer') IS NULL AS x \gset

-- Jobs: LB-017 from 4 August until 14 September, 16 hours, from 1 September 20, permanent, from the trial; LB-014 from
-- 8 September until 4 January, 17 weeks of 10 hours, temporary; LB-015 for two days of a week of 6 hours.
CREATE FUNCTION net.job(n integer, client integer, who integer, soc text, employer integer, first date, last date, trial integer, permanent boolean, hours integer)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, trial_id, title, soc, starts_on, ends_on, end_reason, updated_by_name)
    VALUES (('0e000000-0000-7000-8000-00000000000' || n)::uuid, 'E09000022', 'a0000000-0000-7000-8000-000000000001', ('c0000000-0000-7000-8000-00000000000' || client)::uuid,
            ('b0000000-0000-7000-8000-00000000000' || who)::uuid, ('e0000000-0000-7000-8000-00000000000' || employer)::uuid,
            ('0b000000-0000-7000-8000-00000000000' || trial)::uuid, 'Work', soc, first, last, 'resigned', 'net');
    INSERT INTO job_terms (job_id, client_id, from_on, hours_tenths, pay_pence_hour, permanent)
    VALUES (('0e000000-0000-7000-8000-00000000000' || n)::uuid, ('c0000000-0000-7000-8000-00000000000' || client)::uuid, first, hours, 1300, permanent) $$;
SELECT net.job(1, 7, 1, '8214', 1, '2025-08-04', '2025-09-14', 1, true, 160),
       net.job(2, 1, 1, '9252', 2, '2025-09-08', '2026-01-04', NULL, false, 100),
       net.job(3, 2, 2, '8214', 1, '2025-09-22', '2025-09-23', NULL, true, 60) IS NULL AS x \gset
INSERT INTO job_terms (job_id, client_id, from_on, hours_tenths, pay_pence_hour, permanent)
    VALUES ('0e000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000007', '2025-09-01', 200, 1300, true);
-- 4 of the 10 hours of LB-014's third week.
INSERT INTO lost_shift (job_id, client_id, on_day, hours_tenths, reason, recorded_by)
    VALUES ('0e000000-0000-7000-8000-000000000002', 'c0000000-0000-7000-8000-000000000001', '2025-09-24', 40, 'unwell', 'b0000000-0000-7000-8000-000000000001');
UPDATE client SET status = 'discharged', discharged_at = net.london('2025-09-16 12:00'), discharge_reason = 'in_work' WHERE ref = 'LB-017';
INSERT INTO support (borough_id, team_id, client_id, job_id, given_to, at, mode, specialist_id)
SELECT 'E09000022', 'a0000000-0000-7000-8000-000000000001', ('c0000000-0000-7000-8000-00000000000' || client)::uuid, ('0e000000-0000-7000-8000-00000000000' || job)::uuid,
       given_to::support_to, net.london(at), mode::visit_mode, 'b0000000-0000-7000-8000-000000000001'
  FROM (VALUES (7, 1, 'client', '2025-07-31 15:00', 'phone'), (7, 1, 'client', '2025-08-06 15:00', 'in_person'), (7, 1, 'client', '2025-08-13 15:00', 'in_person'),
               (1, 2, 'client', '2025-09-09 15:00', 'phone'), (1, 2, 'employer', '2025-09-16 15:00', 'phone')) AS s (client, job, given_to, at, mode);
INSERT INTO week_review (specialist_id, team_id, week_on, reviewed_by, reviewed_by_name)
    VALUES ('b0000000-0000-7000-8000-000000000001', 'a0000000-0000-7000-8000-000000000001', '2025-07-07', 'b0000000-0000-7000-8000-000000000002', 'Lena Ofori');
INSERT INTO contact (id, employer_id, borough_id, name, source, basis, updated_by_name)
    VALUES ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'met', 'consent', 'net');
INSERT INTO contact_share (id, contact_id, employer_id, borough_id, to_borough_id, expires_on, given_by, given_by_name, given_at)
    VALUES ('0d000000-0000-7000-8000-000000000001', '0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'E09000028',
            '2025-12-31', 'b0000000-0000-7000-8000-000000000001', 'Amira Shah', net.london('2025-07-20 09:00'));
INSERT INTO contact_use (share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name, at)
SELECT '0d000000-0000-7000-8000-000000000001', '0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'E09000028',
       'b0000000-0000-7000-8000-000000000004', 'Sam Reid', net.london('2025-07-2' || n || ' 09:00') FROM generate_series(1, 2) AS n;

-- A report as lines of text; one line of it.
CREATE FUNCTION net.report(who text, name text, first text DEFAULT '2025-07-01', last text DEFAULT '2025-09-30', more jsonb DEFAULT '{}', method text DEFAULT 'get_report')
RETURNS jsonb LANGUAGE sql AS $$
    SELECT called(who, format('%s(%L)', method, jsonb_build_object('name', name, 'from', first, 'until', last) || more)) $$;
CREATE FUNCTION net.lines(report jsonb) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT (SELECT string_agg(coalesce(nullif(c ->> 'text', ''), '-'), ', ' ORDER BY n) FROM jsonb_array_elements(r -> 'cells') WITH ORDINALITY AS x (c, n))
                   FROM jsonb_array_elements(report -> 'rows') WITH ORDINALITY AS y (r, o) ORDER BY o) $$;
CREATE FUNCTION net.asked(who text, name text, first text DEFAULT '2025-07-01', last text DEFAULT '2025-09-30', more jsonb DEFAULT '{}', method text DEFAULT 'get_report')
RETURNS text LANGUAGE sql AS $$
    SELECT refused(who, format('%s(%L)', method, jsonb_build_object('name', name, 'from', first, 'until', last) || more)) $$;

-- ---- contacts ----

-- Job seekers on Sunday 13 July: LB-014, 016, 017, so the target is 6; on the 20th LB-016 is paused, 2 x 2 = 4. Lena has
-- no client until August: no target. As item 17 counts: 3 of 6, then 1 of 4 for 1.5 of 6; the mean is 2.25. Of four weeks
-- one is reviewed.
SELECT is(net.lines(net.report('lena', 'contacts', '2025-07-07', '2025-07-20')), ARRAY[
    'Amira Shah, 2025-07-07, 3, 3, 1, 3, 6, 0, 1, 1, 100.0 %, 3',
    'Amira Shah, 2025-07-14, 2, 1, 0, 2, 4, 0, 1, 0, 0.0 %, 1.5',
    'Lena Ofori, 2025-07-07, 0, 0, 0, 0, 0, 0, 1, 0, 0.0 %, -',
    'Lena Ofori, 2025-07-14, 0, 0, 0, 0, 0, 0, 1, 0, 0.0 %, -',
    'Total, -, 5, 4, 1, -, 10, 0, 4, 1, 25.0 %, 2.3'], 'contacts per specialist and week');
SELECT is((net.lines(net.report('lena', 'contacts', '2025-07-09', '2025-07-15')))[1:2], ARRAY[
    'Amira Shah, 2025-07-07, 3, 3, 1, 3, 6, 0, 0, 0, -, -', 'Amira Shah, 2025-07-14, 1, 0, 0, 2, 4, 0, 0, 0, -, -'], 'weeks that are cut off count what they hold, and are not weighed');
SELECT is((net.lines(net.report('lena', 'contacts', '2025-08-04', '2025-08-10')))[2], 'Lena Ofori, 2025-08-04, 0, 0, 1, 1, 2, 0, 1, 0, 0.0 %, 0', 'a correction counts instead of what it replaced');
SELECT is((net.report('lena', 'contacts', '2025-07-07', '2025-07-20') ->> 'scope'), 'Lambeth north (net), 7 July 2025 to 20 July 2025', 'whose, in words');
-- The clocks go back on Sunday 26 October 2025: half past one is twice.
SELECT net.visit(21, 1, '2025-10-26 00:30', 'in_person', NULL, NULL), net.visit(22, 1, '2025-10-26 23:30', 'in_person', NULL, NULL),
       net.visit(23, 1, '2025-10-27 00:00', 'in_person', NULL, NULL), net.visit(24, 1, '2026-03-29 03:30', 'in_person', NULL, NULL), net.visit(25, 1, '2026-03-30 00:15', 'in_person', NULL, NULL) IS NULL AS x \gset
INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
SELECT 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', at::timestamptz, 'in_person', 1, true, 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001'
  FROM unnest('{2025-10-26 00:30+00, 2025-10-26 01:30+00}'::text[]) AS at;
SELECT is((SELECT array_agg(split_part(l, ', ', 3)) FROM unnest(net.lines(net.report('lena', 'contacts', '2025-10-20', '2025-11-02'))) AS l WHERE l LIKE 'Amira%'), '{4,1}',
    'a week that ends as the clocks go back has the hour twice and ends on Sunday at midnight');
SELECT is((SELECT array_agg(split_part(l, ', ', 3)) FROM unnest(net.lines(net.report('lena', 'contacts', '2026-03-23', '2026-04-05'))) AS l WHERE l LIKE 'Amira%'), '{1,1}',
    'and as they go forward');
SELECT is((SELECT r ->> 'key' FROM jsonb_array_elements(net.report('lena', 'contacts', '2025-07-07', '2025-07-20') -> 'rows') AS r LIMIT 1),
    'b0000000-0000-7000-8000-000000000001:2025-07-07', 'a line has a key');

-- ---- the others ----

-- LB-014 was first seen to on the 9th, after 2 days, LB-017 after 14; LB-015 never face to face.
SELECT is(net.lines(net.report('lena', 'first-contact')), ARRAY['Amira Shah, 2, 2, 8', 'Lena Ofori, 1, 0, -', 'Total, 3, 2, 8'], 'days to the first contact');
-- Of visits 1, 2, 4 and 6 two reflect the wishes; one had no role.
SELECT is(net.lines(net.report('lena', 'plan')), ARRAY['Amira Shah, 4, 3, 2, 50.0 %', 'Lena Ofori, 0, 0, 0, -', 'Total, 4, 3, 2, 50.0 %'], 'contacts that reflect the plan');
DELETE FROM client_occupation;
SELECT is((net.lines(net.report('lena', 'plan')))[3], 'Total, 4, 3, 2, 50.0 %', 'as the wishes were when the visit was recorded');
INSERT INTO client_occupation (client_id, position, soc, weight) VALUES ('c0000000-0000-7000-8000-000000000001', 0, '9252', 3);
SELECT net.visit(9, 1, '2025-07-09 10:00', 'in_person', 1, '8214', 1) IS NULL AS x \gset
SELECT is((net.lines(net.report('lena', 'plan')))[3], 'Total, 4, 3, 2, 50.0 %', 'a correction of something else does not ask the wishes again');
-- Three starts of two types at two employers; LB-014's was temporary.
SELECT is(net.lines(net.report('lena', 'jobs')), ARRAY[
    'Amira Shah, 2, 2, 100.0 %, 2, 100.0 %, 1, 50.0 %', 'Lena Ofori, 1, 1, 100.0 %, 1, 100.0 %, 1, 100.0 %', 'Total, 3, 2, 66.7 %, 2, 66.7 %, 2, 66.7 %'], 'job starts');
-- 92 days: of Amira's 35 hours a week 460, of Lena's full time 37.5 * 92 / 7 = 492.9. Five visits and two of support, an hour each.
SELECT matches(refused('amira', $$set_contracted_hours('{"hours": {"specialist_id": "b0000000-0000-7000-8000-000000000001", "hours_tenths": 350}}')$$), '^42501 ', 'nobody sets their own hours');
SELECT is(called('lena', $$set_contracted_hours('{"hours": {"specialist_id": "b0000000-0000-7000-8000-000000000001", "hours_tenths": 350, "from_on": "2025-07-01"}}')$$) ->> 'hours_tenths', '350', 'a lead sets hours');
SELECT is(refused('lena', $$set_contracted_hours('{"hours": {"specialist_id": "b0000000-0000-7000-8000-000000000003", "hours_tenths": 350}}')$$), 'CV005 hours.specialist_id: Your team has no such specialist.', 'of the own team');
SELECT matches(refused('lena', $$set_contracted_hours('{"hours": {"specialist_id": "b0000000-0000-7000-8000-000000000001", "hours_tenths": 601}}')$$), 'hours.hours_tenths: Hours a week are tenths', 'of a week');
SELECT is(net.lines(net.report('lena', 'community')), ARRAY[
    'Amira Shah, 5, 2, 7, 460, 1.5 %', 'Lena Ofori, 0, 0, -, 492.9, -', 'Total, 5, 2, 7, 952.9, 0.7 %'], 'time in the community');
-- LB-017 has left. Amira is 350/375 of a post.
SELECT is(net.lines(net.report('lena', 'caseload')), ARRAY['Amira Shah, 2, 0, 0.9, 2.1', 'Lena Ofori, 1, 0, 1, 1', 'Total, 3, 0, 1.9, 1.6'], 'caseload');
SELECT is((net.lines(net.report('lena', 'caseload', '2025-07-01', '2025-07-20')))[1], 'Amira Shah, 3, 1, 0.9, 3.2', 'on an earlier day, with one paused');
-- Before the start: three asked, LB-017 given. Just after: three asked, LB-017 and LB-014 given. First month: weeks of
-- LB-017 from 4, 11, 18, 25 August, two given; of LB-014 from 8, 15, 22 September, one given; LB-015's job was over in two days.
-- After the end: LB-015; LB-017 was discharged before its three days were over.
SELECT is(net.lines(net.report('lena', 'support')), ARRAY[
    'before the start, 3, 1, 33.3 %', 'just after the start, 3, 2, 66.7 %', 'in the first month, 7, 3, 42.9 %', 'after the first month, 0, 0, -',
    'after the job ended, 1, 0, 0.0 %', 'Total, 14, 6, 42.9 %'], 'support on the rhythm');
-- LB-014's job goes on after its first month: 31 days each from 8 October, the second ends on 8 December.
SELECT is((net.lines(net.report('lena', 'support', '2025-10-01', '2025-12-31')))[4], 'after the first month, 2, 0, 0.0 %', 'monthly after that');
-- Entered: LB-014, 015, 017. 4 paid hours: LB-015 worked 2 days of 6 hours a week, 1.7. 7 hours in 13 of 16 weeks: LB-014
-- in 15, as its third week has 6. 16 hours: nobody for 13 weeks. Of those who started, LB-014 was in work for 17 weeks.
SELECT is((net.lines(net.report('lena', 'outcomes')))[1:3], ARRAY[
    'IPS Grow, job start: 4 paid hours, 3, 2, 0, 66.7 %, 40', 'IPSPC, sustained: 7 hours a week in 13 weeks of 16, 3, 1, 0, 33.3 %, -',
    'IPSPC, sustained: 16 hours a week in 13 weeks of 16, 3, 0, 0, 0.0 %, -'], 'outcomes of those who entered');
SELECT is((net.lines(net.report('lena', 'outcomes')))[5:10], ARRAY[
    'All, in work for 13 weeks, 3, 1, 0, 33.3 %, -', 'All, in work for 26 weeks, 3, 0, 0, 0.0 %, -', 'All, in work for 52 weeks, 3, 0, 0, 0.0 %, -',
    'All, started on under 16 hours a week, 3, 2, 0, 66.7 %, -', 'All, started on 16 to under 30 hours a week, 3, 1, 0, 33.3 %, -',
    'All, started on 30 hours a week or more, 3, 0, 0, 0.0 %, -'], 'and of those who started');
SELECT is(worked_tenths('c0000000-0000-7000-8000-000000000007', '[2025-08-25,2025-09-08)'), 360::numeric, 'a week of 16 hours and one of 20');
SELECT is(worked_tenths('c0000000-0000-7000-8000-000000000001', '[2025-09-22,2025-09-29)'), 60::numeric, 'a lost shift is not worked');
SELECT is(weeks_of_row('c0000000-0000-7000-8000-000000000006', '2025-07-07', 13, true), 14, 'ten days of a pause make a row a week longer');
SELECT is(weeks_of_row('c0000000-0000-7000-8000-000000000006', '2025-07-07', 13, false), 13, 'where the rule says so');
INSERT INTO job (borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
    VALUES ('E09000022', 'a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000002', 'b0000000-0000-7000-8000-000000000002', 'e0000000-0000-7000-8000-000000000001', 'Work', '8214', london_today() - 7, 'net');
INSERT INTO job_terms SELECT id, client_id, starts_on, 160, 1300, true FROM job WHERE starts_on = london_today() - 7;
SELECT is((net.lines(net.report('lena', 'outcomes')))[2], 'IPSPC, sustained: 7 hours a week in 13 weeks of 16, 3, 1, 1, 33.3 %, -', 'a row of weeks that is not over can still be reached');
DELETE FROM job_terms t USING job j WHERE j.id = t.job_id AND j.starts_on = london_today() - 7;
DELETE FROM job WHERE starts_on = london_today() - 7;
-- All were out of work when they entered; now LB-014 is in work, LB-017 left in work.
SELECT is(net.lines(net.report('lena', 'status')), ARRAY[
    'in work, 0, 0.0 %, 1, 25.0 %', 'on a trial, 0, 0.0 %, 0, 0.0 %', 'looking for work, 4, 100.0 %, 2, 50.0 %', 'paused, 0, 0.0 %, 0, 0.0 %',
    'left, in work, 0, 0.0 %, 1, 25.0 %', 'left, not in work, 0, 0.0 %, 0, 0.0 %', 'Total, 4, 100.0 %, 4, 100.0 %'], 'status at entry and now');
SELECT is((net.lines(net.report('lena', 'status', '2025-07-01', '2025-07-22')))[2:4], ARRAY['on a trial, 0, 0.0 %, 1, 33.3 %', 'looking for work, 3, 100.0 %, 1, 33.3 %', 'paused, 0, 0.0 %, 1, 33.3 %'], 'on a day of a trial and a pause');
SELECT is((net.lines(net.report('lena', 'status', '2025-07-28', '2025-07-28')))[2], 'on a trial, 0, 0.0 %, 0, 0.0 %', 'a taster is no trial');
SELECT is((net.lines(net.report('lena', 'starts')))[7:10], ARRAY[
    '7, Sales and customer service, 0, 0.0 %', '8, Process, plant and machine operatives, 2, 66.7 %', '9, Elementary, 1, 33.3 %', 'Total, -, 3, 100.0 %'], 'job starts by major group');
-- One of three and two of three: 1 / (1/9 + 4/9) = 1.8; one of two each: 2.
SELECT is(net.lines(net.report('lena', 'breadth')), ARRAY[
    'contacts with a role in mind, 3, 2, 1.8, 66.7', 'trials, 2, 2, 2, 50', 'job starts, 3, 2, 1.8, 66.7'], 'breadth');
SELECT is(net.lines(net.report('lena', 'trials')), ARRAY[
    'Jobcentre Plus, 0, 0, 0, 0, -', 'private, unpaid, 0, 0, 0, 0, -', 'paid, 2, 2, 1, 1, 50.0 %', 'taster, 1, 1, 0, 0, 0.0 %', 'Total, 3, 3, 1, 1, 33.3 %'], 'trials to jobs');
SELECT is(net.lines(net.report('lena', 'network')), ARRAY['Southwark, 1, 2, 0, 0', 'Total, 1, 2, 0, 0'], 'the network, from who shared');
SELECT is(net.lines(net.report('sam', 'network')), ARRAY['Lambeth, 0, 0, 1, 2', 'Total, 0, 0, 1, 2'], 'and from who used');
-- 17: Amira's twelve whole weeks 3 + 1.5 + 0 of 12, Lena's eight with a client 0: 4.5 / 20 = 0.2. 5+5+3+1+3+3+2+2+1 = 25.
SELECT is(net.lines(net.report('lena', 'fidelity')), ARRAY[
    '1, Caseload of a full-time specialist, clients, 1.6, 5, 5', '15, Rapid search: from entry to the first face-to-face contact with an employer, days, 8, 5, 5',
    '16, Individual search: contacts that reflect the client''s plan, %, 50, 3, 5', '17, Frequent contact: face to face, for a client, a specialist and week, contacts, 0.2, 1, 5',
    '19, Diversity of job types, %, 66.7, 3, 5', '20, Diversity of employers, %, 66.7, 3, 5', '21, Competitive, permanent jobs, %, 66.7, 2, 5',
    '23, Support without an end, on the rhythm, %, 42.9, 2, 5', '24, Time in the community, %, 0.7, 1, 5', 'Total, -, -, -, 25, 45'], 'fidelity, of the items that can be measured');
SELECT is(ARRAY[fidelity_score(17, 6, 100, '2026-01-01'), fidelity_score(17, 6, 99, '2026-01-01'), fidelity_score(17, 9, 22, '2026-01-01'), fidelity_score(17, 5, 100, '2026-01-01'),
                fidelity_score(17, 4, 23, '2026-01-01'), fidelity_score(17, 1.9, NULL, '2026-01-01')], '{5,3,2,4,3,1}', 'contacts that nobody looks at score less');
SELECT is(ARRAY[fidelity_score(1, 20.9, NULL, '2026-01-01'), fidelity_score(1, 21, NULL, '2026-01-01'), fidelity_score(1, 41, NULL, '2026-01-01'),
                fidelity_score(15, 30.9, NULL, '2026-01-01'), fidelity_score(15, 271, NULL, '2026-01-01'), fidelity_score(24, 65, NULL, '2026-01-01')], '{5,4,1,5,1,5}', 'anchors, at their ends');

-- ---- rows of rules ----

INSERT INTO fidelity_anchor (item, effective_from, score, figures, source) VALUES (1, '2026-06-01', 5, '[,26)', 'net'), (1, '2026-06-01', 1, '[26,)', 'net');
SELECT is(ARRAY[fidelity_score(1, 25, NULL, '2026-05-31'), fidelity_score(1, 25, NULL, '2026-06-01')], '{4,5}', 'a scale holds from its day on');
SELECT matches(tried('', $$RESET ROLE; INSERT INTO fidelity_anchor (item, effective_from, score, figures, source) VALUES (1, '2026-06-01', 3, '[20,30)', 'net')$$),
    'figures: This anchor overlaps another of the same item and day; one figure has one score.', 'an anchor that overlaps another');
SELECT matches(tried('', $$RESET ROLE; INSERT INTO outcome_rule (name, effective_from, place, funder, title, cohort, paid_tenths, source) VALUES ('ips-grow-start', '2026-01-01', 1, 'x', 'x', 'entered', 50, 'net')$$),
    'effective_from: This rule overlaps another of the same name; end the earlier one first.', 'a rule that overlaps another');
UPDATE outcome_rule SET effective_until = '2025-09-01' WHERE name = 'ips-grow-start';
INSERT INTO outcome_rule (name, effective_from, place, funder, title, cohort, paid_tenths, source) VALUES ('ips-grow-start', '2025-09-01', 1, 'IPS Grow', 'job start: 1 paid hour', 'entered', 10, 'net');
SELECT is((net.lines(net.report('lena', 'outcomes')))[1], 'IPS Grow, job start: 1 paid hour, 3, 3, 0, 100.0 %, -', 'a new rule, from its day on');
SELECT is((net.lines(net.report('lena', 'outcomes', '2025-07-01', '2025-08-31')))[1], 'IPS Grow, job start: 4 paid hours, 3, 2, 0, 66.7 %, 40', 'not before');
SELECT matches(tried('lena', 'UPDATE suppression_rule SET threshold = 1'), '^42501 ', 'rules are not for callers to change');

-- ---- who reads what ----

SELECT is(net.lines(net.report('amira', 'jobs')), ARRAY['Amira Shah, 2, 2, 100.0 %, 2, 100.0 %, 1, 50.0 %', 'Total, 2, 2, 100.0 %, 2, 100.0 %, 1, 50.0 %'], 'a specialist reads their own');
SELECT is(net.lines(net.report('lena', 'jobs', more => '{"scope": "own"}')), ARRAY['Lena Ofori, 1, 1, 100.0 %, 1, 100.0 %, 1, 100.0 %', 'Total, 1, 1, 100.0 %, 1, 100.0 %, 1, 100.0 %'], 'a lead may');
SELECT is((net.lines(net.report('lena', 'starts', more => '{"specialist_id": "b0000000-0000-7000-8000-000000000001"}')))[10], 'Total, -, 2, 100.0 %', 'or one of the team''s');
SELECT is(net.asked('amira', 'jobs', more => '{"specialist_id": "b0000000-0000-7000-8000-000000000002"}'), 'CV007 specialist_id: A lead of the team reads the figures of others.', 'a specialist nobody else''s');
SELECT is(net.asked('amira', 'jobs', more => '{"scope": "team"}'), 'CV007 scope: The team''s figures are for its lead; yours are your own.', 'nor the team''s');
SELECT is(net.asked('lena', 'jobs', more => '{"scope": "borough"}'), 'CV007 scope: The borough''s figures are for its auditor: other teams'' clients are not yours to count.', 'nor a lead the borough''s');
SELECT is(net.asked('lena', 'jobs', more => '{"specialist_id": "b0000000-0000-7000-8000-000000000003"}'), 'CV005 specialist_id: Your team has no such specialist.', 'or another team''s');
SELECT is((net.lines(net.report('bola', 'jobs')))[2], 'Total, 0, 0, -, 0, -, 0, -', 'another team''s lead counts none of these');
SELECT is(refused('adam', $$get_report('{"name": "jobs", "from": "2025-07-01"}')$$), 'CV007 scope: The borough''s figures are for its auditor: other teams'' clients are not yours to count.', 'an administrator reads none');
SELECT is(net.asked('audit', 'jobs', more => '{"scope": "team"}'), 'CV007 scope: The team''s figures are for its lead; yours are your own.', 'an auditor no team''s');
SELECT matches(tried('lena', 'SELECT * FROM jobs_facts(NULL)'), '^42501 ', 'facts are asked by nobody');
SELECT matches(tried('lena', 'SELECT * FROM count_facts(NULL, NULL)'), '^42501 ', 'nor counted');

-- What is behind a figure.
SELECT is(called('lena', $$ARRAY(SELECT r.id FROM report_behind('{"name": "contacts", "from": "2025-07-07", "until": "2025-07-20"}', 'b0000000-0000-7000-8000-000000000001:2025-07-14', 'face_to_face') AS r ORDER BY n)$$),
    '["0f000000-0000-7000-8000-000000000006", "0f000000-0000-7000-8000-000000000005"]', 'the visits of a week');
SELECT is(called('lena', $$ARRAY(SELECT report_fact_json(r.subject, r.id, r.client_id, r.employer_id, r.on_day, r.line) FROM report_behind('{"name": "starts", "from": "2025-07-01", "until": "2025-09-30"}', '9', '') AS r)$$),
    '[{"id": "0e000000-0000-7000-8000-000000000002", "day": "2025-09-08", "key": "9", "kind": "job", "employer": "Peckham Bakery", "client_id": "c0000000-0000-7000-8000-000000000001", "client_ref": "LB-014", "employer_id": "e0000000-0000-7000-8000-000000000002"}]',
    'the job of a group');
SELECT is(rows_of('amira', $$SELECT FROM report_behind('{"name": "starts", "from": "2025-07-01", "until": "2025-09-30"}', 'total', NULL)$$), 2::bigint, 'a specialist''s own');
SELECT is((SELECT count(*) FROM report_definition d WHERE rows_of('bola', format($$SELECT FROM report_behind('{"name": "%s", "from": "2025-07-01", "until": "2025-09-30"}', '', '') AS b WHERE b.client_id::text IN
    ('c0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000002', 'c0000000-0000-7000-8000-000000000006', 'c0000000-0000-7000-8000-000000000007')$$, d.name)) > 0), 0::bigint, 'no report shows another team''s lead a client of this one');
SELECT matches(refused('audit', $$ARRAY(SELECT id FROM report_behind('{"name": "jobs", "from": "2025-07-01", "until": "2025-09-30"}', '', ''))$$), '^CV007 scope: What is behind a figure is for the team', 'an auditor sees nothing behind');
SELECT matches(refused('lena', $$ARRAY(SELECT id FROM report_behind('{"name": "jobs", "from": "2025-07-01", "until": "2025-09-30"}', '', 'shoes'))$$), '^CV003 column: "Job starts" has no column "shoes"; it has starts, ', 'a column that is none');

-- ---- bad input ----

SELECT is(net.report('lena', 'jobs', '2001-01-01', '2001-01-31') -> 'rows' -> 2 -> 'cells' -> 1 ->> 'text', '0', 'a report over no data: noughts');
SELECT is(net.report('lena', 'network', '2001-01-01', '2001-01-31') ->> 'note', 'Nothing of this period counts.', 'or nothing, and it says so');
SELECT is((SELECT count(*) FROM report_definition d WHERE net.asked('lena', d.name, '2001-01-01', '2001-01-31') IS NOT NULL), 0::bigint, 'no report fails over no data');
SELECT is(net.asked('lena', 'jobs', '2025-09-30', '2025-07-01'), 'CV003 until: The period ends on 1 July 2025, before it begins on 30 September 2025.', 'a reversed period');
SELECT is(net.asked('lena', 'contacts', '2023-01-01', '2025-07-01'), 'CV003 until: "Contacts with employers" is of at most 400 days; this is of 913.', 'too long a one');
SELECT is(net.asked('lena', 'jobs', '2190-01-01', '2190-07-01'), 'CV003 from: This period has not begun.', 'one to come');
SELECT is(net.asked('lena', 'jobs', '1990-01-01', '1990-07-01'), 'CV003 from: Give a day of this century.', 'one of long ago');
SELECT is(refused('lena', $$get_report('{"name": "jobs"}')$$), 'CV003 from: Say from which day on.', 'none');
SELECT is(net.asked('lena', 'shoes'), 'CV005 name: There is no report "shoes"; there are fidelity, contacts, first-contact, plan, jobs, community, caseload, support, outcomes, status, starts, breadth, trials, network.', 'an unknown name says which there are');

-- ---- small numbers ----

SELECT is(net.lines(net.report('lena', 'jobs', method => 'export_report')), ARRAY[
    'Amira Shah, *, *, *, *, *, *, *', 'Lena Ofori, *, *, *, *, *, *, *', 'Total, *, *, *, *, *, *, *'], 'what leaves the team hides small numbers, and what is worked out from them');
SELECT is((net.lines(net.report('lena', 'first-contact', method => 'export_report')))[1], 'Amira Shah, *, *, *', 'and means of few');
SELECT is((net.lines(net.report('lena', 'contacts', method => 'export_report')))[2:3], ARRAY['Amira Shah, 2025-07-07, 3, 3, 1, 1, 1, 100.0 %, 3',
    'Amira Shah, 2025-07-14, 2, 1, 0, 1, 0, 0.0 %, 1'], 'contacts are not clients; job seekers and what follows from them are left out');
SELECT is(net.lines(net.report('lena', 'network', method => 'export_report')), ARRAY['Southwark, 1, 2, 0, 0', 'Total, 1, 2, 0, 0'], 'people of employers are no clients');
SELECT is((net.lines(net.report('audit', 'starts')))[10] || ' ' || (net.report('audit', 'starts') ->> 'scope'), 'Total, -, *, * Lambeth, 1 July 2025 to 30 September 2025', 'an auditor reads the borough''s, hidden');
SELECT matches(net.report('audit', 'starts') ->> 'note', '^\* stands for fewer than 5 clients', 'and why');
SELECT is((SELECT count(*) FROM report_definition d, jsonb_array_elements(net.report('audit', d.name) -> 'rows') AS r, jsonb_array_elements(r -> 'cells') AS c, report_column k
            WHERE k.report = d.name AND k.of_clients AND (c ->> 'hidden')::boolean IS TRUE AND c ? 'number'), 0::bigint, 'a hidden cell has no number');
SELECT matches(net.asked('audit', 'starts', '2025-07-01', '2025-09-29'), '^CV003 from: Figures with small numbers hidden are of one whole period of 3 months, like 1 July 2025 to 30 September 2025: two that overlap', 'an auditor''s periods do not overlap');
SELECT matches(net.asked('audit', 'starts', '2025-08-01', '2025-10-31'), '^CV003 from: ', 'not by a month');
SELECT matches(net.asked('audit', 'starts', '2025-07-01', '2025-12-31'), '^CV003 from: ', 'not by being longer');
SELECT matches(net.asked('lena', 'starts', '2025-07-02', '2025-09-30', method => 'export_report'), '^CV003 from: ', 'nor an export''s');
SELECT matches(net.asked('audit', 'starts', date_trunc('quarter', london_today())::date::text, (date_trunc('quarter', london_today()) + interval '3 months')::date - 1 || ''),
    '^CV003 until: Figures with small numbers hidden are of a period that is over', 'nor is one asked day by day as it goes');
SELECT is(net.asked('audit', 'starts', more => '{"specialist_id": "b0000000-0000-7000-8000-000000000001"}'), 'CV003 specialist_id: The borough''s figures are of the whole borough.', 'an auditor takes nobody out');
SELECT is(net.asked('lena', 'starts', more => '{"specialist_id": "b0000000-0000-7000-8000-000000000001"}', method => 'export_report'), 'CV003 specialist_id: What leaves the team is of the whole team; its lead exports it.', 'nor does an export');
SELECT is(net.asked('amira', 'starts', method => 'export_report'), 'CV003 scope: What leaves the team is of the whole team; its lead exports it.', 'which is the lead''s');

-- Whoever knows how numbers are hidden tries all that there could be: for each "*" as many are left as the threshold.
CREATE FUNCTION net.shown(v numeric, hidden boolean, rounding integer) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN hidden OR v < 5 THEN '*' ELSE (round(v / rounding) * rounding)::text END $$;
CREATE FUNCTION net.fewest_left(worlds text, cells integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format($q$
        WITH world AS MATERIALIZED (%s),
        -- Only answers that no number beyond the ones tried could have given.
        closed AS (SELECT answer FROM world GROUP BY answer HAVING NOT bool_or(edge))
        SELECT min(n) FROM (SELECT count(DISTINCT v[i]) AS n FROM world JOIN closed USING (answer) CROSS JOIN generate_series(1, %s) AS i
                             GROUP BY answer, i HAVING bool_or(hidden[i])) AS z $q$, worlds, cells) INTO n;
    RETURN n;
END
$$;
SELECT is(net.fewest_left(format($$
    SELECT v, h AS hidden, greatest(v[1], v[2], v[3]) > 15 AS edge, ARRAY[net.shown(v[1], h[1], %1$s), net.shown(v[2], h[2], %1$s), net.shown(v[3], h[3], %1$s), net.shown(v[1] + v[2] + v[3], false, %1$s)] AS answer
      FROM (SELECT ARRAY[a, b, c]::numeric[] AS v FROM generate_series(0, 20) a, generate_series(0, 20) b, generate_series(0, 20) c) x
     CROSS JOIN LATERAL hide_cells(v, v[1] + v[2] + v[3], false, '{}', 5, %1$s) AS h$$, r), 3), 5::bigint, format('a column and its total, rounded to %s', r)) FROM unnest('{5,1,3}'::integer[]) AS r;
SELECT is(net.fewest_left(format($$
    SELECT v, h || (v[3] < 5) AS hidden, greatest(v[1], v[2], v[3]) > 15 AS edge, ARRAY[net.shown(v[1], h[1], %1$s), net.shown(v[2], h[2], %1$s), net.shown(v[1] + v[2] + v[3], false, %1$s)] AS answer
      FROM (SELECT ARRAY[a, b, c]::numeric[] AS v FROM generate_series(0, 20) a, generate_series(0, 20) b, generate_series(0, 20) c) x
     CROSS JOIN LATERAL hide_cells(v[1 : 2], v[1] + v[2] + v[3], true, '{}', 5, %1$s) AS h$$, r), 3), 5::bigint, format('parts and the rest of a line, rounded to %s', r)) FROM unnest('{5,1}'::integer[]) AS r;
-- Two lines with a part each, and the total line: all four numbers.
CREATE FUNCTION net.both(a integer, b integer, c integer, d integer) RETURNS report_line[] LANGUAGE sql AS $$
    SELECT hide_lines(ARRAY(SELECT k FROM report_column k WHERE k.report = 'caseload' AND k.of_clients ORDER BY k.place), true,
        ARRAY[('x', false, '{x}', ARRAY[a + b, b], '{f,f}'), ('y', false, '{y}', ARRAY[c + d, d], '{f,f}'), ('total', true, '{t}', ARRAY[a + b + c + d, b + d], '{f,f}')]::report_line[], suppression_on('2025-09-30')) $$;
SELECT cmp_ok(net.fewest_left($$
    SELECT ARRAY[a + b, b, c + d, d]::numeric[] AS v, l[1].hidden || l[2].hidden AS hidden, greatest(a, b, c, d) > 8 AS edge, (SELECT array_agg(coalesce(f::text, '*') ORDER BY o, p) FROM unnest(l) WITH ORDINALITY AS x (k, t, w, fs, h, o), unnest(fs) WITH ORDINALITY AS y (f, p)) AS answer
      FROM generate_series(0, 9) a, generate_series(0, 9) b, generate_series(0, 9) c, generate_series(0, 9) d CROSS JOIN LATERAL net.both(a, b, c, d) AS l$$, 4), '>=', 2::bigint, 'lines and parts together never leave one alone');

-- The borough's figures are the sums of what its teams show.
CREATE FUNCTION net.start_many(n integer, team integer, who integer) RETURNS void LANGUAGE sql AS $$
    WITH c AS (INSERT INTO client (team_id, ref, specialist_id, entered_on, updated_by_name)
               SELECT ('a0000000-0000-7000-8000-00000000000' || team)::uuid, format('M%s-%s', team, i), ('b0000000-0000-7000-8000-00000000000' || who)::uuid, '2024-04-01', 'net'
                 FROM generate_series(1, n) AS i RETURNING *)
    INSERT INTO job (borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
    SELECT 'E09000022', c.team_id, c.id, c.specialist_id, 'e0000000-0000-7000-8000-000000000001', 'Work', '8214', '2024-05-06', 'net' FROM c $$;
SELECT net.start_many(12, 1, 1), net.start_many(4, 2, 3) IS NULL AS x \gset
SELECT is((net.lines(net.report('audit', 'starts', '2024-04-01', '2024-06-30')))[8], '8, Process, plant and machine operatives, *, *', 'twelve and four: the four cannot be told from the sixteen');
SELECT is((net.lines(net.report('lena', 'starts', '2024-04-01', '2024-06-30', method => 'export_report')))[8], '8, Process, plant and machine operatives, 10, 100.0 %', 'beside the export of the other team');
INSERT INTO client (team_id, ref, specialist_id, entered_on, updated_by_name) SELECT 'a0000000-0000-7000-8000-000000000002', 'N-' || i, 'b0000000-0000-7000-8000-000000000003', '2024-04-01', 'net' FROM generate_series(1, 6) AS i;
INSERT INTO job (borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
SELECT 'E09000022', c.team_id, c.id, c.specialist_id, 'e0000000-0000-7000-8000-000000000001', 'Work', '8214', '2024-05-06', 'net' FROM client c WHERE c.ref LIKE 'N-%';
SELECT is((net.lines(net.report('audit', 'starts', '2024-04-01', '2024-06-30')))[8], '8, Process, plant and machine operatives, 20, 100.0 %', 'twelve and ten: the sum of what each shows');
SELECT is((SELECT array_agg(s) FROM (SELECT DISTINCT net.report('audit', d.name) -> 'hidden' AS s FROM report_definition d) AS x), ARRAY['true'::jsonb], 'all that an auditor reads is hidden');

-- ---- what a period costs ----

-- A hundred times as much before and after as in the week that is asked for: of the log no more than that is read.
INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
SELECT 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', '2023-01-01'::timestamptz + make_interval(hours => n), 'in_person', 1, true,
       'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001' FROM generate_series(1, 25000) AS n;
ANALYZE visit;
CREATE FUNCTION net.read_of_visit(report text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
BEGIN
    SELECT ARRAY[seq_scan, coalesce(idx_tup_fetch, 0) + seq_tup_read] INTO before FROM pg_stat_xact_user_tables WHERE relid = 'canvass.visit'::regclass;
    PERFORM net.report('lena', report, '2024-03-04', '2024-03-10');
    RETURN (SELECT ARRAY[seq_scan - before[1], coalesce(idx_tup_fetch, 0) + seq_tup_read - before[2]] FROM pg_stat_xact_user_tables WHERE relid = 'canvass.visit'::regclass);
END
$$;
SELECT is((SELECT sum((net.read_of_visit(d.name))[1]) FROM report_definition d), 0::numeric, 'no report reads the log from end to end');
SELECT cmp_ok((net.read_of_visit('contacts'))[2], '<=', 2 * 168::bigint, 'contacts of a week read the visits of that week');
SELECT cmp_ok((net.read_of_visit('fidelity'))[2], '<=', 10 * 168::bigint, 'and fidelity some times as many');
-- The plan itself.
CREATE FUNCTION net.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    whole text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        whole := whole || line || E'\n';
    END LOOP;
    RETURN whole;
END
$$;
SELECT matches(net.plan_of($$SELECT * FROM reported_visits(('2024-03-04', '2024-03-10', '2024-03-04', '2024-03-11', '2024-03-10', 'E09000022', '{a0000000-0000-7000-8000-000000000001}', NULL, false, false)::report_scope)$$),
    'using visit_team on visit v', 'a period is found by its team and days');
SELECT doesnt_match(net.plan_of($$SELECT * FROM reported_visits(('2024-03-04', '2024-03-10', '2024-03-04', '2024-03-11', '2024-03-10', 'E09000022', '{a0000000-0000-7000-8000-000000000001}', NULL, false, false)::report_scope)$$),
    'Seq Scan on visit', 'and nothing is read from end to end');

SELECT * FROM finish();
ROLLBACK;
