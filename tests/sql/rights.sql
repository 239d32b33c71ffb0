-- Subject access, erasure, holds and retention: what is told, what goes, what stays, who may.
BEGIN;
\ir support/network.sql
SELECT plan(40);

CREATE FUNCTION net.ask(method text, about jsonb) RETURNS text LANGUAGE sql AS $$ SELECT format('%s(%L)', method, about) $$;
\set client '{"ref": "LB-014"}'
\set contact '{"contact_id": "0c000000-0000-7000-8000-000000000001"}'
INSERT INTO contact (id, employer_id, borough_id, name, phone, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', '020 7946 0123', 'met', 'consent', 'net');
INSERT INTO visit (id, borough_id, team_id, employer_id, at, mode, cup, generic, contact_id, met, specialist_id, recorded_by) VALUES
    ('0f000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001',
     now() - interval '1 day', 'in_person', 1, false, '0c000000-0000-7000-8000-000000000001', 'Pat Quinn', 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001');
INSERT INTO visit_client VALUES ('0f000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001');
SELECT called('amira', $$update_client('{"client": {"id": "c0000000-0000-7000-8000-000000000001", "initials": "QZ"}, "update_mask": ["initials"]}')$$);
SELECT called('amira', $$set_wishes('{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {"hours_tenths": 160}}')$$);
INSERT INTO request (actor, id, method, body_hash, answer) VALUES ('b0000000-0000-7000-8000-000000000001', '1f000000-0000-7000-8000-000000000001',
    'x/Y', sha256(''), '{"client": {"id": "c0000000-0000-7000-8000-000000000001", "ref": "LB-014"}}');
SELECT set_config('canvass.saw_clients', ',c0000000-0000-7000-8000-000000000001', true);
SELECT called('lena', 'audit_note(''canvass.v1.ClientService/GetClient'', NULL) IS NULL');

-- Access.
CREATE TEMPORARY TABLE export AS SELECT called('amira', net.ask('export_person', :'client')) AS v;
SELECT matches((SELECT v ->> 'document' FROM export), '^All that canvass keeps of LB-014, on ', 'a document');
SELECT is((SELECT (v ->> 'json')::jsonb #>> '{record,wishes,hours_tenths}' FROM export), '160', 'with the record whole');
SELECT is((SELECT (v ->> 'json')::jsonb #>> '{visits,0,id}' FROM export), '0f000000-0000-7000-8000-000000000001', 'visits in mind');
SELECT matches((SELECT v ->> 'document' FROM export), 'changed the initials from AB to QZ', 'what was changed');
SELECT is((SELECT (v ->> 'json')::jsonb #>> '{readers,0,by}' FROM export), 'Lena Ofori', 'and who read');
SELECT is((SELECT count(*) FROM export, jsonb_path_query((v ->> 'json')::jsonb, 'strict $.**') AS x
            WHERE jsonb_typeof(x) IN ('string', 'number') AND x #>> '{}' <> '' AND strpos(v ->> 'document', x #>> '{}') = 0), 0::bigint, 'the document leaves nothing out');
SELECT is(refused(who, net.ask('export_person', '{"client_id": "c0000000-0000-7000-8000-000000000001"}')), 'CV005 client_id: Your team has no such client.', 'not for ' || who)
  FROM unnest(ARRAY['bola', 'sam', 'adam', 'audit']) AS who;
SELECT matches(called('bola', net.ask('export_person', :'contact')) ->> 'document', 'Pat Quinn(.|\n)*source: met', 'a contact asks too, with the source');
SELECT is(refused('sam', net.ask('export_person', :'contact')), 'CV005 contact_id: Your borough keeps no such contact.', 'of their own borough');
SELECT matches(refused('amira', net.ask('export_person', :'client'::jsonb || :'contact')), '^CV003 contact_id: Name a client or a contact', 'one of them');

-- Holds.
SELECT is(refused('amira', net.ask('hold_person', :'client'::jsonb || '{"reason": "a claim"}')), 'CV007 This is for a lead of the team.', 'a lead holds');
SELECT is(called('lena', net.ask('hold_person', :'client'::jsonb || '{"reason": "a claim"}')) ->> 'reason', 'a claim', 'a record');
SELECT matches(refused('lena', net.ask('erase_person', :'client')), '^CV009 Lena Ofori holds this record since .*: a claim. Release the hold first.', 'which stops erasing');
SELECT ok(called('lena', net.ask('release_person', :'client')) ? 'released_at', 'until it is released');
SELECT matches(refused('lena', net.ask('release_person', :'client')), '^CV009 Nobody holds this record', 'once');

-- Erasing a client.
SELECT is(refused('amira', net.ask('erase_person', :'client')), 'CV007 This is for a lead of the team.', 'a lead erases');
SELECT is(refused('bola', net.ask('erase_person', '{"client_id": "c0000000-0000-7000-8000-000000000001"}')), 'CV005 client_id: Your team has no such client.', 'the own team''s');
SELECT matches(called('lena', net.ask('erase_person', :'client'))::text, '1 visit \\"for a client\\"', 'and is told what stays');
SELECT is(refused('lena', net.ask('export_person', :'client')), 'CV005 ref: Your team has no such client.', 'the reference is nobody''s');
SELECT matches(refused('lena', net.ask('erase_person', '{"client_id": "c0000000-0000-7000-8000-000000000001"}')), '^CV009 client_id: This person was erased at', 'the id says so to the team');
SELECT is(refused('bola', net.ask('erase_person', '{"client_id": "c0000000-0000-7000-8000-000000000001"}')), 'CV005 client_id: Your team has no such client.', 'and to nobody else');
SELECT is((SELECT concat_ws(' ', status, initials, age_band, home_postcode, specialist_id, entered_on) FROM client WHERE id = 'c0000000-0000-7000-8000-000000000001'), 'discharged 2026-01-01', 'a bare row stays');
SELECT matches((SELECT ref FROM client WHERE id = 'c0000000-0000-7000-8000-000000000001'), '^ERASED-[0-9]{10}$', 'under no name');
SELECT is((SELECT generic FROM visit WHERE id = '0f000000-0000-7000-8000-000000000001'), false, 'the visit is still for a client');
SELECT is(rows_of('amira', 'SELECT FROM visit_client'), 1::bigint, 'and counts');
SELECT is((SELECT count(*) FROM change WHERE client_id = 'c0000000-0000-7000-8000-000000000001' AND num_nonnulls(old, new) > 0), 0::bigint, 'history tells that, not what');
SELECT is((SELECT count(*) FROM change c WHERE c::text ~ 'LB-014|QZ'), 0::bigint, 'nor anywhere of whom');
SELECT is((SELECT answer FROM request WHERE id = '1f000000-0000-7000-8000-000000000001'), NULL, 'kept answers are gone');
SELECT isnt(called('amira', $$create_client('{"client": {"ref": "LB-014"}}')$$) ->> 'id', 'c0000000-0000-7000-8000-000000000001', 'the reference given again is another client');

-- Erasing a contact.
SELECT matches(called('bola', net.ask('erase_person', :'contact'))::text, '1 visit', 'a lead of the borough erases a contact');
SELECT is((SELECT concat_ws(' ', c.name, c.phone, v.met) FROM contact c JOIN visit v ON v.contact_id = c.id WHERE c.id = '0c000000-0000-7000-8000-000000000001'), 'Erased', 'name, number and who was met');
SELECT is((SELECT count(*) FROM change c WHERE c::text LIKE '%Pat Quinn%'), 0::bigint, 'in history too');
SELECT throws_ok('UPDATE visit SET met = NULL', 'CV009', NULL, 'the log stays otherwise');

-- Retention.
UPDATE client SET status = 'discharged', discharged_at = now() - interval '9 years', initials = NULL, age_band = NULL, home_postcode = NULL, home_easting = NULL, home_northing = NULL WHERE ref IN ('LB-015', 'SK-301');
SELECT is((called('lena', 'purge(''{}'')') #> '{lines,0}') - 'before'::text - 'source'::text, '{"class": "client", "goes": 1, "held": 0, "rule": "8 years after the end of support"}'::jsonb, 'a lead lets go the own team''s') ;
SELECT is((SELECT count(*) FROM client WHERE ref = 'SK-301'), 1::bigint, 'no other''s');
SELECT is(called('adam', 'purge(''{}'')') #>> '{lines,0,class}', 'answer', 'an administrator answers alone');

-- Words that leave the team.
SELECT is((SELECT string_agg(s.said, E'\n') FROM (
    SELECT sentence AS said FROM change_sentence UNION ALL SELECT title FROM change_field WHERE table_name NOT LIKE 'client%'
    UNION ALL SELECT m[1] FROM pg_proc p, regexp_matches(p.prosrc, '''((?:[^'']|'''')+)''', 'g') AS m
     WHERE p.pronamespace = 'canvass'::regnamespace
       AND p.proname ~ '^(timeline|door_|others_|share_|contact_request_|open_contact|said_|known_contacts|lesson_json|target_purpose|check_door|check_not_blocked|employer_not_blocked|block_|catalogue_|leads_of)'
    UNION ALL SELECT obj_description(c.oid, 'pg_constraint') FROM pg_constraint c
     WHERE c.conrelid IN ('employer'::regclass, 'site'::regclass, 'contact'::regclass, 'contact_share'::regclass, 'contact_request'::regclass, 'employer_block'::regclass, 'lesson'::regclass, 'opening'::regclass)) AS s
     WHERE EXISTS (SELECT FROM telling_word t WHERE to_tsvector('english', s.said) @@ plainto_tsquery('english', t.word))), NULL, 'no word that tells');

SELECT * FROM finish();
ROLLBACK;
