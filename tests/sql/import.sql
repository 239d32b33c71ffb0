-- Rows of other people's lists: known rows are not doubled, a bad row is left out alone, the same
-- list again changes nothing (DOMAIN.md sections 4 and 7: dedupe on import, upsert of lists).
BEGIN;
SELECT no_plan();
SET LOCAL search_path = canvass, public, pg_temp;

CREATE FUNCTION tests.import(list text, rows jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT import_employers(jsonb_build_object('source', list, 'rows',
        (SELECT jsonb_agg(r || jsonb_build_object('line', i + 1) ORDER BY i) FROM jsonb_array_elements(rows) WITH ORDINALITY AS x (r, i))))
$$;
-- Created, updated, unchanged, rejected.
CREATE FUNCTION tests.counts(list text, rows jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', a ->> 'created', a ->> 'updated', a ->> 'unchanged', a ->> 'rejected') FROM tests.import(list, rows) AS a
$$;
CREATE FUNCTION tests.registry() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws('|', e.name, e.trading_as, e.company_number, e.sic, e.phone, e.website, e.refs, e.open_sites, s.address, s.postcode, s.easting, s.approximate, s.borough_id), E'\n'
                      ORDER BY e.name_key, e.name, s.postcode, e.refs, s.address)
      FROM employer e LEFT JOIN site s ON s.employer_id = e.id
$$;
CREATE FUNCTION tests.many() RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('ref', i::text, 'name', (ARRAY['Tesco', 'Tesco Ltd', 'Boots', 'Greggs'])[1 + i % 4] || CASE WHEN i % 7 = 0 THEN ' ' || i % 5 ELSE '' END,
                                        'postcode', (ARRAY['SW9 8HE', 'SW9 8JP', 'NW1 7HA'])[1 + i % 3], 'phone', CASE WHEN i % 11 = 0 THEN '020 7946 0' || 100 + i END) ORDER BY i)
      FROM generate_series(1, 200) AS i
$$;
CREATE FUNCTION tests.in_batches(size integer, again_from integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    rows jsonb := tests.many();
    ends text;
BEGIN
    FOR start IN 0..199 BY size LOOP
        PERFORM import_employers(jsonb_build_object('source', 'many', 'rows', (SELECT jsonb_agg(r) FROM jsonb_array_elements(rows) WITH ORDINALITY AS x (r, i) WHERE i > start AND i <= start + size)));
        IF start = again_from THEN
            PERFORM import_employers(jsonb_build_object('source', 'many', 'rows', (SELECT jsonb_agg(r) FROM jsonb_array_elements(rows) WITH ORDINALITY AS x (r, i) WHERE i <= start + size)));
        END IF;
    END LOOP;
    ends := tests.registry();
    RAISE EXCEPTION USING ERRCODE = 'CV000', MESSAGE = md5(ends) || ' ' || length(ends);
END $$;

SET LOCAL ROLE canvass_app;
SELECT tests.be('amira');

SELECT '[{"ref": "1", "name": "Hollybank Ltd", "address": ["Holly Bank", "5 Abbots Lane", "", "Brixton"], "postcode": "sw98he"},
         {"ref": "2", "name": "The Hollybank", "postcode": "SW9 8HE", "phone": "020 7946 0123"},
         {"ref": "3", "name": "Hollybank", "postcode": "NW1 7HA"},
         {"ref": "4", "name": "New Build", "postcode": "SW9 8ZZ"},
         {"ref": "5", "name": "No Such Place", "postcode": "SW9 1AA"},
         {"ref": "6", "name": "Bad Place", "postcode": "SW99"},
         {"ref": "7", "name": " "},
         {"ref": "8", "name": "Far Away", "postcode": "M1 1AE"},
         {"ref": "9", "name": "Careless", "company_number": "1234567", "sic": "56.102", "phone": "n/a", "website": "www.careless.example"},
         {"ref": "10", "name": "Worse", "company_number": "12", "sic": "561", "phone": "020 7946 0999", "website": "not one"}]' AS list \gset
