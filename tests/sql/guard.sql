-- The door-knock guard: an employer's "don't contact us", the cool-off, who was there and who plans to
-- go, and what of it stands in the day's list.
BEGIN;
\ir support/network.sql
SELECT plan(79);

INSERT INTO team (id, borough_id, name) VALUES ('a0000000-0000-7000-8000-000000000004', 'E09000007', 'Camden (net)');
INSERT INTO specialist (id, name, email, team_id, borough_id, roles) VALUES
    ('b0000000-0000-7000-8000-000000000007', 'Sue Park', 'sue@net.example', 'a0000000-0000-7000-8000-000000000003', 'E09000028', '{specialist}'),
    ('b0000000-0000-7000-8000-000000000008', 'Cal Dean', 'cal@net.example', 'a0000000-0000-7000-8000-000000000004', 'E09000007', '{specialist,lead}');
INSERT INTO contact (id, employer_id, borough_id, name, job, hires, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'manager', true, 'met', 'consent', 'net');
INSERT INTO relationship (employer_id, borough_id, lead_id, updated_by_name) VALUES
    ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'b0000000-0000-7000-8000-000000000001', 'net');
INSERT INTO site (id, employer_id, address, postcode, words) VALUES
    ('50000000-0000-7000-8000-000000000003', 'e0000000-0000-7000-8000-000000000001', '{9 Acre Lane}', 'SW9 8HE', ' acre');

