-- Jobs: what starts one, the minimum wage of the day, places of openings, terms, lost shifts, pay days,
-- the end and what follows; history, taking back, export and erasing.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(133);

-- Days of the tests: d(-30) is 30 days ago.
CREATE FUNCTION net.d(n integer) RETURNS date LANGUAGE sql STABLE AS $$ SELECT canvass.london_today() + n $$;
CREATE FUNCTION net.start(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('start_job(%L)', jsonb_build_object('job', jsonb_strip_nulls(jsonb_build_object(
        'client_ref', 'LB-014', 'employer_id', 'e0000000-0000-7000-8000-000000000001', 'title', 'Van driver', 'soc', '8214',
        'starts_on', net.d(-30), 'hours_tenths', 160, 'pay_pence_hour', 1300) || differs)))
$$;
CREATE FUNCTION net.of(method text, differs jsonb, who text DEFAULT 'LB-014') RETURNS text LANGUAGE sql AS $$
    SELECT format('%I(%L)', method, jsonb_build_object('client_ref', who) || differs)
$$;
-- Put one field of the client's job right.
CREATE FUNCTION net.right(field text, value anyelement) RETURNS text LANGUAGE sql AS $$
    SELECT format('update_job(%L)', jsonb_build_object('job', jsonb_build_object('client_ref', 'LB-014', field, value), 'update_mask', ARRAY[field]))
$$;
CREATE FUNCTION net.does(who text, n integer, call text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM net.request(n);
    RETURN net.called(who, call);
END
$$;
CREATE FUNCTION net.j() RETURNS job LANGUAGE sql AS $$ SELECT * FROM job WHERE client_id = 'c0000000-0000-7000-8000-000000000001' ORDER BY starts_on DESC LIMIT 1 $$;
CREATE FUNCTION net.place() RETURNS opening LANGUAGE sql AS $$ SELECT * FROM opening WHERE id = '0a000000-0000-7000-8000-000000000001' $$;
UPDATE employer e SET open_sites = (SELECT count(*) FROM site s WHERE s.employer_id = e.id);
UPDATE site s SET words = site_words(e.name, NULL, s.name, s.address, s.borough_id, s.postcode) FROM employer e WHERE e.id = s.employer_id;
DELETE FROM minimum_wage;
INSERT INTO minimum_wage VALUES ('2012-10-01', 700, 750, 1000, 1200, 1200, 21), (net.d(10), 800, 850, 1100, 1310, 1310, 21);

-- What must be said.
SELECT matches(refused('amira', net.start('{"client_ref": null}')), '^CV003 job.client_id: Say which client', 'a job is a client''s');
SELECT is(refused('amira', net.start('{"client_ref": "LS-201"}')), 'CV005 job.client_ref: Your team has no such client.', 'of the own team');
SELECT is(refused('bola', net.start('{}')), 'CV005 job.client_ref: Your team has no such client.', 'and no other');
SELECT is(refused('amira', net.start('{"employer_id": null}')), 'CV003 job.employer_id: Say at which employer the job is, or which trial or opening led to it.', 'at an employer');
SELECT matches(refused('amira', net.start('{"employer_id": "e0000000-0000-7000-8000-0000000000ff"}')), '^CV005 job.employer_id: ', 'that there is');
SELECT is(refused('amira', net.start('{"site_id": "50000000-0000-7000-8000-000000000002"}')), 'CV003 job.site_id: This employer has no such site.', 'at a site of theirs');
SELECT matches(refused('amira', net.start('{"title": null}')), '^23514 job.title: Give the job a title', 'with a title');
SELECT is(refused('amira', net.start('{"soc": null}')), 'CV003 job.soc: Say which SOC 2020 unit group the job is, four digits like 8214.', 'an occupation');
SELECT is(refused('amira', net.start('{"soc": "82"}')), 'CV003 job.soc: Give a SOC 2020 unit group, four digits like 8214.', 'a unit group');
SELECT is(refused('amira', net.start('{"starts_on": null}')), 'CV003 job.starts_on: Say on which day the job starts.', 'a first day');
SELECT is(refused('amira', net.start('{"hours_tenths": 0}')), 'CV003 job.hours_tenths: Say how many hours a week the job has.', 'hours');
SELECT matches(refused('amira', net.start('{"hours_tenths": 801}')), '^23514 job.hours_tenths: Hours a week are tenths of an hour from 1 to 800', 'up to 80 a week');
SELECT is(refused('amira', net.start('{"pay_pence_hour": 0}')), 'CV003 job.pay_pence_hour: Say what the job pays an hour before tax.', 'and pay');
SELECT is(refused('amira', net.start(jsonb_build_object('starts_on', net.d(-401)))), format('CV003 job.starts_on: %s is more than 400 days ago.', said_date(net.d(-401))), 'not long ago');
SELECT is(refused('amira', net.start(jsonb_build_object('starts_on', net.d(401)))), format('CV003 job.starts_on: %s is more than 400 days ahead.', said_date(net.d(401))), 'nor far ahead');
UPDATE client SET entered_on = net.d(-20) WHERE ref = 'LB-014';
SELECT is(refused('amira', net.start('{}')), format('CV003 job.starts_on: Support of LB-014 began on %s; a job from before that is no job start.', said_date(net.d(-20))), 'a job that they had before is no start');
UPDATE client SET entered_on = net.d(-200) WHERE ref = 'LB-014';
SELECT matches(refused('amira', net.start(jsonb_build_object('first_pay_on', net.d(-31)))), '^23514 job.first_pay_on: The first pay day lies within two months after the start', 'a pay day before the start');
SELECT matches(refused('amira', net.start(jsonb_build_object('first_pay_on', net.d(40)))), '^23514 job.first_pay_on: ', 'or long after');

-- The minimum wage of the day and the age band.
SELECT is(refused('amira', net.start('{"pay_pence_hour": 1199}')), 'CV003 job.pay_pence_hour: £11.99 an hour is below the minimum wage at 21 and over from 1 October 2012: £12.00. Ask the employer what they pay from that day.', 'under the minimum: which rate, from when');
SELECT is(refused('amira', net.start(jsonb_build_object('starts_on', net.d(10)))), format('CV003 job.pay_pence_hour: £13.00 an hour is below the minimum wage at 21 and over from %s: £13.10. Ask the employer what they pay from that day.', said_date(net.d(10))), 'of the day on which the job starts');
SELECT is(refused('amira', net.start(jsonb_build_object('starts_on', net.d(9), 'id', '10000000-0000-7000-8000-0000000000aa'))), NULL, 'the day before, the wage of before');
SELECT matches(refused('amira', net.right('starts_on', net.d(10))), '^CV003 job.pay_pence_hour: £13.00 an hour is below', 'a start that moves over the day');
DELETE FROM job_terms; DELETE FROM job;
UPDATE client SET age_band = '18_to_20' WHERE ref = 'LB-014';
SELECT is(refused('amira', net.start('{"pay_pence_hour": 999}')), 'CV003 job.pay_pence_hour: £9.99 an hour is below the minimum wage from 18 to 20 from 1 October 2012: £10.00. Ask the employer what they pay from that day.', 'by age band');
UPDATE client SET age_band = NULL WHERE ref = 'LB-014';
SELECT is(refused('amira', net.start('{"pay_pence_hour": 699}')), 'CV003 job.pay_pence_hour: £6.99 an hour is below every minimum wage from 1 October 2012: £7.00. Ask the employer what they pay from that day.', 'of an age that is not known, the lowest');
UPDATE client SET age_band = '21_and_over' WHERE ref = 'LB-014';

-- Started.
SELECT is((net.does('amira', 1, net.start('{"id": "10000000-0000-7000-8000-000000000001", "pay_rhythm": "weekly", "permanent": true}')) -> 'job') - '{starts_on,terms,support_due}'::text[],
    '{"id": "10000000-0000-7000-8000-000000000001", "client_id": "c0000000-0000-7000-8000-000000000001", "client_ref": "LB-014",
      "employer_id": "e0000000-0000-7000-8000-000000000001", "employer": "Stockwell Tool Hire", "site_id": "50000000-0000-7000-8000-000000000001",
      "site": "1 Clapham Road", "title": "Van driver", "soc": "8214", "soc_title": "Delivery drivers and couriers", "hours_tenths": 160,
      "pay_pence_hour": 1300, "permanent": true, "competitive": true, "pay_rhythm": "weekly", "weeks": 4,
      "specialist_id": "b0000000-0000-7000-8000-000000000001", "specialist": "Amira Shah", "etag": "1"}'::jsonb, 'a job, at the employer''s only site');
SELECT is((SELECT stage || ' ' || lead_id FROM relationship WHERE employer_id = (net.j()).employer_id AND borough_id = 'E09000022'), 'hired b0000000-0000-7000-8000-000000000001', 'the relationship comes to its second depth');
SELECT is(refused('lena', net.start('{}')), format('CV006 job.starts_on: LB-014 has a job there already: Van driver at Stockwell Tool Hire, since %s.', said_date(net.d(-30))), 'nobody holds one job twice');
SELECT matches(refused('amira', net.start('{"employer_id": "e0000000-0000-7000-8000-000000000002", "id": "10000000-0000-7000-8000-000000000001"}')), '^23505 job.id: There is a job with this id already', 'an id is taken once');
SELECT is(rows_of('bola', 'SELECT FROM job') + rows_of('sam', 'SELECT FROM job') + rows_of('adam', 'SELECT FROM job') + rows_of('nobody', 'SELECT FROM job_terms'), 0::bigint, 'no other team sees it');
SELECT is(refused('bola', 'job_of(''{"job_id": "10000000-0000-7000-8000-000000000001"}'')'), 'CV005 job_id: Your team has no such job.', 'by id neither');
SELECT is(refused('bola', 'job_of(''{"job_id": "10000000-0000-7000-8000-0000000000ff"}'')'), 'CV005 job_id: Your team has no such job.', 'as one that does not exist');
SELECT is(refused('amira', net.of('end_job', '{}', 'LB-015')), 'CV005 client_id: LB-015 has started no job yet.', 'a client without a job');

-- Terms.
SELECT is(refused('amira', net.of('change_terms', jsonb_build_object('hours_tenths', 200))), 'CV003 from_on: Say from which day the new terms hold.', 'terms hold from a day');
SELECT is(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(-31), 'hours_tenths', 200))), format('CV003 from_on: The job started on %s; its terms change after that.', said_date(net.d(-30))), 'not before the start');
SELECT matches(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(-30), 'hours_tenths', 200))), '^23505 from_on: The terms of this day are recorded already', 'not twice a day');
SELECT is(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(-10)))), 'CV003 These are the terms already; say what changes: hours, pay, or whether it is permanent.', 'something changes');
SELECT matches(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(-10), 'pay_pence_hour', 1100))), '^CV003 pay_pence_hour: £11.00 an hour is below the minimum wage at 21 and over', 'never under the minimum wage');
SELECT matches(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(10), 'hours_tenths', 200))), '^CV003 pay_pence_hour: £13.00 an hour is below the minimum wage .*: £13.10', 'of that day, though the pay stays');
SELECT is(net.does('amira', 2, net.of('change_terms', jsonb_build_object('from_on', net.d(-10), 'hours_tenths', 200))) -> 'terms',
    jsonb_build_array(jsonb_build_object('from_on', net.d(-30), 'hours_tenths', 160, 'pay_pence_hour', 1300, 'permanent', true),
                      jsonb_build_object('from_on', net.d(-10), 'hours_tenths', 200, 'pay_pence_hour', 1300, 'permanent', true)), 'other hours; the rest as before');
