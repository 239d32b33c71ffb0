-- What is kept of every row's change: who, when, by which request, old and new, and who reads it.
BEGIN;
\ir support/network.sql
SELECT plan(41);

CREATE FUNCTION net.last(of_table text, n integer DEFAULT 1) RETURNS change LANGUAGE sql AS $$
    SELECT * FROM change WHERE table_name = of_table ORDER BY id DESC OFFSET n - 1 LIMIT 1
$$;
CREATE FUNCTION net.request(id text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('canvass.request', id, true) $$;

-- Every table of business rows is kept; a new one is thought of here.
SELECT set_eq($$SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'canvass'::regnamespace AND c.relkind = 'r'
                   AND NOT EXISTS (SELECT FROM change_table t WHERE t.name = c.relname)$$,
    ARRAY['borough', 'team', 'specialist', 'token', 'request', 'postcode', 'postcode_sector', 'occupation',
          'industry', 'trial_rule', 'minimum_wage', 'support_rule', 'share_rule', 'match_default', 'catalogue_change', 'catalogue_kept', 'audience',
          'telling_word', 'twin_threshold', 'twin_weight', 'public_host', 'name_word', 'name_word_change',
          'change', 'change_table', 'change_field', 'change_sentence', 'undo', 'audit', 'audit_method',
          'audit_pending', 'audit_seal', 'hold', 'retention_rule', 'contact_target', 'week_review',
          'support_rule', 'report_definition', 'report_column', 'suppression_rule', 'working_time_rule', 'contracted_hours',
          'fidelity_item', 'fidelity_anchor', 'outcome_rule'], 'what is not kept: people, requests, lists and rules, what follows from other rows, the audit, and change itself');
SELECT is((SELECT array_agg(name ORDER BY place) FROM change_table WHERE name IN ('employer', 'site', 'visit', 'client')),
    '{employer,site,client,visit}'::text[], 'tables stand behind those that they refer to');

-- Insert, update, delete.
SELECT net.request('0a000000-0000-7000-8000-0000000000a1') IS NOT NULL AS x \gset
SELECT called('amira', $$create_employer('{"employer": {"id": "e0000000-0000-7000-8000-0000000000a1", "name": "Ace Cafe", "phone": "020 7946 0123"}, "site": {"postcode": "SW9 8HE"}}')$$) IS NOT NULL AS x \gset
SELECT is((net.last('employer')).op, 'insert', 'a new employer');
SELECT is((net.last('employer')).row_id, 'e0000000-0000-7000-8000-0000000000a1', 'by its id');
SELECT is((net.last('employer')).actor, 'b0000000-0000-7000-8000-000000000001', 'who');
SELECT is((net.last('employer')).actor_name, 'Amira Shah', 'by name');
SELECT is((net.last('employer')).request_id, '0a000000-0000-7000-8000-0000000000a1', 'by which request');
SELECT is((net.last('employer')).xid, pg_current_xact_id(), 'in which transaction');
SELECT is((net.last('employer')).at, now(), 'when');
SELECT is((net.last('employer')).new ->> 'phone', '020 7946 0123', 'what');
SELECT is((net.last('employer')).old, NULL::jsonb, 'nothing stood before');
SELECT is((net.last('site')).employer_id, 'e0000000-0000-7000-8000-0000000000a1', 'its site hangs on it');
SELECT is((net.last('site')).borough_id, NULL::text, 'and is the network''s, wherever it lies');
SELECT called('amira', $$update_employer('{"employer": {"id": "e0000000-0000-7000-8000-0000000000a1", "phone": "020 7946 0199"}, "update_mask": ["phone"]}')$$) IS NOT NULL AS x \gset
SELECT is((net.last('employer')).old - 'updated_at', '{"phone": "020 7946 0123", "version": 1}', 'of an update, what changed: old');
SELECT is((net.last('employer')).new - 'updated_at', '{"phone": "020 7946 0199", "version": 2}', 'and new');
UPDATE employer SET phone = phone;
SELECT is((SELECT count(*) FROM change WHERE table_name = 'employer' AND op = 'update'), 1::bigint, 'what changes nothing is no change');
SELECT called('amira', $$update_relationship('{"relationship": {"employer_id": "e0000000-0000-7000-8000-0000000000a1", "stage": "hired"}, "update_mask": ["stage"]}')$$) IS NOT NULL AS x \gset
SELECT is(ARRAY[(net.last('relationship')).row_id::text, (net.last('relationship')).row_key], '{e0000000-0000-7000-8000-0000000000a1,E09000022}', 'a row of two keys');
SELECT is((net.last('relationship')).borough_id, 'E09000022', 'is its borough''s');
SELECT called('amira', $$set_wishes('{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {"occupations": [{"soc": "8214", "weight": 4}]}}')$$) IS NOT NULL AS x \gset
SELECT called('amira', $$set_wishes('{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {}}')$$) IS NOT NULL AS x \gset
SELECT is((net.last('client_occupation')).old, '{"client_id": "c0000000-0000-7000-8000-000000000001", "position": 0, "soc": "8214", "weight": 4}', 'a deleted row stands whole in old');
SELECT is((net.last('client_occupation')).team_id, 'a0000000-0000-7000-8000-000000000001', 'and is its client''s team''s');
SELECT is((net.last('client_occupation')).client_id, 'c0000000-0000-7000-8000-000000000001', 'and hangs on its client');

-- A list.
SELECT is(as_one_import('{"import_id": "0a000000-0000-7000-8000-0000000000b1"}') ->> 'import_id', text '0a000000-0000-7000-8000-0000000000b1', 'an import has one id');
SELECT matches(refused('amira', $$as_one_import('{"import_id": "x"}')$$), '^CV003 import_id: ', 'which is a UUID');
SELECT called('amira', format('import_employers(%L)', jsonb_build_object('source', 'demo', 'rows', (
    SELECT jsonb_agg(jsonb_build_object('line', n, 'ref', n::text, 'name', 'Shop ' || n, 'postcode', 'SW9 8HE')) FROM generate_series(101, 130) AS n)))) ->> 'created' AS n \gset
SELECT is(:n, 30, 'rows of a list');
SELECT is((SELECT count(*) FROM change WHERE request_id = '0a000000-0000-7000-8000-0000000000b1'), 90::bigint, 'employers, sites and references are kept under it');
SELECT is((SELECT count(*) FROM change WHERE request_id = '0a000000-0000-7000-8000-0000000000b1' AND num_nonnulls(old, new) > 0), 0::bigint, 'without saying twice what the rows hold');
SELECT is((net.last('employer_ref')).row_key, 'demo:130', 'a reference is its own key');

-- Who reads.
INSERT INTO contact (id, employer_id, borough_id, name, phone, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', '020 7946 0100', 'met', 'consent', 'net');
UPDATE contact SET phone = '020 7946 0101' WHERE id = '0c000000-0000-7000-8000-000000000001';
INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, notes, created_by_name, updated_by_name)
    VALUES ('0a000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Yard hand', '9252', 300, 300, 'not for others', 'net', 'net');
UPDATE opening SET notes = 'for others', network = true WHERE id = '0a000000-0000-7000-8000-000000000001';
UPDATE opening SET title = 'Yard worker' WHERE id = '0a000000-0000-7000-8000-000000000001';
SELECT is(rows_of('bola', 'SELECT FROM change WHERE table_name = ''contact'''), 2::bigint, 'a contact''s changes are its borough''s');
SELECT is(rows_of('sam', 'SELECT FROM change WHERE table_name IN (''contact'', ''relationship'')'), 0::bigint, 'no other''s');
SELECT is(rows_of('sam', 'SELECT FROM change WHERE table_name = ''opening'''), 1::bigint, 'an opening''s are the network''s since it is, not what was before');
SELECT is(rows_of('bola', 'SELECT FROM change WHERE table_name = ''opening'''), 3::bigint, 'its borough''s always');
SELECT ok(rows_of('lena', 'SELECT FROM change WHERE client_id IS NOT NULL') > 0, 'a client''s are the team''s');
SELECT is(rows_of('bola', 'SELECT FROM change WHERE team_id = ''a0000000-0000-7000-8000-000000000001'' OR client_id = ''c0000000-0000-7000-8000-000000000001'''), 0::bigint, 'not another team''s of the borough');
SELECT is(rows_of('adam', 'SELECT FROM change WHERE table_name NOT IN (''employer'', ''site'', ''employer_ref'')'), 0::bigint, 'an administrator reads the registry''s alone');
SELECT is(rows_of('nobody', 'SELECT FROM change'), 0::bigint, 'nobody reads nothing');
SELECT matches(tried('lena', 'DELETE FROM change'), '^42501 ', 'nobody deletes');
SELECT matches(tried('lena', 'UPDATE change SET actor_name = ''x'''), '^42501 ', 'or alters');
SELECT matches(tried('lena', 'INSERT INTO change (table_name, op) VALUES (''employer'', ''insert'')'), '^42501 ', 'or makes one up');

-- Discharge takes away what was kept, too.
SELECT called('amira', 'discharge_client(''{"client_id": "c0000000-0000-7000-8000-000000000001", "reason": "moved"}'')') IS NOT NULL AS x \gset
SELECT is((SELECT count(*) FROM change WHERE client_id = 'c0000000-0000-7000-8000-000000000001' AND num_nonnulls(old, new) > 0), 0::bigint, 'of a discharged client nothing is left in what was kept');
SELECT ok((SELECT count(*) FROM change WHERE client_id = 'c0000000-0000-7000-8000-000000000001') > 4, 'but that there were changes');
SELECT is((SELECT count(*) FROM change WHERE client_id <> 'c0000000-0000-7000-8000-000000000001' AND new IS NOT NULL), 3::bigint, 'of the others everything');

SELECT * FROM finish();
ROLLBACK;
