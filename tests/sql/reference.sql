-- Helpers and reference lists (DOMAIN.md section 6).
BEGIN;
SELECT no_plan();
SET LOCAL search_path = canvass, public, pg_temp;
SET LOCAL ROLE canvass_app;
SELECT tests.be('adam');

-- Names.
SELECT is(normal_name(given), expected, format('normal name of "%s"', given))
  FROM (VALUES ('The Crown', 'crown'), ('Marks & Spencer PLC', 'marks and spencer'), ('Sainsbury''s Supermarkets Ltd', 'sainsburys supermarkets'),
               ('Sainsbury’s', 'sainsburys'), ('Café Nero', 'cafe nero'), ('J. Smith T/A Smith''s Café Ltd.', 'j smith smiths cafe'), ('TESCO EXPRESS 2345', 'tesco express'),
               ('Costa (Store 12)', 'costa'), ('Costa Branch No 3', 'costa branch'), ('Studio 54', 'studio 54'), ('The Ltd', 'the ltd'), ('A.B.C. Limited', 'abc'),
               ('  Pret   A  Manger ', 'pret a manger'), ('Theatre Royal', 'theatre royal'), ('123', '123'), ('', ''), ('東京', ''), ('Ye Olde LLP', 'ye olde')) AS x (given, expected);
SELECT is(tidy_postcode(given), expected, format('postcode "%s"', given))
  FROM (VALUES ('sw98he', 'SW9 8HE'), (' SW9  8he ', 'SW9 8HE'), ('EC1A 1BB', 'EC1A 1BB'), ('W1A0AX', 'W1A 0AX'), ('M1 1AE', 'M1 1AE'), ('CR2 6XH', 'CR2 6XH'),
               ('SW9', NULL), ('SW9 8H', NULL), ('99 9AA', NULL), ('SW9 8CC', NULL), ('', NULL), ('SW9 8HE1', NULL)) AS x (given, expected);
SELECT is(page_key(page_token('a', NULL, 'ü"'), 3), ARRAY['a', NULL, 'ü"'], 'a page token comes back');
SELECT is(page_key('', 3), NULL, 'no token is the first page');
SELECT is(tests.error(format('SELECT page_key(%L, 2)', t)), 'CV003 page_token: This page token is not one of ours; start again without it.', format('junk "%s" is refused', left(t, 12)))
  FROM unnest(ARRAY['x', '%%%', page_token('a'), 'eyJhIjoxfQ', 'gICA', repeat('QUFB', 100)]) AS t;
SELECT ok(uuid_v7() < uuid_v7() OR true, 'ids are made') FROM pg_sleep(0.002);
SELECT is((SELECT count(DISTINCT uuid_v7()) FROM generate_series(1, 1000)), 1000::bigint, 'and differ');
SELECT is(said_when('2026-03-29 09:00Z'), 'on 29 March 2026', 'days are said in London time');
SELECT is(said_when(date_trunc('day', now() AT TIME ZONE 'Europe/London') AT TIME ZONE 'Europe/London'), 'at 00:00 today', 'today begins at midnight in London');

-- What is shipped.
SELECT is((SELECT title FROM occupation WHERE code = '8214'), 'Delivery drivers and couriers', 'van drivers are SOC 2020 unit group 8214');
SELECT is((SELECT count(*) FROM occupation WHERE length(code) = 1), 9::bigint, 'nine major groups');
SELECT ok((SELECT count(*) FROM occupation WHERE length(code) = 4) >= 30, 'some thirty unit groups');
SELECT is((SELECT count(*) FROM occupation o WHERE length(code) > 1 AND NOT EXISTS (SELECT FROM occupation p WHERE p.code = left(o.code, -1))), 0::bigint, 'each below its parent');
SELECT results_eq($$ SELECT code FROM search_occupations('van driver', 1) $$, $$ VALUES ('8214') $$, 'a job title finds its group');
SELECT results_eq($$ SELECT code FROM search_occupations('kitchen porter', 1) $$, $$ VALUES ('9263') $$, 'and another');
SELECT results_eq($$ SELECT code FROM search_occupations('barrista', 1) $$, $$ VALUES ('9266') $$, 'a misspelt one');
SELECT results_eq($$ SELECT code FROM search_occupations('9', 3) $$, $$ VALUES ('9'), ('91'), ('912') $$, 'a code finds what is below it');
SELECT results_eq($$ SELECT code FROM search_industries('restaurants', 1) $$, $$ VALUES ('56101') $$, 'words find an industry');
SELECT results_eq($$ SELECT code FROM search_industries('773', 9) $$, $$ VALUES ('77320') $$, 'and its code');
SELECT is((SELECT count(*) FROM search_industries('zzzz', 9)), 0::bigint, 'nonsense finds nothing');

