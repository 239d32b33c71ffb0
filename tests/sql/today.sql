-- The day's list and what is due: order, words, and days that are London's around clock changes.
BEGIN;
\ir support/network.sql
SELECT plan(24);

-- What amira's list says of a day.
CREATE FUNCTION net.list(who text, day date, soon integer DEFAULT 0) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called(who, format(
        'ARRAY(SELECT concat_ws(''|'', t.kind, t.employer, t.client_ref, t.sentence, CASE WHEN t.whole_day THEN ''day'' END) FROM day_list(%L, %s, NULL) AS t)', day, soon))))
$$;
CREATE FUNCTION net.touch(employer integer, at timestamptz, step text, lead integer DEFAULT 1, borough text DEFAULT 'E09000022') RETURNS void LANGUAGE sql AS $$
    INSERT INTO relationship (employer_id, borough_id, lead_id, next_touch_at, next_step, updated_by_name)
        VALUES (('e0000000-0000-7000-8000-00000000000' || employer)::uuid, borough, ('b0000000-0000-7000-8000-00000000000' || lead)::uuid, at, step, 'net')
        ON CONFLICT ON CONSTRAINT relationship_pkey DO UPDATE SET next_touch_at = excluded.next_touch_at, next_step = excluded.next_step, lead_id = excluded.lead_id
$$;
CREATE FUNCTION net.diary(n integer, employer integer, at timestamptz, purpose text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO plan (id, borough_id, team_id, specialist_id, employer_id, at, purpose)
        VALUES (('0d000000-0000-7000-8000-00000000000' || n)::uuid, 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001',
                ('e0000000-0000-7000-8000-00000000000' || employer)::uuid, at, purpose)
$$;

SELECT is(net.list('amira', '2026-11-23'), '{}', 'a day without anything');

SELECT net.touch(1, net.london('2026-11-20 10:00'), 'Ring the yard') IS NULL AS x \gset
SELECT net.touch(2, net.london('2026-11-23'), 'Bring a CV') IS NULL AS x \gset
SELECT net.diary(1, 2, net.london('2026-11-23 14:30'), 'second cup') IS NULL AS x \gset
SELECT net.diary(2, 1, net.london('2026-11-23 09:00'), NULL) IS NULL AS x \gset
SELECT net.diary(3, 1, net.london('2026-11-24 09:00'), 'tomorrow''s') IS NULL AS x \gset
SELECT net.diary(4, 1, net.london('2026-11-19 09:00'), 'missed') IS NULL AS x \gset
INSERT INTO plan_client VALUES ('0d000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001');
UPDATE client SET status = 'paused', paused_until = '2026-11-20' WHERE ref = 'LB-014';
UPDATE client SET status = 'paused', paused_until = '2026-11-24' WHERE ref = 'LB-015';
INSERT INTO opening (employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, closes_on, network, created_by_name, updated_by_name) VALUES
    ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'Yard hand', '9252', 300, 300, '2026-11-24', false, 'net', 'net'),
    ('e0000000-0000-7000-8000-000000000002', 'E09000022', 'Baker', '9252', 300, 300, '2026-12-15', false, 'net', 'net'),
    ('e0000000-0000-7000-8000-000000000002', 'E09000028', 'Packer', '9252', 300, 300, '2026-11-24', true, 'net', 'net');

SELECT is(net.list('amira', '2026-11-23'), ARRAY[
    'overdue|Stockwell Tool Hire|missed (was planned on Thursday 19 November; record it or cancel it)',
    'overdue|Stockwell Tool Hire|Ring the yard (was due on Friday 20 November)',
    'planned|Stockwell Tool Hire|Visit',
    'planned|Peckham Bakery|LB-014|second cup; 3.5 km in a straight line',
    'due|Peckham Bakery|Bring a CV; the same place|day',
    'reask|LB-014|Ask LB-014 again: the pause ran until 20 November 2026|day',
    'closing|Stockwell Tool Hire|Yard hand closes tomorrow|day'],
    'overdue oldest first, planned, due, to ask again (DOMAIN.md section 7: keep asking), closing soon');
SELECT is((net.list('amira', '2026-11-23', 30))[8], 'closing|Peckham Bakery|Baker closes on Tuesday 15 December|day', 'soon can be a month');
SELECT matches(refused('amira', 'ARRAY(SELECT sentence FROM day_list(NULL, 61, NULL))'), '^CV003 closing_days: ', 'or 60 days');
SELECT is(net.list('lena', '2026-11-24'), ARRAY['reask|LB-015|Ask LB-015 again: the pause ran until today|day',
    'closing|Stockwell Tool Hire|Yard hand closes today|day'], 'a colleague has her own list, and the borough''s openings');