SELECT is((job_terms_on((net.j()).id, net.d(-11))).hours_tenths, 160, 'the day before');
SELECT is((job_terms_on((net.j()).id, net.d(-10))).hours_tenths, 200, 'and from then on');
SELECT is(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(20), 'pay_pence_hour', 1400, 'permanent', false, 'etag', '1'))), format('CV010 Amira Shah changed this job %s; read it again.', said_when(now())), 'from an older version');
SELECT is(called('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(20), 'pay_pence_hour', 1400, 'permanent', false, 'etag', '2'))) ->> 'pay_pence_hour', '1300', 'terms to come are not today''s');
SELECT matches(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(20), 'pay_pence_hour', 1500))), '^23505 from_on: ', 'not twice either');

-- Put right.
SELECT matches(refused('amira', net.right('pay_pence_hour', 1)), '^CV003 update_mask: "pay_pence_hour" cannot be changed here', 'pay is no correction');
SELECT is(refused('amira', net.right('starts_on', net.d(-10))), format('CV003 job.starts_on: Terms changed on %s; the job started before that.', said_date(net.d(-10))), 'a start behind a change of terms');
SELECT is(called('amira', format($$update_job('{"job": {"client_ref": "LB-014", "starts_on": "%s", "first_pay_on": "%s", "title": "Driver"}, "update_mask": ["starts_on", "first_pay_on", "title"]}')$$, net.d(-28), net.d(-14))) #>> '{terms,0,from_on}', net.d(-28)::text, 'the first terms move with the start');
SELECT is((net.j()).title, 'Driver', 'and the rest is put right');
SELECT is(called('amira', 'job_json(job_of(''{"client_ref": "LB-014"}''))') ->> 'next_pay_on', net.d(0)::text, 'paid weekly');
SELECT is(refused('amira', net.right('soc', text '')), 'CV003 job.soc: Say which SOC 2020 unit group the job is, four digits like 8214.', 'an occupation stays');

-- Lost shifts.
SELECT is(refused('amira', net.of('add_lost_shift', '{"hours_tenths": 80, "reason": "unwell"}')), 'CV003 on: Say on which day the shift was lost.', 'a shift has a day');
SELECT is(refused('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(-29), 'hours_tenths', 80, 'reason', 'unwell'))), format('CV003 on: %s lies outside the job, which started on %s.', said_date(net.d(-29)), said_date(net.d(-28))), 'before the job');
SELECT is(refused('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(1), 'hours_tenths', 80, 'reason', 'unwell'))), format('CV003 on: %s lies in the future: record it when it has happened.', said_date(net.d(1))), 'a shift that is to come');
SELECT is(refused('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'reason', 'unwell'))), 'CV003 hours_tenths: Say how many hours the shift had.', 'its hours');
SELECT matches(refused('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'hours_tenths', 241, 'reason', 'unwell'))), '^23514 hours_tenths: A shift is at most 24 hours', 'of one day');
SELECT is(refused('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'hours_tenths', 80))), 'CV003 reason: Say why: unwell, appointment, caring, employer or other.', 'and why, a kind');
SELECT is(net.does('amira', 3, net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'hours_tenths', 80, 'reason', 'unwell'))) -> 'lost_shifts',
    jsonb_build_array(jsonb_build_object('on', net.d(-5), 'hours_tenths', 80, 'reason', 'unwell', 'by', 'Amira Shah')), 'a lost shift');
SELECT matches(refused('lena', net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'hours_tenths', 40, 'reason', 'caring'))), '^23505 on: A lost shift of this day is recorded already', 'once a day');
SELECT is(refused('amira', net.right('starts_on', net.d(-4))), format('CV003 job.starts_on: Terms changed on %s; the job started before that.', said_date(net.d(-10))), 'a start behind what happened in it');
SELECT is(refused('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(-6), 'reason', 'resigned'))), format('CV003 ends_on: A shift of %s is noted as lost; the job had not ended by then.', said_date(net.d(-5))), 'an end before a lost shift');
SELECT is(refused('amira', net.of('remove_lost_shift', jsonb_build_object('on', net.d(-6)))), format('CV005 on: No shift of %s is noted as lost.', said_date(net.d(-6))), 'what is not there');
SELECT is(called('amira', net.of('remove_lost_shift', jsonb_build_object('on', net.d(-5)))) -> 'lost_shifts', NULL, 'a shift that was worked after all');
SELECT called('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'hours_tenths', 80, 'reason', 'unwell'))) IS NOT NULL AS x \gset

-- The end.
SELECT is(refused('amira', net.of('end_job', '{"reason": "resigned"}')), 'CV003 ends_on: Say which day was the last one of work.', 'a last day');
SELECT is(refused('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(1), 'reason', 'resigned'))), format('CV003 ends_on: %s lies in the future: record it when it has happened.', said_date(net.d(1))), 'that has been');
SELECT is(refused('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(0)))), 'CV003 reason: Say why: contract ended, resigned, dismissed, redundant, health, new job or other.', 'and why');
SELECT called('amira', net.of('remove_lost_shift', jsonb_build_object('on', net.d(-5)))) IS NOT NULL AS x \gset
SELECT matches(refused('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(-29), 'reason', 'resigned'))), '^23514 ends_on: The last day of work comes before the first', 'not before the start');
SELECT is(net.does('lena', 4, net.of('end_job', jsonb_build_object('ends_on', net.d(-1), 'reason', 'contract_ended'))) -> 'follow_up',
    jsonb_build_array(format('Be in touch with LB-014 by %s.', said_date(net.d(2))), 'The search begins again, with the wishes as they stand: canvass match LB-014'), 'what follows: support, and the search');
SELECT is((SELECT array_agg(from_on ORDER BY from_on) FROM job_terms), ARRAY[net.d(-28), net.d(-10)], 'terms that were to come go');
SELECT is(refused('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(-1), 'reason', 'resigned'))), format('CV009 job_id: Driver at Stockwell Tool Hire ended on %s already.', said_date(net.d(-1))), 'once');
SELECT is(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(0), 'hours_tenths', 100))), format('CV003 from_on: The job ended on %s; its terms changed before that.', said_date(net.d(-1))), 'no terms after it');
SELECT is(refused('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(0), 'hours_tenths', 80, 'reason', 'unwell'))), format('CV003 on: %s lies outside the job, which ended on %s.', said_date(net.d(0)), said_date(net.d(-1))), 'no shift after it');
SELECT is(refused('amira', net.start(jsonb_build_object('starts_on', net.d(-2)))), format('CV006 job.starts_on: LB-014 has a job there already: Driver at Stockwell Tool Hire, since %s until %s.', said_date(net.d(-28)), said_date(net.d(-1))), 'no second one in its days');
SELECT is(called('amira', 'job_json(job_of(''{"client_ref": "LB-014"}''))') - '{terms,support_due}'::text[] @> '{"weeks": 4, "end_reason": "contract_ended", "hours_tenths": 200}', true, 'the last job is still found by its client');
SELECT is(called('amira', 'job_json(job_of(''{"client_ref": "LB-014"}''))') -> 'next_pay_on', NULL, 'without a pay day');

-- A second job beside: which one is meant.
SELECT called('amira', net.start(jsonb_build_object('id', '10000000-0000-7000-8000-000000000002', 'starts_on', net.d(1)))) IS NOT NULL AS x \gset
SELECT called('amira', net.start(jsonb_build_object('id', '10000000-0000-7000-8000-000000000003', 'starts_on', net.d(-3), 'employer_id', 'e0000000-0000-7000-8000-000000000002', 'title', 'Baker'))) IS NOT NULL AS x \gset
SELECT is(refused('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(0), 'reason', 'resigned'))),
    'CV003 job_id: LB-014 holds 2 jobs then; say which by its id: Baker at Peckham Bakery is 10000000-0000-7000-8000-000000000003; Van driver at Stockwell Tool Hire is 10000000-0000-7000-8000-000000000002.', 'two jobs');
SELECT is(called('amira', net.of('add_lost_shift', jsonb_build_object('on', net.d(0), 'hours_tenths', 80, 'reason', 'employer'))) ->> 'title', 'Baker', 'the day says which');
SELECT is(called('amira', net.of('end_job', jsonb_build_object('job_id', '10000000-0000-7000-8000-000000000003', 'ends_on', net.d(0), 'reason', 'new_job'))) -> 'follow_up' ->> 1, 'LB-014 still works: Van driver at Stockwell Tool Hire.', 'one of two: no new search');
UPDATE job SET starts_on = net.d(0) WHERE ends_on IS NULL;
UPDATE client SET status = 'paused', paused_until = net.d(7) WHERE ref = 'LB-014';
SELECT is(called('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(0), 'reason', 'redundant'))) -> 'follow_up' ->> 1, format('LB-014 is paused until %s; then the search begins again, with the wishes as they stand: canvass match LB-014', said_date(net.d(7))), 'of a paused client later');
SELECT is(refused('amira', net.start(jsonb_build_object('starts_on', net.d(3)))), NULL, 'a paused client may start');
SELECT called('amira', $$discharge_client('{"client_id": "c0000000-0000-7000-8000-000000000001", "reason": "in_work"}')$$) IS NOT NULL AS x \gset
SELECT matches(refused('amira', net.start('{"employer_id": "e0000000-0000-7000-8000-000000000002"}')), '^CV009 job.client_id: LB-014 was discharged at .*; nothing more can be changed', 'one who was discharged may not');
SELECT matches(refused('amira', net.of('change_terms', jsonb_build_object('from_on', net.d(5), 'hours_tenths', 100))), '^CV009 job_id: LB-014 was discharged at .*; only the end of a job can still be recorded', 'nor change');
UPDATE job SET starts_on = net.d(0) WHERE ends_on IS NULL;
SELECT is(called('amira', net.of('end_job', jsonb_build_object('ends_on', net.d(0), 'reason', 'resigned'))) -> 'follow_up', '["LB-014 was discharged; nobody is asked to follow."]'::jsonb, 'but the end is known');

-- From an opening: a place goes, the last one closes it, whoever noted it.
INSERT INTO opening (id, employer_id, site_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, pay_pence_hour, permanent, places, network, created_by_name, updated_by_name)
    VALUES ('0a000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000002', '50000000-0000-7000-8000-000000000002', 'E09000028', 'Packer', '8214', 200, 200, 1350, true, 2, false, 'net', 'net');
\set packer '''{"client_ref": "LB-015", "employer_id": null, "title": null, "soc": null, "hours_tenths": null, "pay_pence_hour": null, "opening_id": "0a000000-0000-7000-8000-000000000001"}'''
SELECT is(refused('amira', net.start(:packer)), 'CV005 job.opening_id: There is no such opening.', 'an opening that the team does not see');
UPDATE opening SET seen_by = '{E09000022}' WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT is(refused('amira', net.start(:packer::jsonb || '{"employer_id": "e0000000-0000-7000-8000-000000000001"}')), 'CV003 job.employer_id: The opening is at another employer; name one of the two.', 'an opening of another employer');
INSERT INTO trial (id, borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, tasks, pay_pence_hour, starts_on, ends_on, days, status, updated_by_name)
SELECT ('20000000-0000-7000-8000-00000000000' || n)::uuid, 'E09000028', 'a0000000-0000-7000-8000-000000000003', 'c0000000-0000-7000-8000-000000000004', 'b0000000-0000-7000-8000-000000000004',
       'e0000000-0000-7000-8000-000000000002', '0a000000-0000-7000-8000-000000000001', n, 'paid', 'Packer', 'packing', 1400, net.d(5 * n), net.d(5 * n + 2), 3, 'agreed', 'net' FROM generate_series(1, 2) AS n;
SELECT is(refused('amira', net.start(:packer)), 'CV009 job.opening_id: Each place of this opening is held for a trial. Name the employer alone to record the job.', 'places that are held for trials');
DELETE FROM trial;
SELECT is(net.does('amira', 11, net.start(:packer)) -> 'follow_up', '["1 place of the opening is left."]'::jsonb, 'one of two places goes');
SELECT is((SELECT (j.title, j.soc, j.site_id, j.opening_id, t.hours_tenths, t.pay_pence_hour, t.permanent)::text FROM job j JOIN job_terms t ON t.job_id = j.id WHERE j.opening_id IS NOT NULL),
    '(Packer,8214,50000000-0000-7000-8000-000000000002,0a000000-0000-7000-8000-000000000001,200,1350,t)', 'what the opening says is the job''s');
SELECT is(((net.place()).places, (net.place()).closed_at IS NULL, (net.place()).updated_by_name)::text, '(1,t,"Amira Shah")', 'of another borough''s opening');
SELECT matches(tried('amira', 'UPDATE opening SET places = 5 WHERE id = ''0a000000-0000-7000-8000-000000000001'''), '^0 rows', 'which the team may not change otherwise');
SELECT is(net.does('sam', 12, net.start(:packer::jsonb || '{"client_ref": "SK-301"}')) -> 'follow_up', '["That was the last place: the opening is closed as filled."]'::jsonb, 'the last one closes it');
SELECT is(((net.place()).places, (net.place()).closed_at, (net.place()).closed_reason)::text, format('(1,"%s",filled)', now()), 'as filled');
UPDATE client SET specialist_id = NULL WHERE ref = 'LS-201';
SELECT is(refused('bola', net.start(:packer::jsonb || '{"client_ref": "LS-201"}')), format('CV009 job.opening_id: This opening was closed %s: filled. Name the employer alone to record the job.', said_when(now())), 'whoever comes after is told');

-- After a trial.
INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, places, created_by_name, updated_by_name)
    VALUES ('0a000000-0000-7000-8000-000000000002', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Yard hand', '9252', 300, 300, 1, 'net', 'net');
INSERT INTO trial (id, borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, soc, tasks, pay_pence_hour, hours_tenths, starts_on, ends_on, days, status, outcome, ended_at, updated_by_name)
SELECT ('20000000-0000-7000-8000-00000000000' || n)::uuid, 'E09000022', 'a0000000-0000-7000-8000-000000000002', 'c0000000-0000-7000-8000-000000000003', 'b0000000-0000-7000-8000-000000000003',
       'e0000000-0000-7000-8000-000000000001', '0a000000-0000-7000-8000-000000000002', 1, 'paid', 'Yard hand', '8214', 'lifting', 1400, 250, net.d(-40 + n), net.d(-40 + n), 1, s.status::trial_status, s.outcome::trial_outcome,
       CASE WHEN s.outcome IS NOT NULL THEN now() END, 'net'
  FROM (VALUES (1, 'completed', 'offer'), (2, 'completed', 'no_offer'), (3, 'agreed', NULL)) AS s (n, status, outcome);
CREATE FUNCTION net.after(n integer, differs jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT net.start('{"client_ref": "LS-201", "employer_id": null, "title": null, "soc": null, "hours_tenths": null}'::jsonb || jsonb_build_object('trial_id', '20000000-0000-7000-8000-00000000000' || n) || differs)
$$;
SELECT is(refused('bola', net.after(2)), 'CV009 job.trial_id: This trial led to no offer (no offer); name the employer alone to record the job.', 'a trial without an offer is no job');
SELECT is(refused('bola', net.after(3)), 'CV009 job.trial_id: This trial has no outcome yet; complete it with the offer first.', 'nor one that runs');
SELECT is(refused('bola', net.after(9)), 'CV005 job.trial_id: Your team has no such trial.', 'nor one that does not exist');
SELECT is(refused('amira', net.after(1, '{"client_ref": "LB-015"}')), 'CV005 job.trial_id: Your team has no such trial.', 'or is another team''s');
SELECT is(refused('bola', net.after(1, '{"opening_id": "0a000000-0000-7000-8000-000000000001"}')), 'CV003 job.opening_id: The trial was for another opening; name one of the two.', 'a trial for another opening');
SELECT is((called('bola', net.after(1, '{"trial_id": null}')) -> 'job') - '{terms,support_due,id,etag,starts_on,specialist,specialist_id,site,weeks,soc_title,employer,client_id}'::text[],
    '{"client_ref": "LS-201", "employer_id": "e0000000-0000-7000-8000-000000000001", "site_id": "50000000-0000-7000-8000-000000000001",
      "opening_id": "0a000000-0000-7000-8000-000000000002", "trial_id": "20000000-0000-7000-8000-000000000001", "title": "Yard hand", "soc": "8214",
      "hours_tenths": 250, "pay_pence_hour": 1300, "permanent": false, "competitive": true}'::jsonb, 'the trial need not be named, and what it says is the job''s');
SELECT is((SELECT closed_reason FROM opening WHERE id = '0a000000-0000-7000-8000-000000000002'), 'filled', 'its place goes, too');
UPDATE job SET ends_on = net.d(-1), end_reason = 'other' WHERE trial_id IS NOT NULL;
SELECT matches(refused('bola', net.after(1, jsonb_build_object('starts_on', net.d(0)))), '^23505 job.trial_id: The job that this trial led to is recorded already', 'one job a trial');

-- Pay days.
SELECT is(next_pay_day(f::date, r::pay_rhythm, d::date), w::date, format('%s from %s, on %s', r, f, d))
  FROM (VALUES ('weekly', '2026-10-23', '2026-10-23', '2026-10-23'), ('weekly', '2026-10-23', '2026-10-26', '2026-10-30'),
               ('fortnightly', '2026-10-23', '2026-10-24', '2026-11-06'), ('four_weekly', '2026-10-23', '2027-03-29', '2027-04-09'),
               ('monthly', '2027-01-31', '2027-02-01', '2027-02-28'), ('monthly', '2027-01-31', '2027-03-01', '2027-03-31'),
               ('monthly', '2026-11-15', '2026-12-16', '2027-01-15'), (NULL, '2026-11-15', '2026-11-15', '2026-11-15'),
               (NULL, '2026-11-15', '2026-11-16', NULL), ('monthly', NULL, '2026-11-16', NULL)) AS p (r, f, d, w);
UPDATE job SET first_pay_on = starts_on + 30, client_id = client_id WHERE opening_id = '0a000000-0000-7000-8000-000000000001' AND team_id = 'a0000000-0000-7000-8000-000000000001';
SELECT is(called('lena', format('(SELECT jsonb_agg(p.sentence) FROM first_pay_days_on(%L, 3) AS p)', net.d(-2))), jsonb_build_array(format('First pay day %s: be in touch before it, and let the team know', said_day(net.d(0), net.d(-2)))), 'a first pay day of the own caseload, in neutral words');
SELECT is(called('lena', format('(SELECT count(*) FROM first_pay_days_on(%L, 3) AS p)', net.d(1))), '0'::jsonb, 'that lies ahead');
SELECT is(called('amira', format('(SELECT count(*) FROM first_pay_days_on(%L, 3) AS p)', net.d(-2))), '0'::jsonb, 'of no colleague''s');

-- Taking back: a start with its place and its relationship, terms, a lost shift, a start that moved, an end.
UPDATE opening SET closed_at = NULL, closed_reason = NULL, places = 1 WHERE id = '0a000000-0000-7000-8000-000000000001';
UPDATE relationship SET stage = 'fair' WHERE borough_id = 'E09000028';
DELETE FROM job_terms WHERE client_id = 'c0000000-0000-7000-8000-000000000003';
DELETE FROM job WHERE client_id = 'c0000000-0000-7000-8000-000000000003';
UPDATE job SET ends_on = greatest(starts_on, net.d(-1)), end_reason = 'other' WHERE ends_on IS NULL;
SELECT net.keep('before');
SELECT net.does('bola', 21, net.start(:packer::jsonb || '{"client_ref": "LS-201"}')) IS NOT NULL AS x \gset
SELECT net.keep('started');
SELECT net.does('bola', 22, net.of('change_terms', jsonb_build_object('from_on', net.d(-10), 'pay_pence_hour', 1400), 'LS-201')) IS NOT NULL AS x \gset
SELECT net.keep('changed');
SELECT net.does('bola', 23, net.of('add_lost_shift', jsonb_build_object('on', net.d(-5), 'hours_tenths', 70, 'reason', 'caring'), 'LS-201')) IS NOT NULL AS x \gset
SELECT net.keep('lost');
SELECT net.does('bola', 24, format('update_job(%L)', jsonb_build_object('job', jsonb_build_object('client_ref', 'LS-201', 'starts_on', net.d(-29)), 'update_mask', '{starts_on}'::text[]))) IS NOT NULL AS x \gset
SELECT net.keep('moved');
SELECT net.does('bola', 25, net.of('end_job', jsonb_build_object('ends_on', net.d(-1), 'reason', 'health'), 'LS-201')) IS NOT NULL AS x \gset
SELECT net.keep('ended');
SELECT is(called('bola', format('ARRAY(SELECT h.entry ->> ''sentence'' FROM history(%L, 6, NULL) h LIMIT 5)', '{"client_id": "c0000000-0000-7000-8000-000000000003"}')), jsonb_build_array(
    format('Bola Adeyemi (Lambeth) changed the last day to %s, why it ended to health of the job at Peckham Bakery', said_date(net.d(-1))),
    format('Bola Adeyemi (Lambeth) changed the start from %s to %s of the job at Peckham Bakery; took out terms of a job; noted the terms of a job', said_date(net.d(-30)), said_date(net.d(-29))),
    'Bola Adeyemi (Lambeth) noted a lost shift', 'Bola Adeyemi (Lambeth) noted the terms of a job', 'Bola Adeyemi (Lambeth) recorded a job at Peckham Bakery; noted the terms of a job'), 'history says each step to the team');
SELECT ok(called('sam', 'ARRAY(SELECT h.entry ->> ''sentence'' FROM history(''{"opening_id": "0a000000-0000-7000-8000-000000000001"}'', 51, NULL) h)')::text ~ 'Bola Adeyemi \(Lambeth\) changed why it closed to filled', 'the opening''s borough reads that it is filled');
SELECT ok(called('sam', 'ARRAY(SELECT h.entry ->> ''sentence'' FROM history(''{"employer_id": "e0000000-0000-7000-8000-000000000002"}'', 51, NULL) h)')::text !~ 'Bola Adeyemi [^"]*(job|terms|shift)|LS-201', 'nothing of the job');
SELECT matches(net.undo('bola', 21), '^CV009 undo_id: This cannot be taken back, because since then Bola Adeyemi', 'a start on which more depends');
SELECT is(net.undo('amira', 25), 'CV005 undo_id: There is no such request of yours or your team''s that changed anything.', 'another team''s');
SELECT is(net.undo('bola', 25), format('Bola Adeyemi changed the last day to %s, why it ended to health of the job at Peckham Bakery', said_date(net.d(-1))), 'an end is taken back');
SELECT is(net.since('moved'), NULL, 'whole');
SELECT matches(net.undo('bola', 24), '^Bola Adeyemi changed the start', 'a start that moved');
SELECT is(net.since('lost'), NULL, 'with its terms');
SELECT matches(net.undo('bola', 23), 'noted a lost shift', 'a lost shift');
SELECT is(net.since('changed'), NULL, 'whole');
SELECT matches(net.undo('bola', 22), 'noted the terms of a job', 'terms');
SELECT is(net.since('started'), NULL, 'whole');
SELECT matches(net.undo('bola', 21), 'recorded a job', 'a start');
SELECT is(net.since('before'), NULL, 'with the place of another borough''s opening and the relationship');
SELECT matches(net.undo('bola', currval('net.undoes')::integer), 'recorded a job', 'and done again');
SELECT is(net.since('started'), NULL, 'its place goes again');

-- What is kept of a person, and what erasing leaves.
DELETE FROM job_terms WHERE client_id = 'c0000000-0000-7000-8000-000000000004';
DELETE FROM job WHERE client_id = 'c0000000-0000-7000-8000-000000000004';
SELECT net.does('sam', 31, net.start('{"client_ref": "SK-301", "title": "Fitter"}')) IS NOT NULL AS x \gset
SELECT called('sam', net.of('add_lost_shift', jsonb_build_object('on', net.d(0), 'hours_tenths', 70, 'reason', 'unwell'), 'SK-301')) IS NOT NULL AS x \gset
SELECT is(((called('sam', 'export_person(''{"ref": "SK-301"}'')') ->> 'json')::jsonb #> '{jobs,0}') - '{borough_id,created_at,updated_at,updated_by_name,team_id,starts_on}'::text[] #- '{terms,0,from_on}' #- '{lost_shifts,0,on_day}' #- '{lost_shifts,0,recorded_at}',
    '{"title": "Fitter", "soc": "8214", "occupation": "Delivery drivers and couriers", "employer": "Stockwell Tool Hire", "employer_id": "e0000000-0000-7000-8000-000000000001",
      "specialist": "Sam Reid", "specialist_id": "b0000000-0000-7000-8000-000000000004", "competitive": true,
      "terms": [{"hours_tenths": 160, "pay_pence_hour": 1300, "permanent": false}], "lost_shifts": [{"hours_tenths": 70, "reason": "unwell", "specialist": "Sam Reid"}]}'::jsonb, 'a job in what a person may ask for');
SELECT matches(called('sam', 'erase_person(''{"ref": "SK-301"}'')')::text, '1 job', 'erasing says that it stays');
SELECT is((SELECT (j.title, t.hours_tenths, l.reason)::text FROM job j JOIN job_terms t ON t.job_id = j.id JOIN lost_shift l ON l.job_id = j.id WHERE j.client_id = 'c0000000-0000-7000-8000-000000000004'), '(Fitter,160,other)', 'for the counts, without why a shift was lost');

SELECT * FROM finish();
ROLLBACK;
