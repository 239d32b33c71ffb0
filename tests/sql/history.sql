-- What happened, in sentences, each reader's own; taking it back, what depends on it, and that random
-- writes taken back leave every row as it was.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(74);

CREATE FUNCTION net.history(who text, scope jsonb) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called(who, format('ARRAY(SELECT h.entry ->> ''sentence'' FROM history(%L, 51, NULL) h)', scope))))
$$;
CREATE FUNCTION net.newest(who text, scope jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT net.called(who, format('(SELECT h.entry FROM history(%L, 2, NULL) h LIMIT 1)', scope))
$$;
CREATE FUNCTION net.does(who text, n integer, call text, body text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM net.request(n);
    PERFORM net.called(who, format('%I(%L)', call, body));
END
$$;
\set tools '''{"employer_id": "e0000000-0000-7000-8000-000000000001"}'''

UPDATE employer e SET open_sites = (SELECT count(*) FROM site s WHERE s.employer_id = e.id);
UPDATE site s SET words = site_words(e.name, NULL, s.name, s.address, s.borough_id, s.postcode) FROM employer e WHERE e.id = s.employer_id;

-- Sentences.
SELECT net.does('amira', 1, 'update_employer', '{"employer": {"id": "e0000000-0000-7000-8000-000000000001", "phone": "020 7946 0123"}, "update_mask": ["phone"]}');
SELECT is((net.history('amira', :tools))[1], 'Amira Shah (Lambeth) changed the phone to 020 7946 0123', 'a field that was empty');
SELECT net.does('sam', 2, 'update_employer', '{"employer": {"id": "e0000000-0000-7000-8000-000000000001", "phone": "020 7946 0199", "staff": 12}, "update_mask": ["phone", "staff"]}');
SELECT is((net.history('amira', :tools))[1], 'Sam Reid (Southwark) changed the phone from 020 7946 0123 to 020 7946 0199, the staff to 12', 'who, of which borough, from what to what');
SELECT is((net.newest('amira', :tools) -> 'fields'), '[{"of": "employer", "name": "the phone", "old": "020 7946 0123", "new": "020 7946 0199"}, {"of": "employer", "name": "the staff", "new": "12"}]'::jsonb, 'field by field');
SELECT is(net.newest('amira', :tools) - '{fields,at}'::text[], jsonb_build_object('by', 'Sam Reid', 'borough', 'Southwark', 'sentence', net.newest('amira', :tools) ->> 'sentence',
    'request_id', net.request_id(2), 'undoable', false, 'why_not', 'Only Sam Reid or a lead of the same team can take this back.'), 'by which request, and who may take it back');
SELECT is(net.newest('sam', :tools) ->> 'undoable', 'true', 'its maker may');
SELECT net.does('amira', 3, 'update_employer', '{"employer": {"id": "e0000000-0000-7000-8000-000000000001", "phone": ""}, "update_mask": ["phone"]}');
SELECT is((net.history('bola', :tools))[1], 'Amira Shah (Lambeth) changed the phone from 020 7946 0199 to nothing', 'a field that is emptied');
SELECT is(called('sam', format('(SELECT h.entry ->> ''why_not'' FROM history(%L, 51, NULL) h OFFSET 1 LIMIT 1)', :tools)) #>> '{}',
    'Since then Amira Shah changed the phone from 020 7946 0199 to nothing ' || said_when(now()) || '.', 'what is not undoable any more says why');
SELECT net.does('amira', 4, 'record_visit', '{"visit": {"id": "0f000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "client_ref": "LB-014", "stance": "warm", "next_touch_at": "2027-01-05T10:00:00Z", "next_step": "bring a CV"}}');
SELECT is((net.history('bola', :tools))[1], 'Amira Shah (Lambeth) recorded a visit', 'a visit is said as one');
SELECT is((net.history('sam', :tools))[1], 'Amira Shah (Lambeth) changed the phone from 020 7946 0199 to nothing', 'not to another borough, whose timeline has it');
SELECT is((net.newest('bola', :tools) -> 'fields') - 0, '[{"of": "relationship", "name": "the lead", "new": "Amira Shah"}, {"of": "relationship", "name": "the next step", "new": "bring a CV"}, {"of": "relationship", "name": "the next touch", "new": "5 January 2027 10:00"}, {"of": "relationship", "name": "the stage", "new": "fair"}, {"of": "relationship", "name": "the stance", "new": "warm"}]'::jsonb, 'with what it did to the relationship');
SELECT net.does('amira', 5, 'add_contact', '{"contact": {"id": "0c000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "name": "Pat Quinn", "phone": "020 7946 0100", "source": "met", "basis": "consent"}}');
SELECT net.does('amira', 6, 'update_contact', '{"contact": {"id": "0c000000-0000-7000-8000-000000000001", "phone": "020 7946 0101", "hires": true}, "update_mask": ["phone", "hires"]}');
SELECT is((net.history('bola', '{"contact_id": "0c000000-0000-7000-8000-000000000001"}')), ARRAY[
    'Amira Shah (Lambeth) changed the phone from 020 7946 0100 to 020 7946 0101, whether they hire from no to yes of the contact Pat Quinn',
    'Amira Shah (Lambeth) added the contact Pat Quinn'], 'a contact to its borough');
SELECT is(refused('sam', $$ARRAY(SELECT h.entry FROM history('{"contact_id": "0c000000-0000-7000-8000-000000000001"}', 51, NULL) h)$$), 'CV005 contact_id: There is no such contact, or it is not yours to see.', 'to no other');
SELECT net.does('amira', 7, 'set_wishes', '{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {"occupations": [{"soc": "8214", "weight": 5}, {"soc": "9252"}], "hours_tenths": 200}}');
SELECT net.does('amira', 8, 'update_client', '{"client": {"id": "c0000000-0000-7000-8000-000000000001", "initials": "XY"}, "update_mask": ["initials"]}');
SELECT is(net.history('lena', '{"client_id": "c0000000-0000-7000-8000-000000000001"}'), ARRAY['Amira Shah (Lambeth) changed the initials from AB to XY of LB-014', 'Amira Shah (Lambeth) changed the wishes',
    'Amira Shah (Lambeth) recorded a visit for the client', 'canvass added the client LB-014'], 'a client to the team');
SELECT is(refused('bola', $$ARRAY(SELECT h.entry FROM history('{"client_id": "c0000000-0000-7000-8000-000000000001"}', 51, NULL) h)$$), 'CV005 client_id: There is no such client, or it is not yours to see.', 'to no other team');
SELECT is(refused('bola', $$ARRAY(SELECT h.entry FROM history('{"client_id": "c0000000-0000-7000-8000-0000000000ff"}', 51, NULL) h)$$), 'CV005 client_id: There is no such client, or it is not yours to see.', 'as one that does not exist');
SELECT ok(array_to_string(net.history('bola', :tools) || net.history('sam', :tools), ' ') !~ 'LB-014|CV to', 'nothing of a client in an employer''s history');
SELECT matches(refused('amira', $$ARRAY(SELECT h.entry FROM history('{}', 51, NULL) h)$$), '^CV003 employer_id: Say which one', 'history of something');
SELECT matches(refused('amira', format('ARRAY(SELECT h.entry FROM history(%L, 51, ''junk'') h)', :tools)), '^CV003 page_token: ', 'a page token that is none');
SELECT is(called('amira', format('ARRAY(SELECT h.entry ->> ''sentence'' FROM history(%1$L, 3, (SELECT next_page_token FROM history(%1$L, 3, NULL) OFFSET 1 LIMIT 1)) h)', :tools)), to_jsonb((net.history('amira', :tools))[3:5]), 'pages follow one another');
SELECT is(refused('nobody', format('ARRAY(SELECT h.entry FROM history(%L, 51, NULL) h)', :tools)), 'CV005 employer_id: There is no such employer, or it is not yours to see.', 'nobody reads nothing');
SELECT is((SELECT count(*) FROM change_field f JOIN change_table t ON t.name = f.table_name WHERE f.field = ANY (t.key || change_bookkeeping())), 0::bigint, 'bookkeeping has no title');

-- Taking back.
SELECT is(net.undo('amira', 8), 'Amira Shah changed the initials from AB to XY of LB-014', 'a change is taken back');
SELECT is((SELECT initials FROM client WHERE ref = 'LB-014'), 'AB', 'and reads as before');
SELECT is((SELECT updated_by_name FROM client WHERE ref = 'LB-014'), 'Amira Shah', 'by who took it back');
SELECT ok((SELECT version FROM client WHERE ref = 'LB-014') > 3, 'as a newer version: an etag never comes again');
SELECT is((net.history('lena', '{"client_id": "c0000000-0000-7000-8000-000000000001"}'))[1], 'Amira Shah (Lambeth) took back: changed the initials from AB to XY of LB-014', 'history says so');
SELECT is(net.undo('amira', NULL), 'Amira Shah took back: changed the initials from AB to XY of LB-014', 'the last request is the undo, which is taken back in turn');
SELECT is((SELECT initials FROM client WHERE ref = 'LB-014'), 'XY', 'and so done again');
SELECT is((net.history('lena', '{"client_id": "c0000000-0000-7000-8000-000000000001"}'))[1], 'Amira Shah (Lambeth) did again: changed the initials from AB to XY of LB-014', 'history says that, too');
SELECT matches(net.undo('amira', 8), '.', 'what was done again is taken back again');
SELECT is(net.undo('amira', 7), 'Amira Shah changed the wishes', 'wishes');
SELECT is((SELECT count(*) FROM client_occupation) + (SELECT count(*) FROM client_wishes), 0::bigint, 'there were none before');
SELECT net.keep('wishes') IS NULL AS x \gset
SELECT net.does('amira', 9, 'set_wishes', '{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {"occupations": [{"soc": "8214"}, {"soc": "9252"}, {"soc": "9263"}]}}') WHERE EXISTS (SELECT FROM occupation WHERE code = '9263');
SELECT net.does('amira', 10, 'set_wishes', '{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {"occupations": [{"soc": "8214"}, {"soc": "9252"}]}}');
SELECT net.keep('ordered') IS NULL AS x \gset
SELECT net.does('amira', 11, 'set_wishes', '{"client_id": "c0000000-0000-7000-8000-000000000001", "wishes": {"occupations": [{"soc": "9252"}, {"soc": "8214"}]}}');
SELECT is(net.undo('amira', 11), 'Amira Shah changed the wishes', 'wishes in another order');
SELECT is(net.since('ordered'), NULL, 'are in the first one again');

-- Who may.
SELECT is(net.undo('bola', 6), 'CV005 undo_id: There is no such request of yours or your team''s that changed anything.', 'not a lead of another team');
SELECT is(net.undo('sam', 6), 'CV005 undo_id: There is no such request of yours or your team''s that changed anything.', 'nor another borough');
SELECT is(net.undo('sam', 999), 'CV005 undo_id: There is no such request of yours or your team''s that changed anything.', 'as for one that does not exist');
SELECT is(net.undo('audit', 6), 'CV007 Taking back is for specialists, leads and administrators.', 'an auditor changes nothing');
SELECT is(net.undo('bola', NULL), 'CV005 You changed nothing yet that could be taken back.', 'who did nothing takes nothing back');
SELECT is(net.undo('lena', 6), 'Amira Shah changed the phone from 020 7946 0100 to 020 7946 0101, whether they hire from no to yes of the contact Pat Quinn', 'a lead takes back what the team did');
SELECT is((SELECT phone FROM contact), '020 7946 0100', 'and it reads as before');

-- What depends.
SELECT net.does('amira', 20, 'create_employer', '{"employer": {"id": "e0000000-0000-7000-8000-0000000000a1", "name": "Ace Cafe"}, "site": {"id": "50000000-0000-7000-8000-0000000000a1", "postcode": "SW9 8HE"}}');
SELECT net.does('sam', 21, 'record_visit', '{"visit": {"employer_id": "e0000000-0000-7000-8000-0000000000a1", "generic": true}}');
SELECT is(net.undo('amira', 20), 'CV009 undo_id: This cannot be taken back, because since then Southwark keeps something there.', 'another borough''s visit is not told, but that there is something');
SELECT net.does('sam', 22, 'add_site', '{"site": {"id": "50000000-0000-7000-8000-0000000000a2", "employer_id": "e0000000-0000-7000-8000-0000000000a1", "name": "Annex", "postcode": "SE15 4ST"}}');
SELECT is(net.undo('amira', 20), 'CV009 undo_id: This cannot be taken back, because since then Southwark keeps something there; Sam Reid added the site Annex ' || said_when(now()) || '.', 'a site is');
SELECT net.does('amira', 23, 'update_employer', '{"employer": {"id": "e0000000-0000-7000-8000-0000000000a1", "name": "Ace Coffee"}, "update_mask": ["name"]}');
SELECT is(net.undo('sam', 22), 'Sam Reid added the site Annex', 'a change of something else is no matter');
SELECT is((SELECT open_sites FROM employer WHERE id = 'e0000000-0000-7000-8000-0000000000a1'), 1, 'sites are counted again');
SELECT is(net.undo('amira', 23), 'Amira Shah changed the name from Ace Cafe to Ace Coffee', 'a name');
SELECT ok(s.words @@ '''cafe'''::tsquery AND e.name_key = 'ace cafe', 'is what sites are found by') FROM site s JOIN employer e ON e.id = s.employer_id WHERE s.id = '50000000-0000-7000-8000-0000000000a1';

-- Visits: the log only grows.
SELECT net.keep('no visit') IS NULL AS x \gset
SELECT net.does('amira', 30, 'plan_visit', format('{"plan": {"id": "0d000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000002", "client_ref": "LB-014", "at": %s}}', to_json(london_midnight(london_today()))));
SELECT net.keep('planned') IS NULL AS x \gset
SELECT net.does('amira', 31, 'record_visit', '{"visit": {"id": "0f000000-0000-7000-8000-000000000031", "employer_id": "e0000000-0000-7000-8000-000000000002", "client_ref": "LB-014", "stance": "cold"}}');
SELECT net.keep('visited') IS NULL AS x \gset
SELECT is((SELECT visit_id FROM plan), '0f000000-0000-7000-8000-000000000031', 'a visit that was planned');
SELECT is(net.undo('amira', 31), 'Amira Shah recorded a visit', 'is taken back');
SELECT is(net.since('planned'), NULL, 'the plan is open again, and no visit stands');
SELECT is((SELECT count(*) FROM visit WHERE employer_id = 'e0000000-0000-7000-8000-000000000002'), 2::bigint, 'the log shows the mistake and its end');
SELECT is(rows_of('sam', 'SELECT FROM timeline(''e0000000-0000-7000-8000-000000000002'', 51, NULL) t WHERE t.kind = ''visit'''), 0::bigint, 'the timeline does not');
SELECT is(net.undo('amira', NULL), 'Amira Shah took back: recorded a visit', 'taken back in turn');
SELECT is(net.since('visited'), NULL, 'it stands again');
SELECT is((SELECT count(*) FROM standing_visit v JOIN visit_client l ON l.visit_id = v.id WHERE v.employer_id = 'e0000000-0000-7000-8000-000000000002'), 1::bigint, 'with its client');
SELECT net.does('amira', 32, 'correct_visit', format('{"visit": {"replaces_id": "%s", "generic": true, "stance": "warm"}}', (SELECT id FROM standing_visit WHERE employer_id = 'e0000000-0000-7000-8000-000000000002')));
SELECT is(net.undo('amira', 32), 'Amira Shah put a visit right', 'a correction');
SELECT is(net.since('visited'), NULL, 'is taken back to what it replaced');
SELECT throws_ok('DELETE FROM visit', 'CV009', NULL, 'nothing is deleted');

-- Never taken back.
SELECT net.does('amira', 40, 'update_contact', format('{"contact": {"id": "0c000000-0000-7000-8000-000000000001", "objected_on": "%s"}, "update_mask": ["objected_on"]}', london_today()));
SELECT is(net.undo('amira', 40), 'CV009 undo_id: Somebody objected to being contacted, and an objection stays.', 'an objection');
SELECT net.does('lena', 41, 'discharge_client', '{"client_id": "c0000000-0000-7000-8000-000000000001", "reason": "moved"}');
SELECT is(net.undo('lena', 41), 'CV009 undo_id: What it took away was not kept, so it cannot be put back.', 'a discharge');
SELECT matches(net.undo('amira', 10), '^CV009 undo_id: ', 'or what was written of the client before');
SELECT is((net.history('lena', '{"client_id": "c0000000-0000-7000-8000-000000000001"}'))[2] ~ 'XY|AB', false, 'history has forgotten what it was');

-- An import, by any number of calls.
SELECT net.keep('no list') IS NULL AS x \gset
SELECT net.request(50) IS NULL AS x \gset
SELECT called('amira', format('import_employers(as_one_import(%L))', jsonb_build_object('source', 'demo', 'import_id', net.request_id(51), 'rows', (
    SELECT jsonb_agg(jsonb_build_object('line', n, 'ref', n::text, 'name', 'Shop ' || n, 'postcode', 'SW9 8HE')) FROM generate_series(101, 140) AS n)))) ->> 'created' AS n \gset
SELECT called('amira', format('import_employers(as_one_import(%L))', jsonb_build_object('source', 'demo', 'import_id', net.request_id(51), 'rows', (
    SELECT jsonb_agg(jsonb_build_object('line', n, 'ref', n::text, 'name', CASE n WHEN 141 THEN 'Stockwell Tool Hire' ELSE 'Shop ' || n END, 'phone', '020 7946 0123', 'postcode', 'SW9 8HE')) FROM generate_series(138, 145) AS n)))) ->> 'created' AS n \gset
SELECT net.keep('list') IS NULL AS x \gset
SELECT is((SELECT count(*) FROM employer_ref), 45::bigint, 'a list');
SELECT is((net.history('sam', (SELECT jsonb_build_object('employer_id', employer_id) FROM employer_ref WHERE ref = '120')))[1], 'Amira Shah (Lambeth) imported it with list demo', 'is said of each employer');
SELECT is(net.undo('amira', 51), 'Amira Shah imported 45 rows of the list demo', 'and taken back as a whole');
SELECT is(net.since('no list'), NULL, 'leaves nothing');
SELECT is(net.undo('amira', NULL), 'Amira Shah took back: imported 45 rows of the list demo', 'undo of it');
SELECT is(net.since('list'), NULL, 'brings everything back');

-- Random writes by random people, taken back from the last to the first: after each, every row is as
-- it was before. Where there are visits there are no merges, and visits go to employers that stay:
-- an employer with a visit in the log, though it was taken back, does not go.
CREATE FUNCTION net.some_write(who text, visits boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    e uuid := (SELECT id FROM employer ORDER BY random() LIMIT 1);
    e2 uuid := (SELECT id FROM employer WHERE id <> e ORDER BY random() LIMIT 1);
    own text := (SELECT s.borough_id FROM specialist s WHERE s.email = who || '@net.example');
    site uuid := (SELECT s.id FROM site s ORDER BY random() LIMIT 1);
    c record;
    call text;
    m jsonb;
BEGIN
    SELECT k.* INTO c FROM contact k WHERE k.borough_id = own AND k.objected_on IS NULL ORDER BY random() LIMIT 1;
    CASE (CASE WHEN visits THEN '{0,1,3,4,5,6,7,7,7,8,9,11}' ELSE '{0,1,2,3,4,5,6,8,9,10,10,11}' END::integer[])[1 + floor(random() * 12)]
    WHEN 0 THEN call := 'create_employer'; m := jsonb_build_object('employer', jsonb_build_object('name', 'Firm ' || random()), 'site', jsonb_build_object('postcode', 'SW9 8HE', 'address', jsonb_build_array(floor(random() * 3) || ' Acre Lane')));
    WHEN 1 THEN call := 'update_employer'; m := jsonb_build_object('employer', jsonb_build_object('id', e, 'name', 'Firm ' || random(), 'staff', floor(random() * 9)::int), 'update_mask', (ARRAY['["name"]', '["staff"]', '["name", "staff"]'])[1 + floor(random() * 3)]::jsonb);
    WHEN 2 THEN call := 'add_site'; m := jsonb_build_object('site', jsonb_build_object('employer_id', e, 'postcode', 'SE15 4ST', 'address', jsonb_build_array(floor(random() * 3) || ' Rye Lane')));
    WHEN 3 THEN call := 'update_site'; m := jsonb_build_object('site', jsonb_build_object('id', site, 'closed', random() < 0.5, 'name', 'S' || random()), 'update_mask', '["closed", "name"]'::jsonb);
    WHEN 4 THEN call := 'add_contact'; m := jsonb_build_object('contact', jsonb_build_object('employer_id', e, 'name', 'P ' || random(), 'source', 'met', 'basis', 'consent'));
    WHEN 5 THEN call := 'update_contact'; m := jsonb_build_object('contact', jsonb_build_object('id', c.id, 'job', 'job ' || random()), 'update_mask', '["job"]'::jsonb);
    WHEN 6 THEN call := 'update_relationship'; m := jsonb_build_object('relationship', jsonb_build_object('employer_id', e, 'next_step', 'step ' || random(), 'stage', 'hired'), 'update_mask', '["next_step", "stage"]'::jsonb);
    WHEN 7 THEN call := 'record_visit'; m := jsonb_build_object('visit', jsonb_build_object('employer_id', 'e0000000-0000-7000-8000-000000000001', 'site_id', '50000000-0000-7000-8000-000000000001', 'generic', true, 'stance', 'warm', 'next_step', 'v ' || random(), 'next_touch_at', now() + interval '3 days'));
    WHEN 8 THEN call := 'create_opening'; m := jsonb_build_object('opening', jsonb_build_object('employer_id', e, 'title', 'Job ' || random(), 'hidden', true, 'network', random() < 0.5));
    WHEN 9 THEN call := 'plan_visit'; m := jsonb_build_object('plan', jsonb_build_object('employer_id', e, 'at', now() + interval '1 hour'));
    WHEN 10 THEN call := 'merge_employers'; m := jsonb_build_object('keep_id', e, 'merge_id', e2);
    ELSE call := 'import_employers'; m := jsonb_build_object('source', 'rnd', 'rows', (SELECT jsonb_agg(jsonb_build_object('ref', floor(random() * 99)::text, 'name', 'Firm ' || floor(random() * 9), 'postcode', 'SW9 8HE')) FROM generate_series(1, 25)));
    END CASE;
    RETURN net.tried(who, format('SELECT %I(%L)', call, m));
END
$$;
CREATE FUNCTION net.random_undo(seed double precision, n integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    people text[] := '{amira,lena,sam}';
    whos text[] := '{}';
    dumps text[] := '{}';
    said text;
    who text;
    done integer := 0;
BEGIN
    PERFORM setseed(seed);
    DELETE FROM net.kept WHERE name LIKE 'random%';
    FOR i IN 1 .. n LOOP
        who := people[1 + floor(random() * 3)];
        PERFORM net.keep('random' || done);
        PERFORM net.request(10000 + (seed * 1000)::integer * 100 + done);
        said := net.some_write(who, (seed * 1000)::integer % 2 = 0);
        IF said = '1 rows' AND EXISTS (SELECT FROM change WHERE request_id = current_request()) THEN
            whos := whos || who;
            done := done + 1;
        END IF;
    END LOOP;
    -- Now and then one is done again first.
    FOR i IN REVERSE done - 1 .. 0 LOOP
        PERFORM net.keep('random');
        said := net.undo(whos[i + 1], 10000 + (seed * 1000)::integer * 100 + i);
        IF said LIKE 'CV%' OR net.since('random' || i) IS NOT NULL THEN
            RETURN format('seed %s, request %s: %s %s', seed, i, said, net.since('random' || i));
        END IF;
        IF i % 4 = 0 THEN
            said := net.undo(whos[i + 1], NULL);
            IF said LIKE 'CV%' OR net.since('random') IS NOT NULL THEN
                RETURN format('seed %s, request %s again: %s %s', seed, i, said, net.since('random'));
            END IF;
            said := net.undo(whos[i + 1], NULL);
            IF said LIKE 'CV%' OR net.since('random' || i) IS NOT NULL THEN
                RETURN format('seed %s, request %s once more: %s %s', seed, i, said, net.since('random' || i));
            END IF;
        END IF;
    END LOOP;
    RETURN CASE WHEN done < n / 3 THEN format('only %s of %s writes were accepted', done, n) END;
END
$$;
DELETE FROM net.kept;
SELECT is(net.random_undo(s / 1000.0, 30), NULL, format('random writes taken back, seed %s', s)) FROM generate_series(1, 6) AS s;

SELECT * FROM finish();
ROLLBACK;
