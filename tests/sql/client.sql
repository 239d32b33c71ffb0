-- Clients: the team's alone, least data, wishes and limits checked where they are written.
BEGIN;
\ir support/network.sql
SELECT plan(73);

CREATE FUNCTION net.create(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('create_client(%L)', jsonb_build_object('client', '{"ref": "lb-100"}'::jsonb || differs))
$$;
-- A setter for LB-014.
CREATE FUNCTION net.set(function text, field text, value jsonb, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%I(%L)', function, jsonb_build_object('client_id', 'c0000000-0000-7000-8000-000000000001', field, value) || more)
$$;

-- Creating.
SELECT is(called('amira', net.create('{"id": "c0000000-0000-7000-8000-000000000009", "initials": "xy", "age_band": "18_to_20",
                                       "home_postcode": "sw9 8he", "entered_on": "2026-03-02"}')),
    '{"id": "c0000000-0000-7000-8000-000000000009", "ref": "LB-100", "initials": "XY",
      "specialist_id": "b0000000-0000-7000-8000-000000000001", "specialist": "Amira Shah",
      "status": "active", "age_band": "18_to_20", "home_postcode": "SW9 8HE",
      "entered_on": "2026-03-02", "etag": "1"}'::jsonb, 'a client comes back as its message');
SELECT is((SELECT (home_easting, home_northing, home_approximate)::text FROM client WHERE ref = 'LB-100'), '(530800,175900,f)', 'a postcode has its point');
SELECT is(refused('lena', net.create('{}')), '23505 client.ref: Your team has a client with this reference already.', 'a reference is unique in its team');
SELECT is(refused('bola', net.create('{}')), NULL, 'another team may use the same reference');
SELECT matches(refused('amira', net.create('{"ref": "SMITH"}')), '^23514 client.ref: .*never a name', 'a name is no reference (DOMAIN.md section 5: pseudonymous)');
SELECT matches(refused('amira', net.create('{"ref": "L"}')), '^23514 client.ref: ', 'a reference too short');
SELECT matches(refused('amira', net.create('{"ref": "LB 14"}')), '^23514 client.ref: ', 'a reference with a space');
SELECT matches(refused('amira', net.create('{"ref": "943-476-5919"}')), '^23514 client.ref: This is an NHS number', 'no NHS number (DOMAIN.md section 5)');
SELECT is(refused('amira', net.create('{"ref": "9434765918"}')), NULL, 'ten digits that are none are a reference');
SELECT is(refused('amira', net.create('{"ref": "LB-1", "initials": "Anne"}')), NULL, 'four letters are initials');
SELECT matches(refused('amira', net.create('{"ref": "LB-2", "initials": "Annet"}')), '^23514 client.initials: ', 'five are not');
SELECT is(called('amira', net.create('{"ref": "LB-3", "home_postcode": "sw9 8"}')) ->> 'home_postcode', 'SW9 8', 'the sector is enough and less');
SELECT is((SELECT (home_easting, home_northing, home_approximate)::text FROM client WHERE ref = 'LB-3'), '(530850,175950,t)', 'a sector has its middle, said to be approximate');
SELECT is(called('amira', net.create('{"ref": "LB-4", "home_postcode": "SW9 8ZZ"}')) ->> 'home_postcode', 'SW9 8ZZ', 'a postcode that is not in the list is kept');
SELECT is((SELECT home_approximate FROM client WHERE ref = 'LB-4'), true, 'and lies in its sector');
SELECT matches(refused('amira', net.create('{"ref": "LB-5", "home_postcode": "Brixton"}')), '^CV003 client.home_postcode: ', 'a place is no postcode');
SELECT matches(refused('amira', net.create('{"ref": "LB-5", "specialist_id": "b0000000-0000-7000-8000-000000000003"}')), '^CV003 client.specialist_id: Your team has no such', 'a specialist of another team');
SELECT matches(refused('amira', net.create(jsonb_build_object('ref', 'LB-5', 'entered_on', london_today() + 1))), '^CV003 client.entered_on: ', 'support that begins tomorrow');
SELECT is(called('amira', net.create('{"ref": "LB-6", "wishes": {"occupations": [{"soc": "8214", "weight": 5}]}}')) #>> '{wishes,occupations,0,title}',
    'Delivery drivers and couriers', 'wishes may come with the client');
SELECT is(refused('adam', net.create('{"ref": "LB-7"}')), '42501 new row violates row-level security policy for table "client"', 'an administrator has no clients');

-- Row-level security: team, borough, nobody.
SELECT is(rows_of('amira', 'SELECT FROM client WHERE ref LIKE ''LB-01%'''), 2::bigint, 'a specialist sees the team''s clients');
SELECT is(rows_of('bola', 'SELECT FROM client WHERE ref LIKE ''LB-01%'''), 0::bigint, 'another team of the same borough sees none of them');
SELECT is(rows_of('sam', 'SELECT FROM client WHERE ref NOT LIKE ''SK%'''), 0::bigint, 'another borough sees none of them');
SELECT is(rows_of('adam', 'SELECT FROM client'), 0::bigint, 'an administrator sees none');
SELECT is(rows_of('audit', 'SELECT FROM client'), 0::bigint, 'an auditor sees none');
SELECT is(rows_of('nobody', 'SELECT FROM client'), 0::bigint, 'nobody sees none');
SELECT is(refused('bola', $$client_json(client_of('c0000000-0000-7000-8000-000000000001', NULL, 'client_id', 'ref'))$$),
          refused('bola', $$client_json(client_of('c0000000-0000-7000-8000-0000000000ff', NULL, 'client_id', 'ref'))$$),
    'by id, another team''s client is as one that does not exist');
SELECT is(refused('bola', $$client_json(client_of('c0000000-0000-7000-8000-000000000001', NULL, 'client_id', 'ref'))$$),
    'CV005 client_id: Your team has no such client.', 'and that in these words');
SELECT is(refused('bola', $$client_json(client_of(NULL, 'LB-014', 'client_id', 'ref'))$$),
          refused('bola', $$client_json(client_of(NULL, 'LB-999', 'client_id', 'ref'))$$), 'by reference, too');
SELECT is(called('amira', $$client_json(client_of('', ' lb-014', 'client_id', 'ref'))$$) ->> 'id', 'c0000000-0000-7000-8000-000000000001', 'by reference in any case');
SELECT matches(refused('amira', $$client_json(client_of('c0000000-0000-7000-8000-000000000001', 'LB-015', 'client_id', 'ref'))$$), '^CV003 ref: ', 'an id and another one''s reference');
SELECT matches(refused('amira', $$client_json(client_of('', '', 'client_id', 'ref'))$$), '^CV003 client_id: Say which client', 'neither');
SELECT is(refused('bola', net.set('set_wishes', 'wishes', '{}')), 'CV005 client_id: Your team has no such client.', 'another team cannot write either');

-- Wishes.
SELECT is(called('amira', net.set('set_wishes', 'wishes', '{"occupations": [{"soc": "82", "weight": 5}, {"soc": "9252"}],
        "sectors": ["47", "10710"], "hours_tenths": 160, "trial_first": true, "weight_pay": 0}', '{"etag": "1"}')) -> 'wishes',
    '{"occupations": [{"soc": "82", "title": "Transport and mobile machine drivers and operatives", "weight": 5},
                      {"soc": "9252", "title": "Warehouse operatives", "weight": 3}],
      "sectors": ["10710", "47"], "hours_tenths": 160, "pay_pence_hour": 0, "trial_first": true, "weight_pay": 0}'::jsonb,
    'wishes at any level of SOC 2020; a weight of 0 is kept, one that is unset stays unset');
SELECT is((SELECT version FROM client WHERE ref = 'LB-014'), 2::bigint, 'wishes make the next version of the client');
SELECT matches(refused('lena', net.set('set_wishes', 'wishes', '{}', '{"etag": "1"}')), '^CV010 Amira Shah changed this client', 'two people edit one client');
SELECT is(refused('amira', net.set('set_wishes', 'wishes', '{"occupations": [{"soc": "82"}, {"soc": "9"}, {"soc": "8999"}]}')),
    'CV003 wishes.occupations[2].soc: There is no SOC 2020 group "8999" in the list.', 'which of the occupations is unknown');
SELECT matches(refused('amira', net.set('set_wishes', 'wishes', '{"occupations": [{"soc": "82", "weight": 6}]}')), '^CV003 wishes.occupations\[0\].weight: ', 'a weight over 5');
SELECT matches(refused('amira', net.set('set_wishes', 'wishes', '{"occupations": [{"soc": "82"}, {"soc": "82"}]}')), '^CV003 wishes.occupations\[1\].soc: 82 .* stands here twice', 'an occupation twice');
SELECT matches(refused('amira', net.set('set_wishes', 'wishes', '{"sectors": ["47", "retail"]}')), '^CV003 wishes.sectors\[1\]: ', 'a sector in words');
SELECT matches(refused('amira', net.set('set_wishes', 'wishes', '{"weight_hours": 6}')), '^23514 wishes.weight_hours: ', 'a wish weighs at most 5');
SELECT is((SELECT count(*) FROM client_occupation o JOIN client c ON c.id = o.client_id WHERE c.ref = 'LB-014'), 2::bigint, 'what was refused left the wishes as they were');

-- Constraints.
SELECT is(called('amira', net.set('set_constraints', 'constraints', '{"hours_max_tenths": 160, "distance_max_metres": 5000,
        "available": [{"weekday": "monday", "start_minute": 540, "end_minute": 1020}], "travel_minutes": 30,
        "may_drive": "none", "driving_review_on": "2027-02-01", "may_drive_after": "g1",
        "check_clear": "basic", "check_changes_on": "2027-05-01", "check_clear_after": "enhanced",
        "must_not": ["alcohol_on_site"], "excluded_soc": ["8211"], "excluded_sic": ["56302"]}')) -> 'constraints',
    '{"hours_min_tenths": 0, "hours_max_tenths": 160, "pay_min_pence_hour": 0, "distance_max_metres": 5000,
      "available": [{"weekday": "monday", "start_minute": 540, "end_minute": 1020}], "travel_minutes": 30,
      "may_drive": "none", "driving_review_on": "2027-02-01", "may_drive_after": "g1",
      "check_clear": "basic", "check_changes_on": "2027-05-01", "check_clear_after": "enhanced",
      "must_not": ["alcohol_on_site"], "excluded_soc": ["8211"], "excluded_sic": ["56302"]}'::jsonb,
    'driving and checks are a level and the day it changes (DOMAIN.md section 3), no reason beside them');
SELECT matches(refused('amira', net.set('set_constraints', 'constraints', '{"hours_min_tenths": 200, "hours_max_tenths": 160}')), '^23514 constraints.hours_max_tenths: ', 'the most hours under the fewest');
SELECT matches(refused('amira', net.set('set_constraints', 'constraints', '{"travel_minutes": 45}')), '^23514 constraints.travel_minutes: ', 'travel in steps of 30 minutes');
SELECT matches(refused('amira', net.set('set_constraints', 'constraints', '{"driving_review_on": "2027-02-01"}')), '^23514 constraints.driving_review_on: ', 'a review without what is expected after it');
SELECT matches(refused('amira', net.set('set_constraints', 'constraints', '{"check_changes_on": "2027-02-01"}')), '^23514 constraints.check_changes_on: ', 'a change of checks without its level');
SELECT matches(refused('amira', net.set('set_constraints', 'constraints', '{"available": [{"weekday": "monday", "start_minute": 540, "end_minute": 480}]}')), '^CV003 constraints.available\[0\].end_minute: ', 'availability that ends before it starts');
SELECT matches(refused('amira', net.set('set_constraints', 'constraints', '{"excluded_soc": ["82145"]}')), '^CV003 constraints.excluded_soc\[0\]: ', 'a SOC code of five digits');

-- Windows: treatment time as windows, never the medicine (DOMAIN.md section 3).
SELECT is(called('amira', net.set('set_unavailable', 'unavailable', '[{"kind": "pickup", "movable": true, "near_work": true, "from": "2026-11-01",
        "span": {"weekday": "monday", "start_minute": 540, "end_minute": 600}}]')) -> 'unavailable',
    '[{"kind": "pickup", "movable": true, "near_work": true, "from": "2026-11-01",
       "span": {"weekday": "monday", "start_minute": 540, "end_minute": 600}}]'::jsonb, 'a window is a kind and a time');
SELECT matches(refused('amira', net.set('set_unavailable', 'unavailable', '[{"span": {"weekday": "monday", "start_minute": 540, "end_minute": 600}}]')), '^CV003 unavailable\[0\].kind: ', 'a window without a kind');
SELECT matches(refused('amira', net.set('set_unavailable', 'unavailable', '[{"kind": "caring"}]')), '^CV003 unavailable\[0\].span.weekday: ', 'a window without a time');
SELECT matches(refused('amira', net.set('set_unavailable', 'unavailable', '[{"kind": "caring", "from": "2027-02-01", "until": "2027-01-01", "span": {"weekday": "monday", "end_minute": 600}}]')), '^CV003 unavailable\[0\].until: ', 'a window that ends before it begins');

-- Updating.
SELECT is(called('amira', format('update_client(%L)', '{"update_mask": ["home_postcode", "initials"], "client": {"id": "c0000000-0000-7000-8000-000000000001", "home_postcode": "SW9 8"}}'::jsonb)) - 'wishes' - 'constraints' - 'unavailable' - 'etag',
    '{"id": "c0000000-0000-7000-8000-000000000001", "ref": "LB-014", "specialist_id": "b0000000-0000-7000-8000-000000000001",
      "specialist": "Amira Shah", "status": "active", "age_band": "21_and_over", "home_postcode": "SW9 8", "entered_on": "2026-01-05"}'::jsonb,
    'a masked field that is absent is cleared');
