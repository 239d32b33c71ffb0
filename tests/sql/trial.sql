-- Trials: what the law asks of each kind, places under pauses, the way from a proposal to its end.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(202);

-- A job of 20 hours without end, its days Monday to Friday; one place.
INSERT INTO opening (id, employer_id, site_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, pay_pence_hour, network, created_by_name, updated_by_name) VALUES
    ('0a000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', '50000000-0000-7000-8000-000000000001', 'E09000022', 'Yard hand', '9252', 200, 200, 1400, true, 'net', 'net'),
    ('0a000000-0000-7000-8000-000000000002', 'e0000000-0000-7000-8000-000000000002', NULL, 'E09000022', 'Baker', '9252', 80, 80, 0, true, 'net', 'net');

-- A proposal of Amira's, LB-014 and the yard unless it says otherwise, on days of 2027.
CREATE FUNCTION net.trial(more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('propose_trial(%L)', jsonb_build_object('trial', jsonb_build_object('client_ref', 'LB-014',
        'opening_id', '0a000000-0000-7000-8000-000000000001') || more))
$$;
CREATE FUNCTION net.row(n integer, more jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    t trial;
    c client;
BEGIN
    SELECT * INTO c FROM client WHERE id = ('c0000000-0000-7000-8000-00000000000' || n)::uuid;
    t := jsonb_populate_record(NULL::trial, jsonb_build_object('id', uuid_v7(), 'borough_id', 'E09000022', 'team_id', c.team_id,
        'client_id', c.id, 'specialist_id', c.specialist_id, 'employer_id', 'e0000000-0000-7000-8000-000000000001',
        'opening_id', '0a000000-0000-7000-8000-000000000001', 'title', 'Yard hand', 'kind', 'paid', 'pay_pence_hour', 1400,
        'hours_tenths', 200, 'expected_weeks', 0, 'days', 1, 'starts_on', '2027-03-01', 'ends_on', '2027-03-01', 'tasks', 'lifting', 'status', 'proposed',
        'interviewed', false, 'sole_candidate', false, 'volunteer', false, 'travel_paid', false, 'meals_pence_day', 0, 'insured', false, 'watch_tenths', 0,
        'benefits_told', false, 'created_at', now(), 'updated_at', now(), 'updated_by_name', 'net', 'version', 1) || more);
    INSERT INTO trial SELECT t.*;
    RETURN t.id;
END
$$;
-- What the rules say of a row, whoever writes it: the error, or NULL.
CREATE FUNCTION net.judged(more jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    said := net.tried('nobody', 'SELECT 1');
    BEGIN
        PERFORM net.row(1, more);
        RAISE EXCEPTION 'fine';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS said = COLUMN_NAME;
        RETURN nullif(concat_ws(' ', CASE WHEN SQLERRM <> 'fine' THEN SQLSTATE END, nullif(said, '') || ':', nullif(SQLERRM, 'fine')), '');
    END;
END
$$;

-- ---- hard stops, case by case ----

CREATE TEMP TABLE hard (n serial, title text, row jsonb, expected text);
INSERT INTO hard (title, row, expected) VALUES
    -- Jobcentre Plus.
    ('30 days where the job has no end', '{"kind": "jobcentre_plus", "days": 30, "ends_on": "2027-04-30"}', NULL),
    ('30 days from 26 weeks on', '{"kind": "jobcentre_plus", "days": 30, "ends_on": "2027-04-30", "expected_weeks": 26}', NULL),
    ('not 31', '{"kind": "jobcentre_plus", "days": 31, "ends_on": "2027-04-30"}', 'CV003 trial.days: A Jobcentre Plus work trial lasts at most 30 days. If Jobcentre Plus agreed'),
    ('31 that a lead wrote down why', '{"kind": "jobcentre_plus", "days": 31, "ends_on": "2027-04-30", "override_reason": "agreed with JCP"}', NULL),
    ('5 days under 26 weeks', '{"kind": "jobcentre_plus", "days": 5, "ends_on": "2027-03-05", "expected_weeks": 25}', NULL),
    ('not 6', '{"kind": "jobcentre_plus", "days": 6, "ends_on": "2027-03-08", "expected_weeks": 25}', 'CV003 trial.days: A Jobcentre Plus work trial lasts at most 5 days where the job lasts under 26 weeks.'),
    ('16 hours', '{"kind": "jobcentre_plus", "hours_tenths": 160}', NULL),
    ('not 15.9', '{"kind": "jobcentre_plus", "hours_tenths": 159}', 'CV003 trial.hours_tenths: A Jobcentre Plus work trial is for a job of at least 16 hours a week; this one has 15.9.'),
    ('not 15.9 with an override either', '{"kind": "jobcentre_plus", "hours_tenths": 159, "override_reason": "x"}', 'CV003 trial.hours_tenths: A Jobcentre'),
    ('13 weeks', '{"kind": "jobcentre_plus", "expected_weeks": 13}', NULL),
    ('not 12', '{"kind": "jobcentre_plus", "expected_weeks": 12}', 'CV003 trial.expected_weeks: A Jobcentre Plus work trial is for a job of at least 13 weeks; this one lasts 12.'),
    ('agreed by the Jobcentre on the first day', '{"kind": "jobcentre_plus", "jcp_agreed_on": "2027-03-01"}', NULL),
    ('not on the second', '{"kind": "jobcentre_plus", "jcp_agreed_on": "2027-03-02"}', 'CV003 trial.jcp_agreed_on: Jobcentre Plus agrees before the trial is offered and begins; 2 March 2027 is too late.'),
    ('nor after it was agreed with the employer', '{"kind": "jobcentre_plus", "jcp_agreed_on": "2027-02-20", "agreed_at": "2027-02-19T10:00:00Z"}', 'CV003 trial.jcp_agreed_on: Jobcentre Plus agrees before'),
    ('no pay', '{"kind": "jobcentre_plus", "pay_pence_hour": 1400}', '23514'),
    -- Private and unpaid.
    ('a day', '{"kind": "private_unpaid"}', NULL),
    ('not two without a reason', '{"kind": "private_unpaid", "days": 2, "ends_on": "2027-03-02"}', 'CV003 trial.unpaid_reason: More than 1 day without pay normally has to be paid at the minimum wage. Write down why'),
    ('nor without the answers', '{"kind": "private_unpaid", "days": 2, "ends_on": "2027-03-02", "unpaid_reason": "two shifts differ", "is_recruiting": true, "is_longer": false, "is_observed": true, "is_matching": true, "is_valuable": false}',
        'CV003 trial.unpaid_reason: More than 1 day without pay: answer all six questions of the minimum wage. Still to say: whether it saves labour.'),
    ('two with all six', '{"kind": "private_unpaid", "days": 2, "ends_on": "2027-03-02", "unpaid_reason": "two shifts differ", "is_recruiting": true, "is_longer": false, "is_observed": true, "is_matching": true, "is_valuable": false, "is_saving": false}', NULL),
    ('not if nobody recruits', '{"kind": "private_unpaid", "is_recruiting": false}', 'CV003 trial.is_recruiting: The employer is not recruiting for a job: that is work'),
    ('not if it is longer than needed', '{"kind": "private_unpaid", "is_longer": true}', 'CV003 trial.is_longer: It is longer'),
    ('not if nobody watches', '{"kind": "private_unpaid", "is_observed": false}', 'CV003 trial.is_observed: Nobody watches'),
    ('not if the tasks are others', '{"kind": "private_unpaid", "is_matching": false}', 'CV003 trial.is_matching: The tasks'),
    ('not if it is of value', '{"kind": "private_unpaid", "is_valuable": true}', 'CV003 trial.is_valuable: It has value'),
    ('not if it saves labour', '{"kind": "private_unpaid", "is_saving": true}', 'CV003 trial.is_saving: It saves the employer labour: that is work, and has to be paid at the minimum wage.'),
    ('all of that is paid for in a paid trial', '{"kind": "paid", "pay_pence_hour": 1400, "is_saving": true}', NULL),
    -- Paid, at 21 and over.
    ('the minimum wage', '{"pay_pence_hour": 1271}', NULL),
    ('not a penny less', '{"pay_pence_hour": 1270}', 'CV003 trial.pay_pence_hour: £12.70 an hour is below the minimum wage at 21 and over from 1 April 2026: £12.71.'),
    ('of its own day', '{"pay_pence_hour": 1221, "starts_on": "2026-03-31", "ends_on": "2026-03-31"}', NULL),
    ('and of its last day', '{"pay_pence_hour": 1221, "starts_on": "2026-03-31", "ends_on": "2026-04-01"}', 'CV003 trial.pay_pence_hour: £12.21 an hour is below the minimum wage at 21 and over from 1 April 2026'),
    ('the days of a paid one are nobody''s limit', '{"days": 60, "ends_on": "2027-06-30"}', NULL),
    -- Tasters.
    ('a taster', '{"kind": "taster", "watch_tenths": 30, "pay_pence_hour": 0}', NULL),
    ('hours of watching belong to one', '{"watch_tenths": 30}', '23514'),
    -- Any.
    ('no kind', '{"kind": "none", "pay_pence_hour": 0}', '23514'),
    ('the end before the start', '{"ends_on": "2027-02-28"}', '23514'),
    ('more days than there are', '{"days": 2}', '23514'),
    ('no days', '{"days": 0}', '23514');
UPDATE hard SET row = row || '{"pay_pence_hour": 0}' WHERE row ->> 'kind' IN ('jobcentre_plus', 'private_unpaid') AND NOT row ? 'pay_pence_hour';
SELECT ok(coalesce(net.judged(row), '') LIKE coalesce(expected, '') || CASE WHEN expected IS NULL THEN '' ELSE '%' END,
          format('%s: %s', coalesce(row ->> 'kind', 'paid'), title) || coalesce(' -- ' || net.judged(row), ''))
  FROM hard ORDER BY n;

-- What each kind's own record is, before it is agreed.
CREATE TEMP TABLE late (n serial, kind text, row jsonb, field text);
INSERT INTO late (kind, row, field) VALUES
    ('jobcentre_plus', '{"jcp_ref": null}', 'trial.jcp_ref'), ('jobcentre_plus', '{"jcp_agreed_on": null}', 'trial.jcp_agreed_on'),
    ('jobcentre_plus', '{"interviewed": false}', 'trial.interviewed'), ('jobcentre_plus', '{"volunteer": false}', 'trial.volunteer'),
    ('jobcentre_plus', '{"sole_candidate": false}', 'trial.sole_candidate'), ('jobcentre_plus', '{"hours_tenths": 0}', 'trial.hours_tenths'),
    ('jobcentre_plus', '{"tasks": null}', 'trial.tasks'), ('jobcentre_plus', '{}', NULL),
    ('private_unpaid', '{}', NULL), ('private_unpaid', '{"tasks": null}', 'trial.tasks'),
    ('paid', '{"pay_pence_hour": 0}', 'trial.pay_pence_hour'), ('paid', '{"pay_pence_hour": 1400}', NULL),
    ('taster', '{}', 'trial.watch_tenths'), ('taster', '{"watch_tenths": 20}', NULL);
UPDATE late SET row = jsonb_build_object('kind', kind, 'pay_pence_hour', 0)
    || CASE kind WHEN 'jobcentre_plus' THEN '{"jcp_ref": "WT-1", "jcp_agreed_on": "2027-02-01", "interviewed": true, "volunteer": true, "sole_candidate": true}'::jsonb ELSE '{}' END || row;
SELECT is(net.judged(row), NULL, format('%s without %s may be proposed', kind, coalesce(field, 'nothing'))) FROM late ORDER BY n;
SELECT is(substring(net.judged(row || '{"status": "agreed", "place": 1, "agreed_at": "2027-02-10T10:00:00Z"}') FROM '^CV003 (\S+):'), field,
          format('and is agreed with all of it: %s', coalesce(field, kind))) FROM late ORDER BY n;

-- The rules of the trial's own days: a row from the day on which it holds.
INSERT INTO trial_rule (kind, effective_from, max_days, min_hours_tenths, min_weeks, advice, source) VALUES
    ('jobcentre_plus', '2027-06-01', 10, 200, 13, 'x', 'test');
SELECT is(net.judged('{"kind": "jobcentre_plus", "pay_pence_hour": 0, "starts_on": "2027-05-31", "ends_on": "2027-06-30", "days": 20}'), NULL, 'begun on the day before, the old rule holds');
SELECT matches(net.judged('{"kind": "jobcentre_plus", "pay_pence_hour": 0, "starts_on": "2027-06-01", "ends_on": "2027-06-30", "days": 20}'), 'at most 10 days', 'from its day on the new one');
SELECT matches(tests.error($$INSERT INTO trial_rule (kind, effective_from, max_days, advice, source) VALUES ('jobcentre_plus', '2027-06-01', 20, '', '')$$), '^23505', 'two rows of one day are refused');
SELECT net.row(1, '{"kind": "jobcentre_plus", "pay_pence_hour": 0, "starts_on": "2026-03-02", "ends_on": "2026-04-30", "days": 20}') AS lawful \gset
INSERT INTO trial_rule (kind, effective_from, max_days, advice, source) VALUES ('jobcentre_plus', '2026-01-01', 3, 'x', 'test');
SELECT is(tests.error(format('UPDATE trial SET observer = %L WHERE id = %L', 'the lead', :'lawful')), 'no error', 'what was lawful when it was written stays');
SELECT matches(tests.error(format('UPDATE trial SET days = 19 WHERE id = %L', :'lawful')), 'at most 3 days', 'its days are judged again when they change');
DELETE FROM trial_rule WHERE effective_from >= '2026-01-01';
DELETE FROM trial;

-- The wage of the client's band.
UPDATE client SET age_band = '18_to_20' WHERE ref = 'LB-014';
SELECT is(net.judged('{"pay_pence_hour": 1085}'), NULL, 'from 18 to 20');
SELECT matches(net.judged('{"pay_pence_hour": 1084}'), 'below the minimum wage from 18 to 20 from 1 April 2026: £10.85', 'and not less');
UPDATE client SET age_band = NULL WHERE ref = 'LB-014';
SELECT matches(net.judged('{"pay_pence_hour": 1085}'), 'No age band is noted for this client, so the rate from 21 counts', 'without a band, the rate from 21');
UPDATE client SET age_band = '21_and_over' WHERE ref = 'LB-014';

-- Days: a week in which the clocks change is a week (28 March 2027 forward, 31 October 2027 back).
SELECT is(job_days('[]', '2027-03-22', '2027-04-02'), 10, 'two weeks around the day in March');
SELECT is(job_days('[]', '2027-10-25', '2027-11-05'), 10, 'two weeks around the day in October');
SELECT is(nth_job_day('[]', '2027-03-26', 2), date '2027-03-29', 'over that weekend');
SELECT is(nth_job_day('[{"weekday": "sunday"}]', '2027-03-22', 2), date '2027-04-04', 'of a job on Sundays');
SELECT is(job_days('[{"weekday": "saturday"}, {"weekday": "sunday"}]', '2027-10-30', '2027-10-31'), 2, 'both days of the weekend in October');

-- ---- proposals ----

SELECT called('amira', net.trial()) AS answer \gset
SELECT is((:'answer')::jsonb #>> '{trial,kind}', 'jobcentre_plus', 'the lawful kind where the employer was not asked');
SELECT matches((:'answer')::jsonb ->> 'advice', '^Suggest a Jobcentre Plus work trial', 'in a sentence');
SELECT is((:'answer')::jsonb #>> '{trial,days}', '5', 'of the usual days');
SELECT is(((:'answer')::jsonb #>> '{trial,ends_on}')::date, nth_job_day('[]', ((:'answer')::jsonb #>> '{trial,starts_on}')::date, 5), 'of work');
SELECT is((:'answer')::jsonb #>> '{trial,tasks}', 'The usual tasks of: Yard hand', 'with the job''s tasks');
SELECT is((:'answer')::jsonb #>> '{trial,hours_tenths}', '200', 'and hours');
SELECT is(jsonb_array_length((:'answer')::jsonb #> '{trial,missing}'), 5, 'and what it lacks');
SELECT is((:'answer')::jsonb #>> '{card,may_call}', 'false', 'the card says that nobody calls');
SELECT matches((:'answer')::jsonb #>> '{warnings,0}', '^The client has agreed to nothing here', 'and so does a warning');
SELECT ok((:'answer')::jsonb ->> 'letter' !~ 'LB-014|\mAB\M|Amira|Employment Support', 'the letter names neither client nor service');
SELECT matches((:'answer')::jsonb ->> 'letter', 'Proposal of a work trial: Yard hand', 'but the job');
SELECT is(called('amira', net.trial('{"opening_id": "0a000000-0000-7000-8000-000000000002"}')) #>> '{trial,kind}', 'private_unpaid', 'under 16 hours a week: a private trial');
UPDATE opening SET trial = 'paid', trial_days = 3 WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT called('amira', net.trial()) AS answer \gset
SELECT is((:'answer')::jsonb #>> '{trial,kind}', 'paid', 'what the employer offers');
SELECT is((:'answer')::jsonb #>> '{trial,days}', '3', 'for as long');
SELECT is((:'answer')::jsonb #>> '{trial,pay_pence_hour}', '1400', 'at the job''s pay');
SELECT is((:'answer')::jsonb #> '{trial,missing}', NULL, 'which can be agreed');
SELECT is(called('amira', net.trial('{"kind": "paid", "opening_id": "0a000000-0000-7000-8000-000000000002"}')) #>> '{trial,pay_pence_hour}', '1271', 'where no pay is known, the minimum wage');
SELECT is(called('amira', net.trial('{"starts_on": "2027-03-22", "ends_on": "2027-04-02"}')) #>> '{trial,days}', '10', 'days from the last day');
UPDATE relationship SET stance = 'declined';
INSERT INTO relationship (employer_id, borough_id, stage, stance, updated_by_name) VALUES ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'fair', 'declined', 'net');
SELECT ok(called('amira', net.trial()) -> 'warnings' @> '["The employer was last declined; ask before you propose it."]', 'the employer''s stance');

CREATE TEMP TABLE no (n serial, title text, row jsonb, expected text);
INSERT INTO no (title, row, expected) VALUES
    ('the end before the start', '{"starts_on": "2027-03-02", "ends_on": "2027-03-01"}', 'CV003 trial.ends_on: 1 March 2027 comes before the first day, 2 March 2027.'),
    ('long ago', '{"starts_on": "2024-03-02"}', 'CV003 trial.starts_on: 2 March 2024 is more than 400 days away.'),
    ('no opening', '{"opening_id": "0a000000-0000-7000-8000-0000000000ff"}', 'CV005 trial.opening_id: There is no such opening.'),
    ('another team''s client', '{"client_ref": "LS-201"}', 'CV005 trial.client_ref: Your team has no such client.'),
    ('pay under the minimum', '{"pay_pence_hour": 1000}', 'CV003 trial.pay_pence_hour: £10.00 an hour is below'),
    ('a reference in the tasks', '{"tasks": "LB-014 sweeps"}', 'CV003 trial.tasks: Leave LB-014 out'),
    ('initials in what the employer reads', '{"observer": "the lead, with AB"}', 'CV003 trial.observer: Leave the initials "AB" out'),
    ('Jobcentre Plus agreed in the future', jsonb_build_object('kind', 'jobcentre_plus', 'jcp_agreed_on', london_today() + 1), 'CV003 trial.jcp_agreed_on:'),
    ('days over the limit that are no lead''s', '{"kind": "jobcentre_plus", "days": 31, "override_reason": "agreed"}', 'CV007 trial.override_reason: Days over the limit are for a lead');
SELECT ok(net.refused('amira', net.trial(row)) LIKE expected || '%', title || ' -- ' || net.refused('amira', net.trial(row))) FROM no ORDER BY n;
SELECT is(refused('lena', net.trial('{"kind": "jobcentre_plus", "days": 31, "override_reason": "agreed"}')), NULL, 'a lead may');
UPDATE opening SET starts_on = '2027-03-10' WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT matches(refused('amira', net.trial('{"starts_on": "2027-03-09"}')), '^CV003 trial.starts_on: The opening begins on 10 March 2027; a trial on 9 March 2027 comes before it', 'before the opening opens');
SELECT is(called('amira', net.trial()) #>> '{trial,starts_on}', '2027-03-10', 'its first day is the trial''s');
UPDATE opening SET starts_on = NULL, closes_on = london_today() - 1 WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT matches(refused('amira', net.trial()), '^CV009 trial.opening_id: The last day to put somebody forward', 'after its last day');
UPDATE opening SET closes_on = NULL, closed_at = now(), closed_reason = 'filled' WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT matches(refused('amira', net.trial()), '^CV009 trial.opening_id: This opening closed at .* today: filled.', 'a closed one');
SELECT is(refused('amira', net.trial(jsonb_build_object('starts_on', london_today() - 3, 'ends_on', london_today() - 1))), NULL, 'but what took place before may be written down late');
UPDATE opening SET closed_at = NULL, closed_reason = NULL WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT is(refused('amira', $$pause_client(jsonb_build_object('client_id', 'c0000000-0000-7000-8000-000000000001', 'until', london_today() + 9))$$), NULL, 'a pause');
SELECT matches(refused('amira', net.trial()), '^CV009 trial.client_id: LB-014 is paused until .* Resume first.', 'of the client stops proposals');
SELECT is(refused('amira', $$resume_client('{"client_id": "c0000000-0000-7000-8000-000000000001"}')$$), NULL, 'resumed');
SELECT is(refused('sam', $$block_employer('{"employer_id": "e0000000-0000-7000-8000-000000000001", "reason": "no calls"}')$$), NULL, 'an employer asks not to be contacted');
SELECT matches(refused('amira', net.trial()), '^CV009 trial.opening_id: Stockwell Tool Hire asked on .* not to be contacted', 'nothing is proposed there');
DELETE FROM employer_block;
DELETE FROM trial;

-- ---- from a proposal to its end, on days around today ----

CREATE FUNCTION net.act(fn text, id uuid, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s(%L)', fn, jsonb_build_object('trial_id', id) || more)
$$;
CREATE FUNCTION net.near(n integer, first integer, last integer, more jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql AS $$
    SELECT net.row(n, jsonb_build_object('starts_on', london_today() + first, 'ends_on', london_today() + last, 'days', last - first + 1) || more)
$$;
SELECT net.near(1, -3, 3) AS one, net.near(2, 0, 1) AS two, net.near(4, 2, 5, '{"borough_id": "E09000028"}') AS sams, net.near(1, 4, 6) AS later \gset
SELECT matches(refused('amira', net.act('begin_trial', :'one')), '^CV009 trial_id: This trial is proposed and not agreed yet. Agree it first.', 'a proposal does not begin');
SELECT matches(refused('amira', net.act('end_trial', :'one', '{"outcome": "offer"}')), '^CV009 trial_id: This trial is proposed', 'nor end');
SELECT is(refused('bola', net.act('agree_trial', :'one')), 'CV005 trial_id: Your team has no such trial.', 'another team has no such trial');
SELECT matches(refused('amira', net.act('agree_trial', :'one', '{"etag": "7"}')), '^CV010', 'from an older version');
SELECT called('amira', net.act('agree_trial', :'one')) AS answer \gset
SELECT is((:'answer')::jsonb #>> '{trial,place}', '1', 'agreed, it has the lowest place');
SELECT is((:'answer')::jsonb #>> '{trial,status}', 'agreed', 'and is agreed');
SELECT is(refused('lena', net.act('agree_trial', :'two')), format('CV006 trial_id: The place is taken until %s; give later days, or another opening.', said_date(london_today() + 3)), 'there is no other: until when, not by whom');
SELECT is(refused('sam', net.act('agree_trial', :'sams')), format('CV006 trial_id: The place is taken until %s; give later days, or another opening.', said_date(london_today() + 3)), 'another borough is told the same');
SELECT is(called('sam', $$(SELECT opening_json(o) FROM opening o WHERE o.id = '0a000000-0000-7000-8000-000000000001')$$) ->> 'places_taken', '1', 'and sees that a place is taken');
SELECT ok(called('sam', $$(SELECT opening_json(o) FROM opening o WHERE o.id = '0a000000-0000-7000-8000-000000000001')$$)::text !~ 'LB-01|c0000000', 'not by whom');
SELECT is(called('sam', $$(SELECT opening_json(o) FROM opening o WHERE o.id = '0a000000-0000-7000-8000-000000000002')$$) -> 'places_taken', NULL, 'of another opening none is');
SELECT matches(tests.error(format('UPDATE trial SET status = %L, place = 1 WHERE id = %L', 'agreed', :'two')), '^23P01 trial.starts_on: This place is taken on these days', 'the constraint is the last guard of the place');
SELECT is(tests.error(format('UPDATE trial SET status = %L, place = 1, opening_id = %L, starts_on = %L WHERE id = %L', 'agreed', '0a000000-0000-7000-8000-000000000002', london_today() + 3, :'later')),
    '23P01 trial.starts_on: This client has another trial on these days.', 'and of the client');
SELECT is(refused('amira', net.act('agree_trial', :'later')), NULL, 'the days after are free');
SELECT matches(refused('amira', format('update_trial(%L)', jsonb_build_object('trial', jsonb_build_object('id', :'later', 'starts_on', london_today() + 3), 'update_mask', '["starts_on"]'::jsonb))), '^CV006 trial.starts_on: The client has another trial on these days: Yard hand at Stockwell Tool Hire', 'new days are looked at again');
SELECT matches(refused('amira', format('update_trial(%L)', jsonb_build_object('trial', jsonb_build_object('id', :'later', 'kind', 'taster'), 'update_mask', '["kind"]'::jsonb))), '^CV009 trial.kind', 'an agreed trial keeps its kind');
SELECT matches(refused('amira', net.act('begin_trial', :'later')), '^CV009 trial_id: This trial begins on', 'nothing begins before its day');
SELECT is(called('amira', net.act('begin_trial', :'one')) #>> '{trial,status}', 'running', 'the client came');
SELECT matches(refused('amira', net.act('cancel_trial', :'one', '{"reason": "x"}')), '^CV009 trial_id: This trial runs until .* End it or extend it.', 'what runs is not cancelled');
SELECT matches(refused('amira', net.act('end_trial', :'one')), '^23514 outcome: Say what the trial led to', 'an end has an outcome');
SELECT matches(refused('amira', net.act('end_trial', :'one', '{"outcome": "left"}')), '^CV003 reason: Say why', 'and a reason where there is no offer');
SELECT matches(refused('amira', net.act('end_trial', :'one', '{"outcome": "extended"}')), '^CV003 outcome: Extend the trial', 'an extension has a call of its own');
SELECT matches(refused('amira', net.act('end_trial', :'one', jsonb_build_object('outcome', 'offer', 'on', london_today() - 4))), '^CV003 on: The trial began on', 'an end before the start');
SELECT matches(refused('amira', net.act('end_trial', :'one', jsonb_build_object('outcome', 'offer', 'on', london_today() + 4))), '^CV003 on: The last day was', 'or after the end');
SELECT matches(refused('amira', net.act('end_trial', :'one', '{"outcome": "offer", "days_worked": 5}')), '^CV003 days_worked: From .* there are 4 days; 5 days cannot have been worked', 'more days than there were');
SELECT matches(refused('amira', $$discharge_client('{"client_id": "c0000000-0000-7000-8000-000000000001", "reason": "moved"}')$$), '^CV009 client_id: LB-014 is on a trial at Stockwell Tool Hire, which runs until .* End it first.', 'nobody is discharged from a trial that runs');

-- A pause keeps the place until its day, or the day before somebody else has it.
SELECT net.request(11);
SELECT is(refused('amira', $$pause_client(jsonb_build_object('client_id', 'c0000000-0000-7000-8000-000000000001', 'until', london_today() + 30))$$), NULL, 'a pause');
SELECT is((SELECT kept_until FROM trial WHERE id = :'later'), london_today() + 30, 'keeps the place of a trial that is agreed');
SELECT is((SELECT kept_until FROM trial WHERE id = :'one'), london_today() + 3, 'and of one that runs, until somebody else has it');
SELECT matches(refused('sam', net.act('agree_trial', net.near(4, 20, 22, '{"borough_id": "E09000028"}'))), format('^CV006 trial_id: The place is taken until %s', said_date(london_today() + 30)), 'nobody takes it meanwhile');
SELECT matches(refused('amira', net.act('extend_trial', :'one', '{"days": 1}')), '^CV009 trial_id: LB-014 is paused until', 'nothing goes on before the client does');
SELECT matches(net.undo('amira', 11), '^Amira Shah changed ', 'a pause is taken back');
SELECT is((SELECT count(*) FROM trial WHERE kept_until IS NOT NULL), 0::bigint, 'with the places that it kept');
SELECT called('amira', $$pause_client(jsonb_build_object('client_id', 'c0000000-0000-7000-8000-000000000001', 'until', london_today() + 30))$$) IS NOT NULL AS x \gset
SELECT called('amira', $$resume_client('{"client_id": "c0000000-0000-7000-8000-000000000001"}')$$) IS NOT NULL AS x \gset
SELECT is((SELECT count(*) FROM trial WHERE kept_until IS NOT NULL), 0::bigint, 'resumed, no place is kept');

-- Extending: the days add up; the next one goes on.
SELECT is(refused('amira', net.act('cancel_trial', :'later', '{"reason": "one is enough"}')), NULL, 'what has not begun is cancelled');
SELECT matches(refused('amira', net.act('extend_trial', :'one')), '^CV003 until: Say until when', 'for how long is said');
SELECT called('amira', net.act('extend_trial', :'one', jsonb_build_object('days', 2, 'days_worked', 4, 'reason', 'a second shift'))) AS answer \gset
SELECT is((:'answer')::jsonb #>> '{extended,outcome}', 'extended', 'one ends');
SELECT is((:'answer')::jsonb #>> '{trial,status}', 'running', 'the next runs');
SELECT is((:'answer')::jsonb #>> '{trial,extends_id}', :'one', 'in its place');
SELECT ok(((:'answer')::jsonb #>> '{trial,starts_on}')::date > london_today(), 'from the next day of work on');
SELECT (:'answer')::jsonb #>> '{trial,id}' AS next \gset
SELECT is(trial_days_before(t), 4, 'days before count') FROM trial t WHERE id = :'next';
SELECT is(net.judged('{"kind": "private_unpaid", "pay_pence_hour": 0}'), NULL, 'of one kind alone');
SELECT net.row(1, '{"kind": "private_unpaid", "pay_pence_hour": 0, "status": "completed", "ended_at": "2027-02-02T10:00:00Z", "outcome": "no_offer", "starts_on": "2027-02-01", "ends_on": "2027-02-01", "place": 1}') IS NOT NULL AS x \gset
SELECT matches(net.judged('{"kind": "private_unpaid", "pay_pence_hour": 0}'), 'With the 1 day before, this makes 2.', 'two short ones are one long one');
UPDATE trial SET starts_on = london_today() - 1, ends_on = london_today(), days = 2 WHERE id = :'next';
SELECT called('amira', net.act('end_trial', :'next', '{"outcome": "offer", "employer_feedback": "quick", "client_feedback": "liked it", "benefits_told": true, "days_worked": 2}')) AS answer \gset
SELECT is((:'answer')::jsonb #>> '{trial,status}', 'completed', 'an end');
SELECT is(ARRAY[(:'answer')::jsonb #>> '{trial,outcome}', (:'answer')::jsonb #>> '{trial,employer_feedback}', (:'answer')::jsonb #>> '{trial,client_feedback}',
                (:'answer')::jsonb #>> '{trial,benefits_told}'], '{offer,quick,liked it,true}', 'with what came of it');
SELECT is((SELECT count(*) FROM job), 0::bigint, 'which is no job start');
SELECT matches(refused('amira', net.act('end_trial', :'next', '{"outcome": "offer"}')), '^CV009 trial_id: This trial ended .* Propose another.', 'once');
SELECT is(refused('amira', format('update_trial(%L)', jsonb_build_object('trial', jsonb_build_object('id', :'next', 'client_feedback', 'liked it a lot'), 'update_mask', '["client_feedback"]'::jsonb))), NULL, 'feedback may come later');
SELECT matches(refused('amira', format('update_trial(%L)', jsonb_build_object('trial', jsonb_build_object('id', :'next', 'days', 1), 'update_mask', '["days"]'::jsonb))), '^CV009 trial.id: This trial ended', 'nothing else does');

-- A taster judges nobody.
SELECT net.near(1, 0, 0, '{"kind": "taster", "pay_pence_hour": 0, "watch_tenths": 30, "status": "running", "place": 1}') AS taster \gset
SELECT is(refused('amira', net.act('end_trial', :'taster', '{"outcome": "offer"}')), '23514 outcome: A taster assesses nobody: no offer comes of it, and none is refused. Propose a trial next.', 'no offer of a taster');
SELECT matches(refused('amira', net.act('extend_trial', :'taster', '{"days": 1}')), '^CV009 trial_id: A taster is hours of watching', 'which is not extended');
SELECT is(called('amira', net.act('end_trial', :'taster')) #>> '{trial,outcome}', NULL, 'and ends without an outcome');

-- Places of an opening that has two, the lowest first; a place that went.
UPDATE opening SET places = 2 WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT net.near(1, -1, 2) AS one, net.near(2, -1, 4) AS two, net.near(4, 0, 3, '{"borough_id": "E09000028"}') AS sams \gset
SELECT is(called('amira', net.act('agree_trial', :'one')) #>> '{trial,place}', '1', 'the first place');
SELECT is(called('lena', net.act('agree_trial', :'two')) #>> '{trial,place}', '2', 'the second');
SELECT matches(refused('sam', net.act('agree_trial', :'sams')), format('^CV006 trial_id: All places are taken on these days, the first until %s', said_date(london_today() + 2)), 'no third');
SELECT is(called('amira', net.act('begin_trial', :'one')) #>> '{trial,place}', '1', 'begun, it keeps its place');
UPDATE opening SET places = 1 WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT matches(refused('lena', net.act('begin_trial', :'two')), '^CV006 trial_id: The place is taken until', 'a place that went is gone');
SELECT is(called('amira', net.act('end_trial', :'one', '{"outcome": "no_offer", "reason": "another was quicker"}')) #>> '{trial,status}', 'ended_early', 'ended early, it gives its place back');
SELECT is(called('lena', net.act('begin_trial', :'two')) #>> '{trial,status}', 'running', 'which is free for who comes');
SELECT called('lena', net.act('end_trial', :'two', '{"outcome": "declined", "reason": "too far"}')) IS NOT NULL AS x \gset

-- A discharge cancels what has not begun; undo, and what others did since.
SELECT net.near(2, 5, 6) AS two, net.near(4, 5, 6, '{"borough_id": "E09000028"}') AS sams \gset
SELECT net.request(12);
SELECT called('lena', net.act('agree_trial', :'two')) IS NOT NULL AS x \gset
SELECT matches(net.undo('lena', 12), '^Lena Ofori changed .*the status from proposed to agreed', 'an agreement is taken back');
SELECT is((SELECT status::text FROM trial WHERE id = :'two'), 'proposed', 'as it was');
SELECT net.request(13);
SELECT called('lena', net.act('cancel_trial', :'two', '{"reason": "x"}')) IS NOT NULL AS x \gset
SELECT is(refused('sam', net.act('agree_trial', :'sams')), NULL, 'another has the place');
SELECT matches(net.undo('lena', 13), '^Lena Ofori changed', 'a cancelled proposal comes back, for it has no place');
SELECT matches(refused('lena', net.act('agree_trial', :'two')), '^CV006', 'and gets none');
SELECT net.request(14);
SELECT called('lena', $$discharge_client('{"client_id": "c0000000-0000-7000-8000-000000000002", "reason": "moved"}')$$) IS NOT NULL AS x \gset
SELECT is((SELECT status || ': ' || outcome_reason FROM trial WHERE id = :'two'), 'cancelled: Support ended.', 'support ends, and what has not begun');
SELECT matches(refused('lena', net.trial('{"client_ref": "LB-015"}')), '^CV009 trial.client_id: LB-015 was discharged .* nobody goes on a trial after that.', 'and nothing is proposed');
SELECT matches(refused('lena', net.act('agree_trial', :'two')), '^CV009 trial_id: This trial was cancelled', 'or agreed');

-- Merged employers: the trial goes along, its rules are not judged anew.
UPDATE employer SET open_sites = 1;
SELECT net.request(15);
SELECT is(refused('amira', $$merge_employers('{"keep_id": "e0000000-0000-7000-8000-000000000002", "merge_id": "e0000000-0000-7000-8000-000000000001"}')$$), NULL, 'employers that are one');
SELECT is((SELECT count(*) FROM trial WHERE employer_id <> 'e0000000-0000-7000-8000-000000000002'), 0::bigint, 'take their trials along');
SELECT matches(called('amira', net.act('trial_letter_of', :'one')) ->> 'text', 'To Peckham Bakery', 'the letter goes to the one that was kept');
SELECT matches(net.undo('amira', 15), 'merged', 'taken apart');
SELECT is((SELECT employer_id FROM trial WHERE id = :'one'), 'e0000000-0000-7000-8000-000000000001', 'they go back');

-- The letter keeps to the card.
SELECT net.near(1, 9, 10, '{"adjustments": "a break at ten", "observer": "the lead"}') AS one \gset
SELECT ok(called('amira', net.act('trial_letter_of', :'one')) ->> 'text' !~ 'a break|Amira|Employment', 'nothing: no service, no adjustments');
CREATE FUNCTION net.agrees(level text, wording text) RETURNS text LANGUAGE sql AS $$
    SELECT net.refused('amira', format('set_disclosure(%L)', jsonb_build_object('disclosure', jsonb_build_object('client_ref', 'LB-014',
        'employer_id', 'e0000000-0000-7000-8000-000000000001', 'level', level, 'wording', wording))))
$$;
SELECT is(net.agrees('may_call', NULL), NULL, 'you may call');
SELECT matches(called('amira', net.act('trial_letter_of', :'one')) ->> 'text', E'^Employment Support\n.*Amira Shah, Employment Support$', 'the service and who calls');
SELECT ok(called('amira', net.act('trial_letter_of', :'one')) ->> 'text' !~ 'a break', 'without the adjustments');
SELECT is(net.agrees('partial', 'needs a break in the morning'), NULL, 'a part');
SELECT matches(called('amira', net.act('trial_letter_of', :'one')) ->> 'text', 'Adjustments: a break at ten\n.*needs a break in the morning', 'the agreed words and the adjustments');
SELECT ok((SELECT bool_and(trial_letter(t) !~ 'LB-014|\mAB\M') FROM trial t WHERE client_id = 'c0000000-0000-7000-8000-000000000001'), 'never a reference or initials');
SELECT is(refused('bola', net.act('trial_letter_of', :'one')), 'CV005 trial_id: Your team has no such trial.', 'another team has no letter');
SELECT is((SELECT count(*) FROM telling_word w, team t WHERE to_tsvector('english', t.known_as) @@ plainto_tsquery('english', w.word)), 0::bigint, 'the service''s name tells nothing');
SELECT is((SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'canvass'::regnamespace AND p.proname IN ('trial_letter', 'card_say')
              AND p.prosrc ~* 'health service|treatment|drug|alcohol|recovery|addict|mental|benefit'), 0::bigint, 'nor do the letter''s own words');

-- Erasing ends trials as a discharge does, and keeps the counts.
SELECT is(refused('lena', $$erase_person('{"client_id": "c0000000-0000-7000-8000-000000000001"}')$$), NULL, 'a client is erased');
SELECT is((SELECT count(*) FROM trial WHERE client_id = 'c0000000-0000-7000-8000-000000000001' AND num_nonnulls(tasks, observer, adjustments, outcome_reason, jcp_ref) > 0), 0::bigint, 'no text of a trial stays');
SELECT is((SELECT count(*) FROM trial WHERE client_id = 'c0000000-0000-7000-8000-000000000001' AND status IN ('proposed', 'agreed', 'running')), 0::bigint, 'no place is held');

SELECT * FROM finish();
ROLLBACK;