-- Loading.
SELECT is(load_postcodes('{"rows": [{"postcode": "sw4 7aa", "point": {"easting": 529000, "northing": 175300}, "borough_id": "E09000022"},
                                    {"postcode": "SW4 7AB", "point": {"easting": 529100, "northing": 175500}, "borough_id": "E09000022", "terminated": true}]}'),
          '{"loaded": 2}', 'postcodes are loaded');
SELECT results_eq($$ SELECT easting, northing, units FROM postcode_sector WHERE sector = 'SW4 7' $$, $$ VALUES (529050, 175400, 2) $$, 'and the sector''s middle kept');
SELECT is(load_postcodes('{"rows": [{"postcode": "SW4 7AB", "point": {"easting": 529300, "northing": 175500}, "borough_id": "E09000032"}]}'), '{"loaded": 1}', 'again');
SELECT results_eq($$ SELECT p.easting, p.terminated, s.easting FROM postcode p, postcode_sector s WHERE p.postcode = 'SW4 7AB' AND s.sector = 'SW4 7' $$,
                  $$ VALUES (529300, false, 529150) $$, 'a row replaces the one with the same key');
SELECT is(tests.error($$ SELECT load_postcodes('{"rows": [{"postcode": "SW4 7AA", "point": {"easting": 1, "northing": 1}, "borough_id": "E09000022"}, {"postcode": "SW4"}]}') $$),
          'CV003 rows[1]: "SW4" needs a whole postcode, a point of the national grid and a GSS code.', 'a bad row is named');
SELECT is(tests.error($$ SELECT load_postcodes('{}') $$), 'CV003 rows: Send 1 to 5,000 rows at a time.', 'an empty load is refused');
SELECT create_employer('{"employer": {"name": "Early Bird"}, "site": {"postcode": "SW2 1AA"}}') AS early \gset
SELECT is(:'early'::jsonb #> '{site,point}', NULL, 'a site may come before its postcode');
SELECT load_postcodes('{"rows": [{"postcode": "SW2 1AA", "point": {"easting": 530900, "northing": 174600}, "borough_id": "E09000022"}]}');
SELECT results_eq(format($$ SELECT easting, borough_id, words @@ 'lambeth' FROM site WHERE id = %L $$, :'early'::jsonb #>> '{site,id}'), $$ VALUES (530900, 'E09000022' COLLATE "C", true) $$,
                  'and is placed when it is loaded');
SELECT is(load_occupations('{"rows": [{"code": "1111", "title": "Chief executives and senior officials", "job_titles": ["Chief executive"]}]}'), '{"loaded": 1}', 'occupations are loaded');
SELECT results_eq($$ SELECT code FROM search_occupations('chief executive', 1) $$, $$ VALUES ('1111') $$, 'and found');
SELECT is(tests.error($$ SELECT load_occupations('{"rows": [{"code": "0", "title": "x"}]}') $$), 'CV003 rows[0]: "0" needs a SOC 2020 code of 1 to 4 digits and a title.', 'a bad group is named');
SELECT is(load_industries('{"rows": [{"code": "01110", "title": "Growing of cereals"}]}'), '{"loaded": 1}', 'industries are loaded');
SELECT is(tests.error($$ SELECT load_industries('{"rows": [{"code": "5610", "title": "x"}]}') $$), 'CV003 rows[0]: "5610" needs a SIC 2007 code of five digits and a title.', 'a bad code is named');
SELECT tests.be('amira');
SELECT is(left(tests.error($$ SELECT load_industries('{"rows": [{"code": "56101", "title": "x"}]}') $$), 5), '42501', 'only administrators load lists');

SELECT * FROM finish();
ROLLBACK;
