-- What a match reads: the rows and figures that the engine ranks by.
BEGIN;
\ir support/network.sql
SELECT plan(18);

SELECT is(called('amira', 'client_json(client_to_match(NULL, ''lb-014''))') ->> 'ref', 'LB-014', 'by reference');
SELECT is(called('amira', 'client_json(client_to_match(''c0000000-0000-7000-8000-000000000001'', NULL))') ->> 'ref', 'LB-014', 'by id');
SELECT is(refused('bola', 'client_to_match(NULL, ''LB-014'')'), 'CV005 ref: Your team has no such client.', 'another team''s client is none');
SELECT is(refused('sam', 'client_to_match(''c0000000-0000-7000-8000-000000000001'', '''')'), 'CV005 client_id: Your team has no such client.', 'nor another borough''s');
UPDATE client SET status = 'paused', paused_until = '2199-01-01' WHERE ref = 'LB-014';
SELECT is(called('amira', 'client_json(client_to_match(NULL, ''LB-014''))') ->> 'status', 'paused', 'a paused client is read; the engine gives none unless asked');
INSERT INTO opening (id, employer_id, borough_id, title, hidden, network, closed_at, closed_reason, created_by_name, updated_by_name)
SELECT v.id::uuid, (SELECT min(id::text)::uuid FROM employer), 'E09000022', v.title, true, v.network, v.closed_at::timestamptz, v.reason, 'x', 'x'
  FROM (VALUES ('0a000000-0000-7000-8000-000000000001', 'Open', true, NULL, NULL),
               ('0a000000-0000-7000-8000-000000000002', 'Closed', true, '2026-11-01 12:00+00', 'filled'),
               ('0a000000-0000-7000-8000-000000000003', 'Kept', false, NULL, NULL)) AS v (id, title, network, closed_at, reason);
SELECT is(refused('amira', 'opening_to_match(''0a000000-0000-7000-8000-00000000dead'')'), 'CV005 opening_id: There is no such opening.', 'an opening that is not there');
SELECT is(refused('sam', 'opening_to_match(''0a000000-0000-7000-8000-000000000003'')'), 'CV005 opening_id: There is no such opening.', 'nor one that another borough keeps to itself');
SELECT matches(refused('amira', 'opening_to_match(''0a000000-0000-7000-8000-000000000002'')'), '^CV009 opening_id: This opening was closed ', 'a closed one is matched no more');
SELECT is(called('amira', 'minimum_wage_said(''21_and_over'', ''2026-11-23'')'), '"the minimum wage at 21 and over from 1 April 2026"'::jsonb, 'the minimum wage in words');
SELECT is(called('amira', 'minimum_wage_for(''under_18'', ''2026-11-23'')'), '800'::jsonb, 'and in pence');
SELECT is(called('amira', 'feature_bits(''{nights,outdoors}'')'), to_jsonb((1 << 1) | (1 << 9)), 'features as bits of the message''s numbers');
SELECT is(called('amira', 'feature_bits(''{}'')'), '0'::jsonb, 'no feature: no bit');
SELECT is(called('amira', '(SELECT value FROM match_default WHERE name = ''per_employer'')'), '2'::jsonb, 'breadth: at most 2 from one employer (DOMAIN.md section 7)');
SELECT is(called('amira', '(SELECT value FROM match_default WHERE name = ''per_occupation'')'), '5'::jsonb, 'and 5 from one SOC minor group');
SELECT is(rows_of('nobody', 'SELECT FROM match_default'), 0::bigint, 'to nobody, nothing');
SELECT is(tried('amira', 'UPDATE match_default SET value = 9'), '42501 permission denied for table match_default', 'callers do not change it');
SELECT is(tried('amira', 'UPDATE minimum_wage SET main_pence = 1'), '42501 permission denied for table minimum_wage', 'nor the minimum wage');
SELECT is((SELECT array_agg(e::text ORDER BY e) FROM unnest(enum_range(NULL::job_feature)) AS e),
    '{nights,heavy_lifting,drug_testing,alcohol_on_site,cash_handling,lone_working,heights,customer_facing,outdoors,noise}'::text[], 'features in the order of the message');

SELECT * FROM finish();
ROLLBACK;