CREATE FUNCTION net.e(n integer) RETURNS text LANGUAGE sql AS $$ SELECT 'e0000000-0000-7000-8000-00000000000' || n $$;
CREATE FUNCTION net.about(method text, differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s(%L)', method, jsonb_build_object('employer_id', net.e(1)) || differs)
$$;
CREATE FUNCTION net.plan(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('plan_visit_guarded(%L)', jsonb_build_object('plan', jsonb_build_object('employer_id', net.e(1)) || differs))
$$;
CREATE FUNCTION net.record(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('record_visit_guarded(%L)', jsonb_build_object('visit', jsonb_build_object('employer_id', net.e(1), 'generic', true) || differs))
$$;
CREATE FUNCTION net.warned(who text, differs jsonb) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT net.called(who, net.plan(differs)) #> '{door,warnings}' $$;
CREATE FUNCTION net.lines(who text, d date DEFAULT london_today()) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(called(who, format('ARRAY(SELECT concat_ws(''|'', t.kind, t.employer, t.sentence) FROM day_list(%L, 0, NULL) AS t)', d))))
$$;
SELECT london_midnight(london_today() + 3) + interval '10 hours' AS at \gset
SELECT london_midnight(london_today() + 3) + interval '15 hours' AS later \gset
SELECT to_char(london_today() + 3, '"on" FMDay FMDD FMMonth') || CASE WHEN date_part('year', london_today() + 3) = date_part('year', london_today()) THEN '' ELSE to_char(london_today() + 3, ' YYYY') END AS on_day \gset

-- Before anybody was there.
SELECT is(called('sam', net.about('check_door', '{}')), '{"others": [], "door": {"leads": [{"borough": "Lambeth", "lead": "Amira Shah"}], "cool_off_days": 14, "warnings": []}}'::jsonb, 'a quiet door: who leads there');
SELECT matches(refused('sam', 'check_door(''{"employer_id": "e0000000-0000-7000-8000-00000000000f"}'')'), '^CV005 employer_id: ', 'an unknown one');
SELECT is(called('adam', net.about('check_door', '{}')) #- '{door,cool_off_days}', '{"others": [], "door": {"warnings": []}}'::jsonb, 'an administrator learns nothing');

-- Who was there, and whom they spoke to.
SELECT called('amira', net.record(jsonb_build_object('client_ref', 'LB-014', 'generic', false, 'at', now() - interval '4 days', 'contact_id', '0c000000-0000-7000-8000-000000000001', 'met', 'Pat Quinn himself', 'learned', 'short of drivers'))) IS NOT NULL AS x \gset
SELECT is(called('sam', net.about('check_door', '{}')) -> 'others' -> 0 ->> 'sentence', 'Amira Shah (Lambeth) visited for a client, spoke to the manager', 'who, in what capacity, with whom: by job, never by name');
SELECT is(called('sam', net.about('check_door', '{}')) -> 'others' -> 0 -> 'for_client', 'true', 'for a client, not for whom');
SELECT ok(called(who, net.about('check_door', '{}'))::text !~ 'LB-014|c0000000|Quinn|short of', who || ' learns no client, no name, no note')
  FROM unnest(ARRAY['sam', 'bola', 'cal']) AS who;

-- The cool-off warns.
SELECT is(net.warned('sam', jsonb_build_object('at', :'at', 'id', '0d000000-0000-7000-8000-000000000001')),
    to_jsonb(ARRAY[format('Amira Shah (Lambeth) was in touch %s; leave this employer 14 days in peace, until %s.', said_day(london_day(now() - interval '4 days'), london_today()), said_date(london_day(now() - interval '4 days') + 14))]), 'too soon: planned all the same');
SELECT is((SELECT count(*) FROM plan), 1::bigint, 'it is in the diary');
SELECT is(net.warned('cal', jsonb_build_object('at', london_midnight(london_today() + 10))), '[]', 'after it, nothing');
SELECT is(net.warned('amira', jsonb_build_object('at', london_midnight(london_today() + 9))), '[]', 'one''s own visits are no reason to stay away');
SELECT is(refused('sam', net.about('set_cool_off', '{"days": 30}')), NULL, 'a lead of any borough may set it for an employer');
SELECT is(refused('sue', net.about('set_cool_off', '{"days": 30}')), 'CV007 employer_id: This is for who leads with this employer, or a lead of your borough.', 'a specialist who does not lead there may not');
SELECT matches(tried('sue', 'INSERT INTO cool_off (employer_id, days, from_on, borough_id, set_by, set_by_name) VALUES (''' || net.e(1) || ''', 1, london_today(), borough(), actor(), ''x'')'), '^42501 ', 'nor around it');
SELECT matches(tried('sam', 'INSERT INTO cool_off (days, from_on, borough_id, set_by, set_by_name) VALUES (1, london_today(), borough(), actor(), ''x'')'), '^42501 ', 'the default is nobody''s to set');
SELECT matches(net.warned('cal', jsonb_build_object('at', london_midnight(london_today() + 10))) ->> 0, 'leave this employer 30 days in peace, until', 'its own cool-off goes before the default');
SELECT matches(refused('amira', net.about('set_cool_off', '{"days": 367}')), '^23514 days: A cool-off has 0 to 366', 'how long');
SELECT matches(refused('amira', net.about('set_cool_off', jsonb_build_object('days', 1, 'until_on', london_today() - 1))), '^23514 until_on: ', 'a last day before the first');
SELECT is(called('amira', net.about('set_cool_off', jsonb_build_object('days', 60, 'until_on', london_today() + 5, 'reason', 'stocktaking'))) - 'from_on',
    jsonb_build_object('employer_id', net.e(1), 'days', 60, 'until_on', london_today() + 5, 'reason', 'stocktaking', 'by', 'Amira Shah'), 'who leads there sets it, between two days');
SELECT matches(net.warned('cal', jsonb_build_object('at', london_midnight(london_today() + 4))) ->> 0, '60 days in peace \(stocktaking\), until', 'with its reason');
SELECT matches(net.warned('cal', jsonb_build_object('at', london_midnight(london_today() + 6))) ->> 0, '30 days in peace, until', 'after its last day the one before holds again');
SELECT is(refused('amira', net.about('set_cool_off', '{"days": 0}')), NULL, 'none at all');
SELECT is(net.warned('cal', jsonb_build_object('at', london_midnight(london_today() + 2))), '[]', 'is no warning');
UPDATE plan SET cancelled_at = now() WHERE specialist_id <> 'b0000000-0000-7000-8000-000000000004';

-- The same door on the same day: both are told.
SELECT is(net.lines('sam'), '{}', 'nobody else goes');
SELECT is(net.warned('amira', jsonb_build_object('at', :'later', 'id', '0d000000-0000-7000-8000-000000000002', 'client_ref', 'LB-014', 'purpose', 'ask about yard work')),
    to_jsonb(ARRAY[format('Sam Reid (Southwark) plans to be there %s at 10:00, too: agree who goes.', :'on_day')]), 'the second is told in the answer');
SELECT is(net.lines('sam'), ARRAY[format('clash|Stockwell Tool Hire|Amira Shah (Lambeth) plans to be there %s at 15:00, too: agree who goes', :'on_day')], 'the first in the day''s list, and of the plan nothing but who and when');
SELECT is((net.lines('amira'))[1], format('clash|Stockwell Tool Hire|Sam Reid (Southwark) plans to be there %s at 10:00, too: agree who goes', :'on_day'), 'and the second, too');
SELECT is(called('cal', net.about('check_door', jsonb_build_object('at', :'at'))) #> '{door,planned}', jsonb_build_array(
    jsonb_build_object('at', :'at'::timestamptz, 'by', 'Sam Reid', 'borough', 'Southwark', 'whole_day', false),
    jsonb_build_object('at', :'later'::timestamptz, 'by', 'Amira Shah', 'borough', 'Lambeth', 'whole_day', false)), 'whoever looks first sees both');
SELECT is(net.lines('bola') || net.lines('cal') || net.lines('sue'), '{}', 'nobody else is bothered');
SELECT is(net.warned('cal', jsonb_build_object('at', :'at', 'site_id', '50000000-0000-7000-8000-000000000003')), '[]', 'another site is another door');
SELECT is(called('cal', net.about('check_door', jsonb_build_object('at', :'at', 'site_id', '50000000-0000-7000-8000-000000000003'))) #> '{door,planned}', NULL, 'in looking, as well');
SELECT is(called('amira', 'cancel_plan(''{"plan_id": "0d000000-0000-7000-8000-000000000002"}'')') ->> 'id', '0d000000-0000-7000-8000-000000000002', 'one of them gives way');
SELECT is(net.lines('sam'), '{}', 'and there is no clash');
SELECT is(net.warned('bola', jsonb_build_object('at', london_midnight(london_today() + 4))), '[]', 'the day after is no clash');
SELECT is(net.warned('bola', jsonb_build_object('at', london_midnight(london_today() + 3))), to_jsonb(ARRAY[format('Sam Reid (Southwark) plans to be there %s at 10:00, too: agree who goes.', :'on_day')]), 'a whole day is');
SELECT is((net.lines('sam'))[1], format('clash|Stockwell Tool Hire|Bola Adeyemi (Lambeth) plans to be there %s, too: agree who goes', :'on_day'), 'told without a time');
UPDATE plan SET cancelled_at = now() WHERE specialist_id = 'b0000000-0000-7000-8000-000000000003';

-- A request that waits stands in the list of who leads there.
SELECT is(refused('sam', 'request_contact(''{"contact_id": "0c000000-0000-7000-8000-000000000001", "reason": "yard work"}'')'), NULL, 'a request');
SELECT is(net.lines('amira'), ARRAY['request|Stockwell Tool Hire|Sam Reid (Southwark) asks for Pat Quinn: yard work'], 'to who leads');
SELECT is(net.lines('lena') || net.lines('bola'), '{}', 'and nobody else');
UPDATE relationship SET lead_id = NULL;
SELECT is(cardinality(net.lines('lena')) + cardinality(net.lines('bola')) + cardinality(net.lines('amira')), 2, 'where nobody leads, to the leads of the borough');
UPDATE relationship SET lead_id = 'b0000000-0000-7000-8000-000000000001';

-- "Don't contact us".
\set vacancy 0f000000-0000-7000-8000-000000000001
INSERT INTO opening (id, borough_id, employer_id, title, hidden, network, created_by_name, updated_by_name)
    VALUES (:'vacancy', 'E09000022', net.e(1)::uuid, 'Yard hand', true, true, 'net', 'net');
SELECT matches(refused('sue', net.about('block_employer', '{}')), '^23514 reason: Say in 1 to 300', 'a block has a reason');
SELECT matches(refused('sue', net.about('block_employer', jsonb_build_object('reason', 'x', 'said_on', london_today() + 1))), '^CV003 said_on: ', 'and a day that has come');
SELECT matches(refused('sue', net.about('block_employer', '{"reason": "angry about SK-301"}')), '^CV003 reason: Leave SK-301 out', 'and no client');
SELECT is(called('sue', net.about('block_employer', jsonb_build_object('reason', 'tired of calls', 'said_on', london_today() - 1))) - 'at',
    jsonb_build_object('employer_id', net.e(1), 'reason', 'tired of calls', 'said_on', london_today() - 1, 'borough', 'Southwark', 'by', 'Sue Park'), 'whoever heard it notes it');
SELECT format('Stockwell Tool Hire asked on %s not to be contacted by anybody: tired of calls (noted by Sue Park, Southwark)', said_date(london_today() - 1)) AS said \gset
SELECT is((SELECT blocked_on FROM employer WHERE id = net.e(1)::uuid), london_today() - 1, 'it stands beside the employer');
SELECT is((SELECT count(*) FROM catalogue_opening WHERE employer_id = net.e(1)::uuid), 0::bigint, 'no match offers its openings');
SELECT cmp_ok((SELECT count(*) FROM catalogue_change WHERE employer_id = net.e(1)::uuid AND borough_id IS NULL), '>=', 1::bigint, 'and every follower is told');
SELECT matches(refused('sue', format('opening_to_match(%L)', :'vacancy')), '^CV009 opening_id: .*not to be contacted', 'nor explains one');
SELECT is(refused('cal', net.about('block_employer', '{"reason": "x"}')), 'CV009 employer_id: This is noted already: ' || :'said' || '.', 'once for all boroughs');
SELECT is(refused(who, net.plan(jsonb_build_object('at', :'at'))), 'CV009 plan.employer_id: ' || :'said' || '.', who || ' plans no visit there')
  FROM unnest(ARRAY['amira', 'sam', 'cal']) AS who;
SELECT is(refused('sam', 'request_contact(''{"contact_id": "0c000000-0000-7000-8000-000000000001", "reason": "x"}'')'), 'CV009 employer_id: ' || :'said' || '.', 'nobody is asked for');
SELECT is(refused('amira', 'share_contact(''{"contact_id": "0c000000-0000-7000-8000-000000000001", "to_borough_id": "E09000007"}'')'), 'CV009 contact_id: ' || :'said' || '.', 'nor shared');
SELECT is(refused('amira', 'open_contact_guarded(''{"contact_id": "0c000000-0000-7000-8000-000000000001"}'')'), 'CV009 contact_id: ' || :'said' || '.', 'nor opened, in any borough');
SELECT is(called('cal', net.about('check_door', '{}')) #>> '{door,warnings,0}', :'said' || '.', 'who looks reads it first');
SELECT is(called('cal', net.record('{}')) -> 'warnings', jsonb_build_array(:'said' || '.'), 'a visit that happened is recorded, with a warning');
SELECT is((net.lines('sam', london_today() + 3))[1], 'planned|Stockwell Tool Hire|Visit. ' || :'said', 'who planned before reads it in the day''s list');
SELECT is(called('nobody', format('said_block(%L)', net.e(1))), NULL, 'nobody reads nothing');
SELECT matches(tried('amira', 'INSERT INTO plan (borough_id, team_id, specialist_id, employer_id, at) VALUES (borough(), team(), actor(), ''' || net.e(1) || ''', now())'), '^CV009 plan.employer_id: ', 'no way around it');

-- Who lifts it: the borough that heard it.
SELECT matches(refused(who, net.about('unblock_employer', '{"reason": "x"}')), '^CV007 employer_id: Sue Park noted this for Southwark; only who leads', who || ' does not lift it')
  FROM unnest(ARRAY['amira', 'lena', 'cal', 'sue']) AS who;
SELECT is(tried('lena', 'UPDATE employer_block SET lifted_at = now(), lifted_by = actor(), lifted_by_name = ''x'', lifted_reason = ''x'''), '0 rows', 'nor around the function');
SELECT matches(refused('sam', net.about('unblock_employer', '{}')), '^23514 reason: Say what changed', 'not without a word');
SELECT is(called('sam', net.about('unblock_employer', '{"reason": "they rang and asked us back"}')) ->> 'lifted_by', 'Sam Reid', 'a lead of it does');
SELECT is(refused('cal', net.plan(jsonb_build_object('at', :'at'))), NULL, 'and visits are planned again');
SELECT matches(refused('sam', net.about('unblock_employer', '{"reason": "x"}')), '^CV009 employer_id: This employer may be contacted', 'once');
SELECT is((SELECT count(*) FROM employer_block), 1::bigint, 'that it stood is kept');
SELECT is((SELECT blocked_on FROM employer WHERE id = net.e(1)::uuid), NULL, 'and the employer reads as it did');
SELECT is((SELECT count(*) FROM catalogue_opening WHERE employer_id = net.e(1)::uuid), 1::bigint, 'and is matched again');
UPDATE opening SET closed_at = now(), closed_reason = 'filled' WHERE id = :'vacancy';

-- Nobody is sent there, either.
SELECT is(called('amira', '(SELECT count(*) FROM targets_of((SELECT c FROM client c WHERE c.ref = ''LB-014''), london_today(), 100000))'), '2', 'two employers within reach');
SELECT is(refused('sue', net.about('block_employer', '{"reason": "no more calls"}')), NULL, 'one of which asks to be left alone');
SELECT is(called('amira', '(SELECT array_agg(name) FROM targets_of((SELECT c FROM client c WHERE c.ref = ''LB-014''), london_today(), 100000))'), '["Peckham Bakery"]', 'is suggested no more');

-- An objection is not got around by another number.
UPDATE contact SET objected_on = london_today(), phone = '020 7946 0001' WHERE name = 'Pat Quinn';
INSERT INTO objection SELECT net.e(1)::uuid, h, '0c000000-0000-7000-8000-000000000001', london_today() FROM unnest(person_hashes('Pat Quinn', '020 7946 0001', NULL)) AS h;
SELECT is(refused('sam', format('add_contact(%L)', jsonb_build_object('contact', jsonb_build_object('id', '0c000000-0000-7000-8000-000000000005', 'employer_id', net.e(1), 'name', 'P. Quinn', 'source', 'met', 'basis', 'consent')))), NULL, 'somebody of another name');
SELECT matches(refused('sam', 'update_contact(''{"contact": {"id": "0c000000-0000-7000-8000-000000000005", "phone": "+44 20 7946 0001"}, "update_mask": ["phone"]}'')'), '^CV009 contact: This person objected on', 'is found by the number that is added');
SELECT is(refused('sam', 'update_contact(''{"contact": {"id": "0c000000-0000-7000-8000-000000000005", "phone": "020 7946 0009"}, "update_mask": ["phone"]}'')'), NULL, 'another number is another person');

SELECT * FROM finish();
ROLLBACK;