SELECT matches(refused('amira', format('update_client(%L)', '{"update_mask": ["ref"], "client": {"id": "c0000000-0000-7000-8000-000000000001"}}'::jsonb)), '^CV003 update_mask: "ref"', 'the reference stays');

-- Pause and keep asking (DOMAIN.md sections 3 and 7).
SELECT matches(refused('amira', net.set('pause_client', 'x', '1')), '^CV003 until: ', 'a pause has a day to ask again');
SELECT matches(refused('amira', net.set('pause_client', 'until', to_jsonb(london_today()))), '^CV003 until: ', 'which lies in the future');
SELECT matches(refused('amira', net.set('pause_client', 'until', to_jsonb(london_today() + 401))), '^CV003 until: ', 'within 400 days');
SELECT is(called('amira', net.set('pause_client', 'until', to_jsonb(london_today() + 10))) ->> 'status', 'paused', 'paused');
SELECT is(called('lena', net.set('pause_client', 'until', to_jsonb(london_today() + 20))) ->> 'paused_until', (london_today() + 20)::text, 'paused for longer');
SELECT is((SELECT count(*) FILTER (WHERE ended_at IS NULL) || ' of ' || count(*) FROM client_pause), '1 of 2', 'each pause stays in the history');
SELECT is(rows_of('bola', 'SELECT FROM client_pause'), 0::bigint, 'another team sees no pause');
SELECT is(called('amira', net.set('resume_client', 'x', '1')) ->> 'status', 'active', 'resumed');
SELECT matches(refused('amira', net.set('resume_client', 'x', '1')), '^CV009 client_id: LB-014 is not paused', 'resumed once');