SELECT is(net.list('bola', '2026-11-23'), ARRAY['closing|Stockwell Tool Hire|Yard hand closes tomorrow|day'], 'another team has none of the team''s clients');
SELECT is(net.list('sam', '2026-11-23'), ARRAY['closing|Peckham Bakery|Packer closes tomorrow|day'], 'another borough has its own');
SELECT is(net.list('adam', '2026-11-23'), '{}', 'an administrator has none');
SELECT is(called('amira', 'ARRAY(SELECT t.postcode FROM day_list(''2026-11-23'', 0, NULL) t)'), '["SW9 8HE", "SW9 8HE", "SW9 8HE", "SE15 4ST", "SE15 4ST", null, "SW9 8HE"]'::jsonb, 'each with where it is');
UPDATE plan SET cancelled_at = now() WHERE id = '0d000000-0000-7000-8000-000000000002';
UPDATE plan SET cancelled_at = now() WHERE id = '0d000000-0000-7000-8000-000000000004';
SELECT is(cardinality(net.list('amira', '2026-11-23')), 5, 'cancelled visits are gone from it (DOMAIN.md section 4: wasted trips)');
SELECT is((net.list('amira', '2026-11-25'))[1:2], ARRAY['overdue|Stockwell Tool Hire|Ring the yard (was due on Friday 20 November)', 'overdue|Peckham Bakery|Bring a CV (was due on Monday 23 November)|day'], 'days later, what was due is overdue');

-- The night of Sunday 29 March 2026 has 23 hours, that of 25 October 25.
DELETE FROM plan_client; DELETE FROM plan; UPDATE client SET status = 'active', paused_until = NULL; DELETE FROM opening;
SELECT net.touch(2, NULL, NULL) IS NULL AS x \gset
SELECT net.touch(1, '2026-03-28 23:59Z', 'Ring') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-03-28'), ARRAY['due|Stockwell Tool Hire|Ring'], '28 March 23:59 is due on the 28th');
SELECT net.touch(1, '2026-03-29 00:00Z', 'Ring') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-03-29'), ARRAY['due|Stockwell Tool Hire|Ring|day'], '29 March 00:00 is the whole of the day on which clocks go on');
SELECT is(net.list('amira', '2026-03-28'), '{}', 'and not the 28th');
SELECT net.touch(1, '2026-03-29 23:00Z', 'Ring') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-03-29'), '{}', '23:00 UTC of 29 March is the 30th in London');
SELECT is(net.list('amira', '2026-03-30'), ARRAY['due|Stockwell Tool Hire|Ring|day'], 'its midnight');
SELECT net.touch(1, '2026-10-24 23:00Z', 'Ring') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-10-25'), ARRAY['due|Stockwell Tool Hire|Ring|day'], 'midnight of 25 October 2026 is still in summer time');
SELECT net.touch(1, '2026-10-25 23:59Z', 'Ring') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-10-25'), ARRAY['due|Stockwell Tool Hire|Ring'], '25 October 23:59 is winter time, and still the 25th');
SELECT net.touch(1, '2026-10-26 00:00Z', 'Ring') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-10-25'), '{}', '26 October 00:00 is not');
SELECT net.diary(5, 1, '2026-10-25 00:30Z', 'early') IS NULL AS x \gset
SELECT net.diary(6, 1, '2026-10-25 01:30Z', 'late') IS NULL AS x \gset
SELECT is(net.list('amira', '2026-10-25'), ARRAY['planned|Stockwell Tool Hire|early', 'planned|Stockwell Tool Hire|late; the same place'], 'the two half past ones of 25 October stand in their order');

-- A rota does not move with the clocks: the pattern is local time.
SELECT is(span_bits('[{"weekday": "sunday", "start_minute": 60, "end_minute": 120}]'), span_bits(spans_of('[{"weekday": "sunday", "start_minute": 60, "end_minute": 120}]', 'x')), 'a shift from 01:00 to 02:00 on Sundays is the same on every Sunday');

-- Due: mine or my borough's.
SELECT net.touch(2, net.london('2026-11-20'), 'Hers', 2) IS NULL AS x \gset
SELECT is(rows_of('amira', 'SELECT FROM relationship r WHERE r.lead_id = actor() AND r.next_touch_at < london_midnight(''2026-11-24'')'), 1::bigint, 'mine');
SELECT is(rows_of('amira', 'SELECT FROM relationship r WHERE r.borough_id = borough() AND r.next_touch_at < london_midnight(''2026-11-24'')'), 2::bigint, 'my borough''s');
SELECT is(rows_of('sam', 'SELECT FROM relationship'), 0::bigint, 'never another''s');

SELECT * FROM finish();
ROLLBACK;