SELECT tests.import('fhrs', :'list') AS a \gset
SELECT is(:'a'::jsonb - 'problems', '{"created": 6, "updated": 1, "unchanged": 0, "rejected": 3}', 'each row is counted once');
SELECT is(:'a'::jsonb -> 'problems',
    '[{"line": 5, "field": "postcode", "reason": "SW9 8ZZ is not in the postcode list; placed in the middle of SW9 8.", "severity": "warning"},
      {"line": 6, "field": "postcode", "reason": "SW9 1AA does not exist: there is no SW9 1 in the postcode list.", "severity": "error"},
      {"line": 7, "field": "postcode", "reason": "\"SW99\" is not a postcode; one looks like SW9 8HE.", "severity": "error"},
      {"line": 8, "field": "name", "reason": "The name is missing.", "severity": "error"},
      {"line": 10, "field": "phone", "reason": "Left out: this is not a telephone number.", "severity": "warning"},
      {"line": 11, "field": "company_number", "reason": "Left out: a Companies House number has 8 characters, like 01234567 or SC123456.", "severity": "warning"},
      {"line": 11, "field": "sic", "reason": "Left out: a SIC 2007 code has five digits, like 56102.", "severity": "warning"},
      {"line": 11, "field": "website", "reason": "Left out: this is not an address like https://example.org.", "severity": "warning"}]'::jsonb,
    'each problem has line, field, reason and severity');
SELECT results_eq($$ SELECT name, refs, phone FROM employer WHERE name_key = 'hollybank' ORDER BY cardinality(refs) DESC $$,
                  $$ VALUES ('Hollybank Ltd', '{fhrs:1,fhrs:2}'::text[], '020 7946 0123'), ('Hollybank', '{fhrs:3}', NULL) $$,
                  'same normal name and postcode: one employer with both references and what either knew; another postcode: another');
SELECT results_eq($$ SELECT company_number, sic, website FROM employer WHERE name = 'Careless' $$, $$ VALUES ('01234567' COLLATE "C", '56102' COLLATE "C", 'http://www.careless.example') $$, 'noughts that a spreadsheet ate, dots and www are mended');
SELECT results_eq($$ SELECT address, borough_id, easting FROM site WHERE postcode = 'SW9 8HE' $$, $$ VALUES ('{Holly Bank,5 Abbots Lane,Brixton}'::text[], 'E09000022' COLLATE "C", 531100) $$, 'placed by its postcode');
SELECT is((SELECT approximate FROM site WHERE postcode = 'SW9 8ZZ'), true, 'in the middle of the sector where the unit is unknown');
SELECT is((SELECT updated_by_name FROM employer WHERE name = 'Far Away'), 'import', 'stamped as an import');
SELECT is((SELECT count(*) FROM employer WHERE name_key <> normal_name(name)), 0::bigint, 'normal names as elsewhere');
SELECT is((SELECT count(*) FROM site s JOIN employer e ON e.id = s.employer_id WHERE s.words <> site_words(e.name, e.trading_as, s.name, s.address, s.borough_id, s.postcode)), 0::bigint, 'and words');
SELECT is((SELECT count(*) FROM employer_ref r JOIN site s ON s.id = r.site_id AND s.employer_id = r.employer_id), 5::bigint, 'references name a site of their employer');

-- Again.
SELECT tests.registry() AS before \gset
SELECT is(tests.counts('fhrs', :'list'), '0 0 7 3', 'the same list again: nothing new, the bad rows told again');
SELECT is(tests.registry(), :'before', 'and nothing changed');
SELECT update_employer(jsonb_build_object('employer', jsonb_build_object('id', (SELECT id FROM employer WHERE name = 'Far Away'), 'name', 'Far Away Foods'), 'update_mask', '["name"]'::jsonb));
SELECT is(tests.counts('fhrs', :'list'), '0 0 7 3', 'again');
SELECT is((SELECT count(*) FROM employer WHERE name = 'Far Away Foods'), 1::bigint, 'what people mended stays');

