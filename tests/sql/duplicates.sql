-- How likely two employers are one: what counts, what does not (an agent's postcode, a chain's many
-- sites), asking on creation, the warning of an import, the sweep and what was dismissed.
BEGIN;
SELECT no_plan();
SET LOCAL search_path = canvass, public, pg_temp;

-- An employer at a place, made as the owner: its id.
CREATE FUNCTION tests.put(name text, address text, postcode text, more jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = canvass, public AS $$
DECLARE made uuid;
BEGIN
    INSERT INTO employer (name, trading_as, phone, website, company_number, open_sites)
        VALUES (put.name, more ->> 'trading_as', more ->> 'phone', more ->> 'website', more ->> 'company_number', 1) RETURNING id INTO made;
    INSERT INTO site (employer_id, address, postcode, easting, northing, borough_id)
        SELECT made, array_remove(ARRAY[put.address], NULL), put.postcode, p.easting, p.northing, p.borough_id
          FROM (SELECT 1) AS x LEFT JOIN postcode p ON p.postcode = put.postcode;
    RETURN made;
END $$;
CREATE FUNCTION tests.asked(given jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT find_similar(CASE WHEN given ? 'postcode' OR given ? 'address'
                             THEN jsonb_build_object('employer', given - 'postcode' - 'address' - 'email', 'email', given -> 'email',
                                                     'site', jsonb_strip_nulls(jsonb_build_object('postcode', given -> 'postcode', 'address', given -> 'address')))
                             ELSE jsonb_build_object('employer', given - 'email', 'email', given -> 'email') END) -> 'employers'
$$;
-- How likely the first answer is, and which it is.
CREATE FUNCTION tests.likely(given jsonb) RETURNS float8 LANGUAGE sql AS $$ SELECT coalesce((tests.asked(given) #>> '{0,score}')::float8, 0) $$;
-- The score of two stored employers in the sweep, 0 if it does not come across them.
CREATE FUNCTION tests.pair(a uuid, b uuid) RETURNS float8 LANGUAGE sql SECURITY DEFINER SET search_path = canvass AS $$
    SELECT coalesce(max(score), 0) FROM twin_pairs(NULL) WHERE (one, other) IN ((a, b), (b, a))
$$;

CREATE FUNCTION tests.paged() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE token text; ids text[] := '{}'; r record; n integer;
BEGIN
    LOOP
        n := 0;
        FOR r IN SELECT * FROM list_duplicates(NULL, 0, 1, token) LOOP
            ids := ids || (r.one ->> 'id' || (r.other ->> 'id')); token := r.next_page_token; n := n + 1;
        END LOOP;
        EXIT WHEN n = 0;
    END LOOP;
    RETURN ids;
END $$;

-- A registry with names of its own, so that "Cafe" and "School" are common.
SELECT tests.put(w || ' ' || k, i || ' Coldharbour Lane', 'SW9 8JP') FROM unnest('{Amber,Birch,Cedar,Delta,Elm}'::text[]) AS w,
       unnest('{Cafe,School,Restaurant}'::text[]) WITH ORDINALITY AS x (k, i);
SELECT tests.put('Hollybank Bakery Ltd', '5 Atlantic Road, Brixton', 'SW9 8HE', '{"phone": "020 7946 0123", "website": "https://www.hollybank.example/shop"}') AS bakery \gset
SELECT tests.put('Golden Spoon', '12 Camden Road', 'NW1 7HA', '{"company_number": "01234567"}') AS spoon \gset

SET LOCAL ROLE canvass_app;
SELECT tests.be('amira');

-- What is compared.
SELECT is(phone_digits(x), '02079460123', format('%s is that number', x)) FROM unnest('{020 7946 0123,+44 (0)20 7946 0123,0044 20 7946 0123,(020) 7946-0123 ext. 4}'::text[]) AS x;
SELECT is(phone_digits('12345'), NULL, 'an extension alone is no number');
SELECT is(web_host(x), 'shop.example', format('%s is that host', x)) FROM unnest('{https://www.shop.example/a?b,HTTP://SHOP.EXAMPLE,shop.example:8080}'::text[]) AS x;
SELECT is(name_words(normal_name('The Café at the Park & Co Ltd')), '{cafe,park}', 'the words of a name that tell something');
SELECT is(name_words(normal_name('The Co')), '{co}', 'a name of nothing else keeps what it has');
SELECT is((SELECT count(*) FROM employer e WHERE name_words(array_to_string(name_words(e.name_key), ' ')) <> name_words(e.name_key)), 0::bigint, 'words of words are the same words');

-- Alike.
SELECT cmp_ok(tests.likely('{"name": "HOLLYBANK BAKERY LIMITED", "postcode": "sw98he"}'), '>', 0.95::float8, 'the same name and postcode');
SELECT cmp_ok(tests.likely('{"name": "Holybank Bakery", "postcode": "SW9 8HE", "address": ["5 Atlantic Road"]}'), '>', twin_threshold('ask'), 'misspelt at the same door, which is asked about');
SELECT cmp_ok(tests.likely('{"name": "Hollybank", "postcode": "SW9 8HE", "address": ["5 Atlantic Road"]}'), '>', 0.5::float8, 'part of the name at the same door');
SELECT cmp_ok(tests.likely('{"name": "Hollybank Bak", "postcode": "SW9"}'), '>', 0.05::float8, 'while it is being typed');
SELECT cmp_ok(tests.likely('{"name": "HB Baking", "phone": "+44 20 7946 0123", "postcode": "SW9 8HE", "address": ["5 Atlantic Road"]}'), '>', 0.2::float8, 'another name with the same telephone and door');
SELECT cmp_ok(tests.likely('{"name": "Hollybank Bakery", "email": "jo@hollybank.example"}'), '>', tests.likely('{"name": "Hollybank Bakery", "email": "jo@gmail.com"}'), 'a domain of its own says something, gmail nothing');
SELECT cmp_ok(tests.likely('{"name": "Goldener Loeffel Gastronomie", "company_number": "01234567"}'), '>', 0.95::float8, 'the same company number, whatever the name');
SELECT cmp_ok(tests.likely('{"name": "Golden Spoon", "postcode": "NW1 7HA", "company_number": "07654321"}'), '<', 0.3::float8, 'different company numbers');
SELECT is(tests.asked('{"name": "Golden Spoon", "company_number": "01234567"}') #> '{0,reasons}' ->> 0, 'same company number', 'the reasons are said');
SELECT is(tests.asked('{"name": "Hollybank Bakery", "postcode": "SW9 8HE"}') #>> '{0,id}', :'bakery', 'the answer names it');
SELECT cmp_ok(tests.likely('{"name": "Fig Cafe", "postcode": "SW9 8JP"}'), '<', 0.3::float8, 'a common word is no name');
SELECT cmp_ok(tests.likely('{"name": "Cafe"}'), '<', 0.5::float8, 'nor alone');
SELECT is(tests.error($$ SELECT find_similar('{"employer": {"name": " "}}') $$), 'CV003 employer.name: Give the name, or a telephone number, website or company number.', 'nothing to go by');
SELECT is(find_similar(jsonb_build_object('employer', jsonb_build_object('id', :'bakery', 'name', 'Hollybank Bakery'))) -> 'employers', '[]', 'itself is no twin of itself');

-- Creating asks.
SELECT matches(tests.error($$ SELECT create_employer('{"employer": {"name": "Hollybank Bakery"}, "site": {"postcode": "SW9 8HE"}}') $$),
    '^CV006 even_if_similar: Hollybank Bakery Ltd, SW9 8HE is there already and is likely the same \(9\d %: same name, .*same postcode\)\. Use that one, or say that this is another\.$', 'creating asks');
SELECT is((SELECT count(*) FROM employer WHERE name_key = 'hollybank bakery'), 1::bigint, 'and makes nothing');
SELECT create_employer('{"employer": {"name": "Hollybank Bakery"}, "site": {"postcode": "SW9 8HE"}, "even_if_similar": true}') AS made \gset
SELECT is(:'made'::jsonb #>> '{similar,0,id}', :'bakery', 'unless it is said to be another; what it looks like is told all the same');
SELECT is(create_employer('{"employer": {"name": "Golden Spoon"}, "site": {"postcode": "SW9 7AA"}}') #>> '{similar,0,id}', :'spoon', 'the same name far away is told and not asked about');
SELECT matches(tests.error(format($$ SELECT add_site('{"site": {"employer_id": "%s", "postcode": "SW9 8HE", "address": ["5 Atlantic Road"]}}') $$,
               create_employer('{"employer": {"name": "Hollybank Bakery Express"}}') #>> '{employer,id}')), '^CV006 even_if_similar: Hollybank Bakery', 'a site where a twin stands is asked about');

-- Traps.
RESET ROLE;
SELECT tests.put(n || ' Ltd', '71 Shelton Street', 'E1 6AN')
  FROM unnest('{Quartz,Basalt,Granite,Marble,Feldspar,Gypsum,Dolomite,Obsidian,Pumice,Travertine,Onyx,Jasper}'::text[]) AS a, unnest('{Media,Trading,Holdings,Services}'::text[]) AS b, LATERAL (SELECT a || ' ' || b) AS x (n);
SELECT is((SELECT count(*) FROM twin_pairs(NULL) p JOIN site s ON s.id = p.one_site JOIN site t ON t.id = p.other_site
            WHERE p.score >= twin_threshold('list') AND s.postcode = 'E1 6AN' AND t.postcode = 'E1 6AN'), 0::bigint, 'companies at one agent''s door are not one');
INSERT INTO postcode (postcode, easting, northing, borough_id, terminated)
SELECT 'N' || i || ' 1AA', 530000 + 2000 * i, 190000, 'E09000014', false FROM generate_series(1, 12) AS i;
SELECT tests.put('Cornish Pasty House', i || ' High Road', 'N' || i || ' 1AA') FROM generate_series(1, 12) AS i;
SELECT is((SELECT count(*) FROM twin_pairs(NULL) p JOIN employer e ON e.id = p.one WHERE p.score >= twin_threshold('list') AND e.name = 'Cornish Pasty House'), 0::bigint, 'a chain''s sites are not one');
SELECT tests.put('Cornish Pasty House', '3 High Road', 'N3 1AA') AS twice \gset
SELECT is((SELECT count(*) FROM twin_pairs(NULL) p WHERE p.score >= twin_threshold('list') AND :'twice' IN (p.one::text, p.other::text)), 1::bigint, 'but the same site of a chain twice is');
SELECT tests.put('Seaview Nursery 1', '1 Beach Road', 'N4 1AA') AS n1, tests.put('Rosehill Nursery', '1 Beach Road', 'N4 1AA') AS n2 \gset
SELECT cmp_ok(tests.pair(:'n1', :'n2'), '<', 0.5::float8, 'a new occupier of the same door is another employer');
SELECT tests.put('Asian Supermarket Ltd: T/A Best Food Corner', '2 Basildon Road', 'N5 1AA') AS t1, tests.put('Best Food Corner', '2 Basildon Road', 'N5 1AA') AS t2 \gset
SELECT cmp_ok(tests.pair(:'t1', :'t2'), '>', 0.9::float8, 'a name after T/A is a name');
SELECT tests.put('Xanthe Florists', NULL, NULL, '{"phone": "020 7946 0777"}') AS x1, tests.put('Xanthe Florist', NULL, NULL, '{"phone": "+44 20 7946 0777"}') AS x2 \gset
SELECT cmp_ok(tests.pair(:'x1', :'x2'), '>', 0.5::float8, 'without a place, by name and telephone');

-- Symmetry, and order does not matter.
SELECT is((SELECT count(*) FROM (SELECT p FROM employer e JOIN site s ON s.employer_id = e.id, LATERAL twin_profiles(e, s, NULL) AS p) AS a,
                  (SELECT p FROM employer e JOIN site s ON s.employer_id = e.id, LATERAL twin_profiles(e, s, NULL) AS p) AS b
            WHERE twin_evidence(a.p, b.p, 3, 4) <> twin_evidence(b.p, a.p, 3, 4)), 0::bigint, 'every pair says the same from both sides');
CREATE TEMP TABLE before AS SELECT least(one, other) AS a, greatest(one, other) AS b, max(score) AS score FROM twin_pairs(NULL) GROUP BY 1, 2;
UPDATE employer SET about = 'moved' WHERE id IN (SELECT id FROM employer ORDER BY md5(id::text) LIMIT 60);
SELECT is((SELECT count(*) FROM before FULL JOIN (SELECT least(one, other) AS a, greatest(one, other) AS b, max(score) AS score FROM twin_pairs(NULL) GROUP BY 1, 2) AS n
           USING (a, b) WHERE before.score IS DISTINCT FROM n.score), 0::bigint, 'the order of the rows changes nothing');
SELECT is((SELECT count(*) FROM name_word w FULL JOIN (SELECT x COLLATE "C" AS word, count(*) AS n FROM employer e, unnest(name_words(e.name_key)) AS x GROUP BY 1 UNION ALL SELECT '', count(*) FROM employer) AS c
           USING (word) WHERE coalesce(w.employers, 0) <> coalesce(c.n, 0)), 0::bigint, 'words are counted');
UPDATE employer SET name = 'Zebra Crossing' WHERE id = :'n1';
SELECT is((SELECT array_agg(employers ORDER BY word) FROM name_word WHERE word IN ('seaview', 'zebra')), '{0,1}', 'through a change of name');

-- The sweep.
SET LOCAL ROLE canvass_app;
SELECT tests.be('amira');
SELECT is((SELECT array_agg(score) FROM list_duplicates(NULL, 0, 100, NULL)), (SELECT array_agg(score ORDER BY score DESC) FROM list_duplicates(NULL, 0, 100, NULL)), 'the likeliest first');
SELECT ok((SELECT bool_and((one ->> 'id')::uuid < (other ->> 'id')::uuid AND cardinality(reasons) > 0) FROM list_duplicates(NULL, 0, 100, NULL)), 'the older one leads, with reasons');
SELECT is(tests.paged(), (SELECT array_agg(one ->> 'id' || (other ->> 'id')) FROM list_duplicates(NULL, 0, 100, NULL)), 'page by page the same');
SELECT is((SELECT count(*) FROM list_duplicates('E09000007', 0, 100, NULL) WHERE one ->> 'borough' <> 'Camden' AND other ->> 'borough' <> 'Camden'), 0::bigint, 'of a borough');
SELECT is(tests.error('SELECT list_duplicates(NULL, 2, 10, NULL)'), 'CV003 min_score: Give a score from 0 to 1; 0 is the usual one.', 'a score is a score');
SELECT one ->> 'id' AS one, other ->> 'id' AS other FROM list_duplicates(NULL, 0, 1, NULL) \gset
SELECT is(dismiss_duplicate(jsonb_build_object('employer_id', :'other', 'other_employer_id', :'one')) #>> '{decided,by}', 'Amira Shah', 'two that are two');
SELECT is((SELECT count(*) FROM list_duplicates(NULL, 0, 100, NULL) WHERE one ->> 'id' = :'one' AND other ->> 'id' = :'other'), 0::bigint, 'are not listed again');
SELECT tests.be('cara');
SELECT is(dismiss_duplicate(jsonb_build_object('employer_id', :'one', 'other_employer_id', :'other')) #>> '{decided,by}', 'Amira Shah', 'in any borough; who said so first stands');
SELECT is(tests.error(format('SELECT dismiss_duplicate(%L)', jsonb_build_object('employer_id', :'one', 'other_employer_id', :'one'))), 'CV003 other_employer_id: This is the same employer twice; name the other one.', 'an employer is one with itself');
SELECT is(tests.error(format('SELECT dismiss_duplicate(%L)', jsonb_build_object('employer_id', :'one', 'other_employer_id', uuid_v7()))), 'CV005 other_employer_id: There is no such employer.', 'and must be there');
SELECT tests.be('');
SELECT is((SELECT count(*) FROM list_duplicates(NULL, 0, 100, NULL)), 0::bigint, 'nobody sees nothing');
SELECT is(find_similar('{"employer": {"name": "Hollybank Bakery"}}') -> 'employers', '[]', 'nor asks');
SELECT throws_ok('SELECT * FROM twin_pairs(NULL)', '42501', NULL, 'the sweep itself is not for callers');
SELECT throws_ok('SELECT * FROM name_word', '42501', NULL, 'nor are the counts');

-- A contact's domain counts for their borough alone.
SELECT tests.be('amira');
SELECT add_contact(jsonb_build_object('contact', jsonb_build_object('employer_id', :'spoon', 'name', 'Sam Green', 'source', 'met', 'basis', 'consent', 'email', 'sam@spoonful.example')));
SELECT tests.likely('{"name": "Golden Spoon", "email": "jo@spoonful.example"}') AS here \gset
SELECT tests.be('cara');
SELECT cmp_ok(:'here'::float8, '>', tests.likely('{"name": "Golden Spoon", "email": "jo@spoonful.example"}'), 'the domain of a contact is not told to another borough');

-- An import warns.
SELECT tests.be('amira');
SELECT import_and_compare('{"source": "mine", "rows": [{"line": 2, "ref": "1", "name": "Hollybnk Bakery", "address": ["5 Atlantic Road"], "postcode": "SW9 8HE"},
                                                       {"line": 3, "ref": "2", "name": "Hollybank Bakery Ltd", "address": ["5 Atlantic Road"], "postcode": "SW9 8HE"},
                                                       {"line": 4, "ref": "3", "name": "Quite Another", "address": ["5 Atlantic Road"], "postcode": "SW9 8HE"}]}') AS a \gset
SELECT is(:'a'::jsonb - 'problems', '{"created": 2, "updated": 1, "unchanged": 0, "rejected": 0}', 'a likely twin is imported, the same one is joined');
SELECT is((SELECT array_agg(p ->> 'line') FROM jsonb_array_elements(:'a'::jsonb -> 'problems') AS p), '{2}', 'one warning');
SELECT matches(:'a'::jsonb #>> '{problems,0,reason}', '^Likely the same as Hollybank Bakery( Ltd)?, SW9 8HE \(\d\d %: names 0\.\d\d alike, same door, same postcode.*\); merge them if they are one\.$', 'that says which, how likely and why');
SELECT * FROM finish();
ROLLBACK;