-- Discharge leaves the least.
SELECT matches(refused('amira', net.set('discharge_client', 'x', '1')), '^CV003 reason: ', 'a discharge has a reason');
SELECT is(called('amira', net.set('discharge_client', 'reason', '"in_work"')) - 'etag',
    '{"id": "c0000000-0000-7000-8000-000000000001", "ref": "LB-014", "specialist_id": "b0000000-0000-7000-8000-000000000001",
      "specialist": "Amira Shah", "status": "discharged", "entered_on": "2026-01-05"}'::jsonb,
    'discharge takes away home, initials, age band, wishes, constraints and windows');
SELECT is((SELECT count(*) FROM client_occupation WHERE client_id = 'c0000000-0000-7000-8000-000000000001')
          + (SELECT count(*) FROM client_wishes WHERE client_id = 'c0000000-0000-7000-8000-000000000001')
          + (SELECT count(*) FROM client_constraints WHERE client_id = 'c0000000-0000-7000-8000-000000000001')
          + (SELECT count(*) FROM client_unavailable WHERE client_id = 'c0000000-0000-7000-8000-000000000001'), 0::bigint, 'no row of them is left');
SELECT is((SELECT home_easting FROM client WHERE ref = 'LB-014'), NULL, 'nor a point');
SELECT matches(refused('amira', net.set('set_wishes', 'wishes', '{}')), '^CV009 client_id: LB-014 was discharged at', 'a discharged client has no wishes any more');
SELECT matches(refused('amira', net.set('pause_client', 'until', to_jsonb(london_today() + 10))), '^CV009 client_id: ', 'nor pauses');
SELECT throws_ok($$UPDATE client SET initials = 'AB' WHERE ref = 'LB-014'$$, '23514', NULL, 'what discharge takes away stays away');
SELECT is(refused('amira', $$client_to_match('', 'LB-014')$$), 'CV009 ref: LB-014 was discharged ' || said_when(now()) || '.', 'and is matched with nothing');

-- Lists.
SELECT is(rows_of('amira', $$SELECT FROM client c WHERE starts_with(c.ref, 'LB-0') AND c.status <> 'discharged'$$), 1::bigint, 'lists leave the discharged out');

SELECT * FROM finish();
ROLLBACK;