-- Changed rows.
SELECT is(tests.counts('fhrs', '[{"ref": "3", "name": "Hollybank Kitchen", "address": ["9 High Street"], "postcode": "NW1 8AB"},
                                 {"ref": "4", "name": "New Build", "postcode": "SW9 8JP"}, {"ref": "9", "name": "Careless", "address": ["1 Side Street"]}]'), '0 3 0 0', 'a known row that changed is updated');
SELECT results_eq($$ SELECT e.name, s.postcode, s.easting, s.words @@ 'kitchen' FROM employer e JOIN site s ON s.employer_id = e.id WHERE 'fhrs:3' = ANY (e.refs) $$,
                  $$ VALUES ('Hollybank Kitchen', 'NW1 8AB' COLLATE "C", 528700, true) $$, 'name, place and what it is found by');
SELECT results_eq($$ SELECT e.open_sites, s.address FROM employer e JOIN site s ON s.employer_id = e.id WHERE 'fhrs:9' = ANY (e.refs) $$, $$ VALUES (1, '{1 Side Street}'::text[]) $$, 'a place that was not known');
SELECT is((SELECT approximate FROM site WHERE postcode = 'SW9 8JP'), false, 'a better postcode');

-- Another list, and none.
SELECT is(tests.counts('gpg', '[{"ref": "1", "name": "HOLLYBANK LIMITED", "postcode": "SW9 8HE", "sic": "56101"}, {"name": "hollybank", "postcode": "SW9 8HE"}]'), '0 2 0 0', 'another list''s row of the same name and place is known');
SELECT results_eq($$ SELECT name, refs, sic FROM employer WHERE 'gpg:1' = ANY (refs) $$, $$ VALUES ('Hollybank Ltd', '{fhrs:1,fhrs:2,gpg:1}'::text[], '56101' COLLATE "C") $$, 'it adds its reference and what was empty');
SELECT is(tests.counts('csv', '[{"name": "Stall", "address": ["Market Row"]}, {"name": "Stall", "address": ["market row."]}, {"name": "Stall"}, {"name": "Stall", "address": ["Granville Arcade"]}]'), '3 0 1 0', 'without a postcode the address tells apart');
SELECT is(tests.counts('csv', '[{"name": "Stall", "address": ["Market Row"]}, {"name": "Stall"}, {"name": "STALL", "phone": "020 7946 0111"}, {"name": "Stall", "address": ["Granville Arcade"]}]'), '0 2 2 0', 'rows without a reference are not doubled either');

-- Within one batch.
SELECT is(tests.counts('dup', '[{"ref": "a", "name": "First"}, {"ref": "a", "name": "Second"}]'), '1 0 1 0', 'a reference twice in a batch');
SELECT results_eq($$ SELECT name FROM employer WHERE 'dup:a' = ANY (refs) $$, $$ VALUES ('Second') $$, 'the last one speaks');
SELECT matches(tests.import('dup', '[{"ref": "a", "name": "First"}, {"ref": "a", "name": "Second"}]') #>> '{problems,0,reason}', '^A later row has the same reference', 'and the other is told so');
SELECT is(tests.counts('dup', '[{"ref": "b", "name": "One", "address": ["1", "2", "3", "4", "5", "6"]}]'), '1 0 0 0', 'more than four lines of address');
SELECT is((SELECT address FROM site s JOIN employer e ON e.id = s.employer_id WHERE e.name = 'One'), '{1,2,3,"4, 5, 6"}', 'are kept in four');
SELECT is(tests.counts('dup', jsonb_build_array(jsonb_build_object('ref', repeat('r', 101), 'name', 'x'), jsonb_build_object('name', repeat('x', 201)), jsonb_build_object('name', 'x', 'trading_as', repeat('x', 201)),
                                                jsonb_build_object('name', 'x', 'address', jsonb_build_array(repeat('x', 401))), jsonb_build_object('name', 'good'))), '1 0 0 4', 'rows that are too long are left out, the good one is not');

-- The request itself.
SELECT is(tests.error($$ SELECT tests.import('FHRS', '[{"name": "x"}]') $$), 'CV003 source: A list has a short name in lower case, like fhrs.', 'a list has a name');
SELECT is(tests.error($$ SELECT tests.import('fhrs', '[]') $$), 'CV003 rows: Send 1 to 1,000 rows at a time.', 'and rows');
SELECT is(tests.error($$ SELECT tests.import('fhrs', (SELECT jsonb_agg('{"name": "x"}'::jsonb) FROM generate_series(1, 1001))) $$), 'CV003 rows: Send 1 to 1,000 rows at a time.', 'not more than a thousand');
SELECT tests.be('audrey');
SELECT is(left(tests.error($$ SELECT tests.import('fhrs', '[{"name": "By An Auditor"}]') $$), 5), 'CV007', 'auditors import nothing');

-- The same rows in one batch, in many, and stopped half-way and sent again end the same.
SELECT tests.be('adam');
SELECT is(tests.error('SELECT tests.in_batches(10, -1)'), tests.error('SELECT tests.in_batches(10, 90)'), 'a list stopped and sent again ends as one that was not');
SELECT is(tests.error('SELECT tests.in_batches(200, -1)'), tests.error('SELECT tests.in_batches(7, -1)'), 'whatever the size of its batches');

SELECT * FROM finish();
ROLLBACK;
