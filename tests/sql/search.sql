-- Finding employers as people expect.
BEGIN;
SELECT no_plan();
SET LOCAL search_path = canvass, public, pg_temp;

CREATE FUNCTION tests.add(name text, address text, postcode text, sic text DEFAULT NULL) RETURNS uuid LANGUAGE sql AS $$
    SELECT (create_employer(jsonb_strip_nulls(jsonb_build_object(
        'employer', jsonb_build_object('name', name, 'sic', sic),
        'site', CASE WHEN postcode IS NOT NULL THEN jsonb_build_object('address', ARRAY[address], 'postcode', postcode) END)))
        #>> '{employer,id}')::uuid
$$;
CREATE FUNCTION tests.found(query text, page_size integer DEFAULT 20) RETURNS SETOF text LANGUAGE sql AS
    $$ SELECT name FROM search_employers(query, NULL, NULL, NULL, NULL, NULL, NULL, page_size, NULL) $$;

CREATE FUNCTION tests.walk(query text, near text, size integer) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    seen text[] := '{}';
    token text := '';
    line record;
    n integer;
BEGIN
    LOOP
        n := 0;
        FOR line IN SELECT * FROM search_employers(query, NULL, NULL, near, NULL, NULL, NULL, size + 1, token) LOOP
            n := n + 1;
            EXIT WHEN n > size;
            seen := seen || line.name;
            token := line.next_page_token;
        END LOOP;
        EXIT WHEN n <= size;
    END LOOP;
    RETURN seen;
END $$;

SET LOCAL ROLE canvass_app;
SELECT tests.be('amira');
SELECT tests.add(n, a, p, s) FROM (VALUES
    ('Wagamama', '11 Jamestown Road', 'NW1 7HA', '56101'), ('Wagamama Ltd', 'Brixton Road', 'SW9 8HE', '56101'),
    ('Camden Wagamama Fans Club', 'High Street', 'E1 6AN', NULL), ('Camden Garden Centre', '2 Barker Drive', 'NW1 8AB', '47110'),
    ('Pret A Manger', 'Brixton Road', 'SW9 8HE', '56102'), ('Pretty Nails', 'Acre Lane', 'SW9 7AA', NULL),
    ('The Interpreter', 'Acre Lane', 'SW9 7AA', NULL), ('Cafe Pret', 'High Street', 'NW1 7HA', '56102'),
    ('Sainsbury''s', '425 Brixton Road', 'SW9 8HE', '47110'), ('Sainsburys Local', 'High Street', 'NW1 7HA', '47110'),
    ('Hire Station', '12 Stockwell Road', 'SW9 8JP', '77320'), ('Tool Hire South', '1 Stockwell Green', 'SW9 8JP', '77320'),
    ('Tool Hire North', 'Holloway Road', 'NW1 8AB', '77320'), ('Unit 10 Café', 'High Street', 'E10 5AA', NULL), ('B2B Print', 'High Street', 'E1 6AN', NULL),
    ('Branch 2', 'High Street', 'E10 5AA', NULL), ('Branch 10', 'High Street', 'E10 5AA', NULL), ('Nowhere Catering', NULL, NULL, '56210')) AS x (n, a, p, s);

SELECT results_eq($$ SELECT tests.found('wagamama camden') $$, $$ VALUES ('Wagamama'), ('Camden Wagamama Fans Club') $$, 'a name and a borough: that name there first');
SELECT results_eq($$ SELECT tests.found('Wagamama in Camden') $$, $$ VALUES ('Wagamama'), ('Camden Wagamama Fans Club') $$, 'small words say nothing');
SELECT results_eq($$ SELECT tests.found('pret') $$, $$ VALUES ('Pret A Manger'), ('Pretty Nails'), ('Cafe Pret') $$, 'a beginning of the name, then a word, then elsewhere; not the middle of a word');
SELECT results_eq($$ SELECT tests.found('pret a manger') $$, $$ VALUES ('Pret A Manger') $$, 'the whole name');
SELECT results_eq($$ SELECT tests.found('sainsburry') $$, $$ VALUES ('Sainsbury''s'), ('Sainsburys Local') $$, 'a misspelt name');
SELECT results_eq($$ SELECT tests.found('sainsburry camden') $$, $$ VALUES ('Sainsburys Local') $$, 'a misspelt name in a place');
SELECT results_eq($$ SELECT tests.found('wagmama', 2) $$, $$ VALUES ('Wagamama'), ('Wagamama Ltd') $$, 'a letter left out');
SELECT is((SELECT array_agg(f) FROM tests.found('tool hire stockwell') f) [1], 'Tool Hire South', 'words of the address count');
SELECT results_eq($$ SELECT tests.found('SW9 8JP') $$, $$ VALUES ('Hire Station'), ('Tool Hire South') $$, 'a postcode');
SELECT results_eq($$ SELECT tests.found('sw98jp') $$, $$ VALUES ('Hire Station'), ('Tool Hire South') $$, 'however it is written');
SELECT results_eq($$ SELECT tests.found('SW9 7') $$, $$ VALUES ('The Interpreter'), ('Pretty Nails') $$, 'a sector, in order of name without The');
SELECT is((SELECT count(*) FROM tests.found('SW9')), 7::bigint, 'a district');
SELECT results_eq($$ SELECT tests.found('E1') $$, $$ VALUES ('B2B Print'), ('Camden Wagamama Fans Club') $$, 'E1 is not E10');
SELECT results_eq($$ SELECT tests.found('hire sw9') $$, $$ VALUES ('Hire Station'), ('Tool Hire South') $$, 'words and a postcode');
SELECT results_eq($$ SELECT tests.found('B2B') $$, $$ VALUES ('B2B Print') $$, 'what only looks like a postcode is a word');
SELECT results_eq($$ SELECT tests.found('CAFÉ') $$, $$ VALUES ('Unit 10 Café'), ('Cafe Pret') $$, 'accents, capitals and the number of a unit do not matter');
SELECT results_eq($$ SELECT tests.found('branch') $$, $$ VALUES ('Branch 2'), ('Branch 10') $$, 'numbers sort as numbers');
SELECT results_eq($$ SELECT tests.found('nowhere') $$, $$ VALUES ('Nowhere Catering') $$, 'an employer without a site is found by its name');
SELECT results_eq($$ SELECT tests.found('nowere catering') $$, $$ VALUES ('Nowhere Catering') $$, 'misspelt, too');
SELECT is((SELECT count(*) FROM tests.found('xyzzy')), 0::bigint, 'nothing is found where nothing fits');
SELECT is((SELECT count(*) FROM tests.found(repeat('''";%_\ ', 40))), 18::bigint, 'punctuation is no word: everything');
SELECT lives_ok(format('SELECT tests.found(%L)', q), 'odd query') FROM unnest(ARRAY['''', ':*', 'a & b', '!x', '((', repeat('word ', 200), E'a\nb', '👍', 'e1 e1 e1']) AS q;

-- Near, within, borough, sector.
SELECT results_eq($$ SELECT name, distance_metres FROM search_employers('tool hire', NULL, NULL, 'NW1 7HA', NULL, NULL, 0, 9, NULL) $$, $$ VALUES ('Tool Hire North', 447), ('Tool Hire South', 8516) $$, 'nearest first');
SELECT results_eq($$ SELECT name, distance_metres FROM search_employers('', NULL, NULL, '', 528900, 183700, 1000, 9, NULL) $$,
                  $$ VALUES ('Cafe Pret', 0), ('Sainsburys Local', 0), ('Wagamama', 0), ('Camden Garden Centre', 447), ('Tool Hire North', 447) $$, 'within a distance of a point, nearest first, then by name');
SELECT is((SELECT count(*) FROM search_employers('', NULL, NULL, 'SW9', NULL, NULL, 2000, 99, NULL)), 7::bigint, 'near a district');
SELECT is((SELECT array_agg(name ORDER BY name) FROM search_employers('', 'E09000007', '56', NULL, NULL, NULL, NULL, 9, NULL)), '{Cafe Pret,Wagamama}', 'a borough and the beginning of a sector');
SELECT is((SELECT count(*) FROM search_employers('', NULL, '5621', NULL, NULL, NULL, NULL, 9, NULL)), 1::bigint, 'a sector alone');
SELECT is(tests.error($$ SELECT search_employers('', NULL, NULL, NULL, NULL, NULL, 500, 9, NULL) $$), 'CV003 near: Say near which postcode or point.', 'a distance needs a place');
SELECT is(tests.error($$ SELECT search_employers('', NULL, NULL, 'ZZ1 1ZZ', NULL, NULL, 500, 9, NULL) $$), 'CV003 near_postcode: "ZZ1 1ZZ" is not in the postcode list.', 'a place that is known');
SELECT is(tests.error($$ SELECT search_employers('', NULL, NULL, 'SW9', NULL, NULL, 100001, 9, NULL) $$), 'CV003 within_metres: Give 1 to 100,000 metres; 0 means no limit.', 'and within reason');
SELECT is(tests.error($$ SELECT search_employers('', NULL, 'x', NULL, NULL, NULL, NULL, 9, NULL) $$), 'CV003 sic: A SIC 2007 code, or how it begins, is one to five digits.', 'a code is digits');

-- Closed sites, several sites.
SELECT add_site(jsonb_build_object('site', jsonb_build_object('employer_id', (SELECT id FROM employer WHERE name = 'Wagamama Ltd'), 'postcode', 'NW1 8AB')));
SELECT results_eq($$ SELECT name, postcode, sites FROM search_employers('wagamama', NULL, NULL, 'NW1 8AB', NULL, NULL, 0, 2, NULL) $$, $$ VALUES ('Wagamama Ltd', 'NW1 8AB', 2), ('Wagamama', 'NW1 7HA', 1) $$,
                  'one line an employer, at the site that fits best');
SELECT update_site(jsonb_build_object('site', jsonb_build_object('id', (SELECT s.id FROM site s JOIN employer e ON e.id = s.employer_id WHERE e.name = 'Cafe Pret'), 'closed', true), 'update_mask', '["closed"]'::jsonb));
SELECT is((SELECT count(*) FROM tests.found('NW1 7HA') f WHERE f = 'Cafe Pret'), 0::bigint, 'a closed site is no place');
SELECT is((SELECT count(*) FROM tests.found('cafe pret') f WHERE f = 'Cafe Pret'), 1::bigint, 'but the employer is still known');

-- Pages: all, each once, in the same order.
SELECT is(tests.walk(q, near, 2), tests.walk(q, near, 100), format('pages of "%s" near "%s"', q, near)) FROM (VALUES ('', ''), ('', 'SW9 8HE'), ('hire', ''), ('sainsburry', 'NW1 7HA'), ('sw9', ''), ('high street', '')) AS x (q, near);
SELECT is(cardinality(tests.walk('', '', 3)), 18, 'everything once');

-- Nobody.
SELECT tests.be('');
SELECT is((SELECT count(*) FROM tests.found('pret')), 0::bigint, 'nobody finds nothing');

SELECT * FROM finish();
ROLLBACK;
