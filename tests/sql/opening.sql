-- Openings: what the rules of trials and of the minimum wage allow, who sees them, edits that cross.
BEGIN;
\ir support/network.sql
SELECT plan(66);

-- A job as message Opening, with what differs put over it.
CREATE FUNCTION net.job(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('create_opening(%L)', jsonb_build_object('opening',
        '{"id": "0a000000-0000-7000-8000-000000000001",
          "employer_id": "e0000000-0000-7000-8000-000000000001", "title": "Delivery driver",
          "soc": "8214", "hours_min_tenths": 300, "pay_pence_hour": 1300,
          "permanent": true, "places": 2}'::jsonb || differs))
$$;
-- The same without keeping it.
CREATE FUNCTION net.judged(differs jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    said := net.refused('amira', net.job(differs || '{"id": ""}'));
    DELETE FROM opening WHERE id <> '0a000000-0000-7000-8000-000000000001';
    RETURN said;
END
$$;
CREATE FUNCTION net.edit(who text, mask text, differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('update_opening(%L)', jsonb_build_object('update_mask', string_to_array(mask, ','),
        'opening', '{"id": "0a000000-0000-7000-8000-000000000001"}'::jsonb || differs))
$$;

SELECT is(called('amira', net.job('{"shifts": [{"weekday": "monday", "start_minute": 540, "end_minute": 1020}],
                                    "features": ["nights", "heavy_lifting", "nights"], "check": "basic",
                                    "driving": "g1"}')) - 'created' - 'updated',
    '{"id": "0a000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001",
      "employer": "Stockwell Tool Hire", "site_id": "50000000-0000-7000-8000-000000000001",
      "postcode": "SW9 8HE", "title": "Delivery driver", "soc": "8214",
      "soc_title": "Delivery drivers and couriers", "hidden": false, "hours_min_tenths": 300,
      "hours_max_tenths": 300, "pay_pence_hour": 1300, "driving": "g1", "check": "basic",
      "shifts": [{"weekday": "monday", "start_minute": 540, "end_minute": 1020}],
      "features": ["nights", "heavy_lifting"], "permanent": true, "places": 2, "trial_days": 0,
      "network": false, "borough": "Lambeth", "expected_weeks": 0, "etag": "1"}'::jsonb,
    'an opening comes back as its message');
SELECT is(called('amira', '(SELECT opening_json(o) FROM opening o)') #>> '{created,by}', 'Amira Shah',
    'who noted it');
SELECT is((SELECT get_bit(shift_bits, 18) FROM opening), 1, 'its pattern is there as half-hours');

-- What must be said.
SELECT matches(net.judged('{"title": "  "}'), '^23514 opening.title: ', 'a blank title');
SELECT matches(net.judged('{"soc": ""}'), '^23514 opening.soc: Say which', 'no occupation');
SELECT matches(net.judged('{"soc": "82"}'), '^CV003 opening.soc: Give a SOC 2020 unit group', 'an occupation that is no unit group');
SELECT is(net.judged('{"soc": "8999"}'), 'CV003 opening.soc: There is no SOC 2020 group "8999" in the list.', 'an unknown occupation');
SELECT matches(net.judged('{"hours_min_tenths": 0}'), '^23514 opening.hours_min_tenths: Say how many', 'no hours');
SELECT matches(net.judged('{"hours_min_tenths": 801}'), '^23514 opening.hours_', 'over 80 hours');
SELECT matches(net.judged('{"hours_max_tenths": 200}'), '^23514 opening.hours_max_tenths: ', 'the most hours under the fewest');
SELECT matches(net.judged('{"places": 100}'), '^23514 opening.places: ', 'too many places');
SELECT matches(net.judged('{"expected_weeks": 10}'), '^23514 opening.expected_weeks: A permanent', 'permanent and yet with an end');
SELECT matches(net.judged(jsonb_build_object('closes_on', london_today() - 1)), '^CV003 opening.closes_on: .* has passed', 'a last day that has passed');
SELECT is(net.judged(jsonb_build_object('closes_on', london_today())), NULL, 'today is a last day');
SELECT is(net.judged('{"employer_id": "e0000000-0000-7000-8000-00000000000f"}'), 'CV005 opening.employer_id: There is no such employer.', 'an unknown employer');
SELECT matches(net.judged('{"employer_id": "x"}'), '^CV003 opening.employer_id: ', 'an employer that is no id');
SELECT is(net.judged('{"site_id": "50000000-0000-7000-8000-000000000002"}'), 'CV003 opening.site_id: This employer has no such site.', 'a site of another employer');
SELECT is(refused('amira', net.job('{}')), '23505 opening.id: There is an opening with this id already.', 'an id that is taken');
SELECT is(net.judged('{"hidden": true, "soc": "", "hours_min_tenths": 0, "pay_pence_hour": 0}'), NULL,
    'hidden market: a lead without a vacancy needs a title alone (DOMAIN.md section 3)');
SELECT matches(net.judged('{"shifts": [{"weekday": "monday", "start_minute": 1320, "end_minute": 360}]}'),
    '^CV003 opening.shifts\[0\].end_minute: This ends at 06:00, before it starts at 22:00.* ends at 1800', 'a shift that ends before it starts');

-- DOMAIN.md section 6: the minimum wage from April 2026, and from a later row when the job starts under it.
SELECT is((minimum_wage_on('2026-04-01')).main_pence, 1271, 'NMW Apr 2026: 21 and over');
SELECT is((minimum_wage_on('2026-04-01')).from_18_pence, 1085, 'NMW Apr 2026: 18 to 20');
SELECT is((minimum_wage_on('2026-04-01')).under_18_pence, 800, 'NMW Apr 2026: under 18');
SELECT is((minimum_wage_on('2026-04-01')).apprentice_pence, 800, 'NMW Apr 2026: apprentice');
SELECT is(minimum_wage_for('21_and_over', '2026-03-31'), 1221, 'the day before, the rate of the year before');
SELECT is(minimum_wage_for('18_to_20', '2026-04-01'), 1085, 'by age band');
SELECT is(minimum_wage_for(NULL, '2026-04-01'), NULL, 'no band, no rate');
-- A rate of our own, so that the test holds when the real ones change.
INSERT INTO minimum_wage VALUES (london_today() - 1, 900, 901, 1100, 1300, 1300, 21),
                                (london_today() + 30, 950, 951, 1200, 1400, 1400, 21);
SELECT is(net.judged('{"pay_pence_hour": 899}'),
    'CV003 opening.pay_pence_hour: £8.99 an hour is below every minimum wage since '
    || said_date(london_today() - 1) || ': the lowest is £9.00, from 21 it is £13.00. Ask the employer; '
    'leave the pay out until it is clear.', 'pay under every minimum wage is refused');
SELECT is(net.judged('{"pay_pence_hour": 900}'), NULL, 'pay that is lawful for some ages is kept');
SELECT is(net.judged('{"pay_pence_hour": 0}'), NULL, 'pay that is not known is kept');
SELECT matches(net.judged(jsonb_build_object('pay_pence_hour', 920, 'starts_on', london_today() + 30)),
    'the lowest is £9.50', 'the rate of the day on which the job starts');

-- DOMAIN.md section 2 A: Jobcentre Plus Work Trial.
CREATE FUNCTION net.trial(kind text, days integer, hours integer, weeks integer) RETURNS text LANGUAGE sql AS $$
    SELECT net.judged(jsonb_build_object('permanent', false, 'trial', kind, 'trial_days', days,
                                         'hours_min_tenths', hours, 'expected_weeks', weeks)) $$;
SELECT is(net.trial('jobcentre_plus', 30, 160, 0), NULL, 'trial A: 30 days where the job has no end');
SELECT is(net.trial('jobcentre_plus', 30, 160, 26), NULL, 'trial A: 30 days from 6 months on');
SELECT is(net.trial('jobcentre_plus', 31, 160, 0), 'CV003 opening.trial_days: A Jobcentre Plus work trial lasts at most 30 days.', 'trial A: not over 30 days');
SELECT is(net.trial('jobcentre_plus', 5, 160, 25), NULL, 'trial A: 5 days where the job lasts under 6 months');
SELECT is(net.trial('jobcentre_plus', 6, 160, 25), 'CV003 opening.trial_days: A Jobcentre Plus work trial lasts at most 5 days where the job lasts under 26 weeks.', 'trial A: not over 5 days under 6 months');
SELECT is(net.trial('jobcentre_plus', 5, 159, 0), 'CV003 opening.trial: A Jobcentre Plus work trial is for a job of at least 16 hours a week; this one has 15.9.', 'trial A: at least 16 hours a week');
SELECT is(net.trial('jobcentre_plus', 5, 160, 13), NULL, 'trial A: 13 weeks are enough');
SELECT is(net.trial('jobcentre_plus', 5, 160, 12), 'CV003 opening.trial: A Jobcentre Plus work trial is for a job of at least 13 weeks; this one lasts 12.', 'trial A: at least 13 weeks');
SELECT is(net.trial('private_unpaid', 1, 80, 4), NULL, 'trial B: one day without pay');
SELECT matches(net.trial('private_unpaid', 2, 300, 0), '^CV003 opening.trial_days: An unpaid private trial of more than 1 day normally has to be paid', 'trial B: over one day attracts the minimum wage');
SELECT is(net.trial('paid', 20, 80, 4), NULL, 'trial C: a paid trial has no such limit');
SELECT is(net.trial('taster', 2, 80, 4), NULL, 'a taster is no trial and has no such limit');
SELECT matches(net.trial('none', 2, 300, 0), '^23514 opening.trial_days: ', 'days without a trial');
SELECT matches(net.trial(NULL, 2, 300, 0), '^23514 opening.trial_days: ', 'days of a trial that nobody asked about');

-- Edits.
SELECT is(called('amira', net.edit('amira', 'title,notes', '{"title": "Van driver", "etag": "1"}')) ->> 'etag', '2', 'an edit makes the next version');
SELECT is((SELECT title || coalesce(notes, '-') FROM opening WHERE id = '0a000000-0000-7000-8000-000000000001'), 'Van driver-', 'a masked path that is absent is cleared');
SELECT is((SELECT pay_pence_hour FROM opening WHERE id = '0a000000-0000-7000-8000-000000000001'), 1300, 'what the mask leaves out stays');
SELECT matches(refused('lena', net.edit('lena', 'title', '{"title": "Driver", "etag": "1"}')),
    '^CV010 Amira Shah changed this opening at [0-9:]+ today; read it again\.$', 'a stale etag: who changed it and when');
SELECT is(refused('amira', net.edit('amira', 'places', '{"etag": "2"}')), NULL, 'places cleared: one');
SELECT matches(refused('amira', net.edit('amira', 'borough', '{}')), '^CV003 update_mask: "borough" cannot be changed here', 'a path that cannot be changed');
SELECT matches(refused('amira', net.edit('amira', 'title', '{"title": ""}')), '^23514 opening.title: ', 'an edit to a blank title');
UPDATE minimum_wage SET apprentice_pence = 1400, under_18_pence = 1400, from_18_pence = 1400, from_21_pence = 1400, main_pence = 1400
 WHERE effective_from = london_today() - 1;
SELECT is(refused('amira', net.edit('amira', 'title', '{"title": "Driver"}')), NULL, 'what was lawful when written can still be edited');
SELECT matches(refused('amira', net.edit('amira', 'pay_pence_hour', '{"pay_pence_hour": 1310}')), '^CV003 opening.pay_pence_hour: ', 'but new pay is judged by today''s rate');

-- Who sees it.
SELECT is(rows_of('amira', 'SELECT FROM opening'), 1::bigint, 'the own team sees an opening');
SELECT is(rows_of('bola', 'SELECT FROM opening'), 1::bigint, 'so does the other team of the borough');
SELECT is(rows_of('sam', 'SELECT FROM opening'), 0::bigint, 'another borough does not');
SELECT is(rows_of('adam', 'SELECT FROM opening'), 0::bigint, 'nor an administrator');
SELECT is(rows_of('nobody', 'SELECT FROM opening'), 0::bigint, 'nor nobody');
SELECT is(refused('sam', net.edit('sam', 'title', '{"title": "Mine"}')), 'CV005 opening.id: There is no such opening.', 'what is not seen does not exist');
SELECT is(refused('bola', net.edit('bola', 'network', '{"network": true}')), NULL, 'the borough marks it for the network');
SELECT is(rows_of('sam', 'SELECT FROM opening'), 1::bigint, 'marked for the network it is seen by every borough');
SELECT is(refused('sam', net.edit('sam', 'title', '{"title": "Mine"}')), 'CV007 opening.id: This opening belongs to Lambeth; only they can change it.', 'and changed by its own alone');

-- Closing.
SELECT matches(refused('amira', $$close_opening('{"opening_id": "0a000000-0000-7000-8000-000000000001"}')$$), '^CV003 reason: ', 'closing needs a reason');
SELECT is(called('amira', $$close_opening('{"opening_id": "0a000000-0000-7000-8000-000000000001", "reason": "filled"}')$$) ->> 'closed_reason', 'filled', 'closed with its reason');
SELECT matches(refused('amira', $$close_opening('{"opening_id": "0a000000-0000-7000-8000-000000000001", "reason": "filled"}')$$), '^CV009 opening_id: This opening was closed at', 'closed once');

SELECT * FROM finish();
ROLLBACK;
