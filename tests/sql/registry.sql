-- Employers, sites, contacts, relationships: every constraint with its sentence, who sees what,
-- two people who edit one row (DOMAIN.md sections 1, 5, 6).
BEGIN;
SELECT no_plan();
SET LOCAL search_path = canvass, public, pg_temp;
CREATE FUNCTION tests.employer(fields jsonb) RETURNS text LANGUAGE sql
RETURN format('SELECT create_employer(%L)', jsonb_build_object('employer', '{"name": "Acme"}'::jsonb || fields, 'even_if_similar', true));
CREATE FUNCTION tests.site(fields jsonb) RETURNS text LANGUAGE sql
RETURN format('SELECT add_site(%L)', jsonb_build_object('site', '{"employer_id": "01900000-0000-7000-8000-000000000001"}'::jsonb || fields));
CREATE FUNCTION tests.contact(fields jsonb) RETURNS text LANGUAGE sql
RETURN format('SELECT add_contact(%L)', jsonb_build_object('contact',
    '{"employer_id": "01900000-0000-7000-8000-000000000001", "name": "Sam Green", "source": "met at the shop", "basis": "legitimate_interests"}'::jsonb || fields));
CREATE FUNCTION tests.mend(message text, fields jsonb, mask text[]) RETURNS text LANGUAGE sql
RETURN format('SELECT update_%s(%L)', message, jsonb_build_object(message, fields, 'update_mask', mask));
CREATE FUNCTION tests.link(fields jsonb, mask text[]) RETURNS text LANGUAGE sql
RETURN tests.mend('relationship', '{"employer_id": "01900000-0000-7000-8000-000000000001"}'::jsonb || fields, mask);
SET LOCAL ROLE canvass_app;
SELECT tests.be('amira');

SELECT '01900000-0000-7000-8000-000000000001' AS e \gset

-- Making one.
SELECT create_employer('{"employer": {"id": "01900000-0000-7000-8000-000000000001", "name": "  Stockwell Tool Hire Ltd ", "sic": "77320"},
                         "site": {"address": ["12 Stockwell Road", " "], "postcode": "sw98he"}}') AS made \gset
SELECT is(:'made'::jsonb #>> '{employer,id}', :'e', 'an id that the caller chose is kept');
SELECT is(:'made'::jsonb #>> '{employer,name}', 'Stockwell Tool Hire Ltd', 'names are trimmed');
SELECT is(:'made'::jsonb #>> '{employer,sector}', 'Renting and leasing of construction and civil engineering machinery and equipment', 'the sector is the words of the SIC code (DOMAIN.md section 6)');
SELECT is(:'made'::jsonb #>> '{employer,created,by}', 'Amira Shah', 'who made it is said');
SELECT is(:'made'::jsonb #>> '{employer,etag}', '1', 'the etag is the version');
SELECT is(:'made'::jsonb #>> '{site,postcode}', 'SW9 8HE', 'postcodes are written as Royal Mail does');
SELECT is(:'made'::jsonb #> '{site,point}', '{"easting": 531100, "northing": 175600}', 'a site stands where its postcode is');
SELECT is(:'made'::jsonb #>> '{site,borough}', 'Lambeth', 'in its borough');
SELECT is(:'made'::jsonb #> '{site,address}', '["12 Stockwell Road"]', 'empty lines go');
SELECT is(:'made'::jsonb -> 'similar', '[]', 'nothing like it was there');
SELECT is(create_employer('{"employer": {"name": "THE STOCKWELL TOOL HIRE"}, "site": {"postcode": "SW9 8HE"}, "even_if_similar": true}') #>> '{similar,0,id}', :'e',
          'the same normal name and place is shown as similar: dedupe on create (DOMAIN.md section 7)');
SELECT is(create_employer('{"employer": {"name": "Stockwel Toolhire"}, "site": {"postcode": "SW9 8HE"}, "even_if_similar": true}') #>> '{similar,0,name}',
          'Stockwell Tool Hire Ltd', 'a misspelt one at the same postcode, too');
SELECT is(create_employer('{"employer": {"name": "Stockwell Tool Hire"}, "site": {"postcode": "NW1 7HA"}}') #>> '{employer,name}', 'Stockwell Tool Hire',
          'another place is another employer, made without asking: 360 Tescos are different sites');
SELECT is(tests.error(tests.employer('{"id": "01900000-0000-7000-8000-000000000001"}')),
          '23505 employer.id: There is an employer with this id already.', 'an id is used once');

-- Every field and its sentence.
SELECT is(tests.error(tests.employer('{"name": "  "}')), '23514 employer.name: Give the employer a name of 1 to 200 characters.', 'name');
SELECT is(tests.error(tests.employer(jsonb_build_object('name', repeat('x', 201)))), '23514 employer.name: Give the employer a name of 1 to 200 characters.', 'a long name');
SELECT is(tests.error(tests.employer(jsonb_build_object('trading_as', repeat('x', 201)))), '23514 employer.trading_as: The name over the door has at most 200 characters.', 'trading_as');
SELECT is(tests.error(tests.employer('{"company_number": "12"}')), '23514 employer.company_number: A Companies House number has 8 characters, like 01234567 or SC123456.', 'company_number');
SELECT is(tests.error(tests.employer('{"sic": "5610"}')), '23514 employer.sic: A SIC 2007 code has five digits, like 56102.', 'sic (DOMAIN.md section 6)');
SELECT is(tests.error(tests.employer('{"website": "example.org"}')), '23514 employer.website: Write the whole address, like https://example.org.', 'website');
SELECT is(tests.error(tests.employer('{"phone": "ring me"}')), '23514 employer.phone: A telephone number has digits, spaces and at most a + in front: 020 7946 0123.', 'phone');
SELECT is(tests.error(tests.employer('{"staff": -1}')), '23514 employer.staff: Give roughly how many people work there; 0 where it is not known.', 'staff');
SELECT is(tests.error(tests.employer('{"disability_confident_until": "2027-01-01"}')), '23514 employer.disability_confident_until: Say at which level the employer is Disability Confident, too.', 'Disability Confident carries level and expiry (DOMAIN.md section 6)');
SELECT is(tests.error(tests.employer('{"living_wage_until": "2027-01-01"}')), '23514 employer.living_wage_until: Say that the employer is accredited, too.', 'living_wage_until');
SELECT is(tests.error(tests.employer(jsonb_build_object('about', repeat('x', 4001)))), '23514 employer.about: Keep it to 4,000 characters.', 'about');
SELECT is(tests.error(tests.employer('{"company_number": "sc123456", "phone": "+44 (0)20 7946 0123 x12", "website": "https://a.example/b", "disability_confident": "leader", "disability_confident_until": "2028-02-29", "living_wage": true, "living_wage_until": "2027-01-01", "staff": 12}')), 'no error', 'all of it well filled in');
SELECT is(tests.error(tests.site('{"postcode": "SW99"}')), 'CV003 site.postcode: "SW99" is not a postcode; one looks like SW9 8HE.', 'a postcode that is none');
SELECT is(tests.error(tests.site('{"postcode": "SW9 8ZZ"}')), 'CV003 site.postcode: SW9 8ZZ is not in the postcode list; look again, or say that it is new.', 'a postcode that does not exist');
SELECT is(tests.error(tests.site('{"address": ["1", "2", "3", "4", "5"]}')), '23514 site.address: Give at most 4 lines and 400 characters.', 'address');
SELECT is(tests.error(tests.site('{"phone": "none"}')), '23514 site.phone: A telephone number has digits, spaces and at most a + in front: 020 7946 0123.', 'site phone');
SELECT is(tests.error(tests.site(jsonb_build_object('name', repeat('x', 101)))), '23514 site.name: Keep what tells the site apart to 100 characters.', 'site name');
SELECT is(tests.error(tests.site('{"employer_id": "01900000-0000-7000-8000-00000000ffff"}')), 'CV005 site.employer_id: There is no such employer.', 'a site has an employer');
SELECT is(add_site(jsonb_build_object('site', jsonb_build_object('employer_id', :'e', 'postcode', 'SW9 8ZZ'), 'postcode_unlisted', true)) #> '{site,approximate}', 'true',
          'a new building stands in the middle of its sector');
SELECT is(add_site(jsonb_build_object('site', jsonb_build_object('employer_id', :'e', 'postcode', 'M1 1AE'))) #> '{site,point}', NULL,
          'a district that is not loaded is taken as it is');
SELECT is(add_site(jsonb_build_object('site', jsonb_build_object('employer_id', :'e', 'postcode', 'SW9 8BA'))) #>> '{site,borough}', 'Lambeth',
          'a terminated postcode still has a place');
SELECT is(add_site(jsonb_build_object('site', jsonb_build_object('employer_id', :'e', 'postcode', 'SL1 1AA'))) #>> '{site,borough_id}', 'E06000039',
          'a site may lie outside London');
SELECT is((SELECT open_sites FROM employer WHERE id = :'e'), 5, 'open sites are counted');

-- Changing.
SELECT is(update_employer(jsonb_build_object('employer', jsonb_build_object('id', :'e', 'etag', '1', 'phone', '020 7946 0123'), 'update_mask', '["phone"]'::jsonb))
          #>> '{employer,etag}', '2', 'a change makes a new version');
SELECT tests.be('cara');
SELECT matches(tests.error(tests.mend('employer', jsonb_build_object('id', :'e', 'etag', '1', 'name', 'X'), '{name}')),
               '^CV010 Amira Shah changed this employer at \d\d:\d\d today; read it again\.$', 'two people who edit one employer: the second is told by whom and when');
SELECT is(update_employer(jsonb_build_object('employer', jsonb_build_object('id', :'e'), 'update_mask', '["phone"]'::jsonb)) #> '{employer,phone}', NULL,
          'a field named and left empty is cleared; employers are every borough''s');
SELECT is(tests.error(tests.mend('employer', jsonb_build_object('id', :'e'), '{}')),
          'CV003 update_mask: Name the fields to change: name, trading_as, company_number, sic, website, phone, staff, disability_confident, disability_confident_until, living_wage, living_wage_until, about.', 'an update says what');
SELECT matches(tests.error(tests.mend('employer', jsonb_build_object('id', :'e'), '{refs}')), '^CV003 update_mask: "refs" cannot be changed here', 'and only what can be changed');
SELECT is(tests.error(tests.mend('employer', jsonb_build_object('id', uuid_v7(), 'name', 'X'), '{name}')), 'CV005 employer.id: There is no such employer.', 'of an employer that is there');
SELECT is(tests.error(tests.mend('employer', '{"id": "", "name": "X"}', '{name}')), 'CV003 employer.id: Say which one: its id is missing.', 'and named');
SELECT is(tests.error(tests.mend('employer', jsonb_build_object('id', :'e', 'name', ''), '{name}')), '23514 employer.name: Give the employer a name of 1 to 200 characters.', 'a name is not cleared');
SELECT lives_ok(tests.mend('employer', jsonb_build_object('id', :'e', 'name', 'Clapham Tool Hire'), '{name}'), 'renamed');
SELECT is((SELECT name_key FROM employer WHERE id = :'e') COLLATE "C", 'clapham tool hire', 'the normal name follows');
SELECT is((SELECT bool_and(words @@ '''clapham''') FROM site WHERE employer_id = :'e'), true, 'and what its sites are found by');
SELECT (SELECT id FROM site WHERE employer_id = :'e' AND postcode = 'SW9 8HE') AS s \gset
SELECT is(update_site(jsonb_build_object('site', jsonb_build_object('id', :'s', 'postcode', 'nw1 7ha', 'closed', true), 'update_mask', '["postcode", "closed"]'::jsonb))
          #>> '{site,borough}', 'Camden', 'a site that moves is placed anew');
SELECT is((SELECT open_sites FROM employer WHERE id = :'e'), 4, 'a closed site is not counted');
SELECT matches(tests.error(tests.mend('site', jsonb_build_object('id', :'s', 'etag', '1'), '{phone}')), '^CV010 Cara Jones changed this site at ', 'sites have versions, too');

-- Contacts: UK GDPR (DOMAIN.md section 5).
SELECT tests.be('amira');
SELECT is(tests.error(tests.contact('{"name": " "}')), '23514 contact.name: Give a name of 1 to 100 characters.', 'contact name');
SELECT is(tests.error(tests.contact('{"source": ""}')), '23514 contact.source: Say where the details came from, like "met at the shop".', 'source is kept (DOMAIN.md section 5)');
SELECT is(tests.error(tests.contact('{"basis": null}')), '23514 contact.basis: Say why the details may be kept: legitimate interests, consent or public task.', 'lawful basis is kept (DOMAIN.md section 5)');
SELECT is(tests.error(tests.contact('{"phone": "x"}')), '23514 contact.phone: A telephone number has digits, spaces and at most a + in front: 020 7946 0123.', 'contact phone');
SELECT is(tests.error(tests.contact('{"email": "x"}')), '23514 contact.email: An address looks like sam@shop.example.', 'contact email');
SELECT is(tests.error(tests.contact(jsonb_build_object('site_id', uuid_v7()))), '23503 contact.site_id: This employer has no such site.', 'contact site');
SELECT is(tests.error(tests.contact('{"employer_id": "01900000-0000-7000-8000-00000000ffff"}')), 'CV005 contact.employer_id: There is no such employer.', 'contact employer');
SELECT is(tests.error(tests.contact('{"told_on": "2999-01-01"}')), 'CV003 contact.told_on: Nobody was told in the future; give the day when they were.', 'told_on');
SELECT is(tests.error(tests.contact('{"objected_on": "2999-01-01"}')), 'CV003 contact.objected_on: Nobody objected in the future; give the day when they did.', 'objected_on');
SELECT is(tests.error(tests.contact('{"checked_on": "2999-01-01"}')), 'CV003 contact.checked_on: Nothing was checked in the future; give the day when it was.', 'checked_on');
SELECT add_contact(jsonb_build_object('contact', jsonb_build_object('employer_id', :'e', 'name', 'Sam Green', 'job', 'store manager', 'hires', true,
           'phone', '020 7946 0123', 'source', 'met at the shop', 'basis', 'legitimate_interests', 'told_on', '2026-01-05'))) AS made \gset
SELECT :'made'::jsonb #>> '{contact,id}' AS c \gset
SELECT is(:'made'::jsonb #>> '{contact,checked_on}', london_today()::text, 'details are checked when they are taken');

SELECT tests.be('ben');
SELECT is((SELECT count(*) FROM contact), 1::bigint, 'contacts are the borough''s: another team of it sees them');
SELECT tests.be('cara');
SELECT is((SELECT count(*) FROM contact), 0::bigint, 'another borough does not');
SELECT is(tests.error(tests.mend('contact', jsonb_build_object('id', :'c', 'name', 'X'), '{name}')), 'CV005 contact.id: Your borough has no such contact.', 'nor can it change them, nor learn that they are there');
SELECT throws_ok(format($$ INSERT INTO contact (employer_id, borough_id, name, source, basis, updated_by_name) VALUES (%L, 'E09000022', 'X Y', 's', 'consent', 'n') $$, :'e'),
                 '42501', NULL, 'nor write into that borough');
SELECT lives_ok(tests.contact('{"name": "S. Green", "phone": "+44 20 7946 0123"}'), 'it may know the same person itself');
SELECT lives_ok(tests.contact('{"name": "Kim Lee", "email": "kim@shop.example"}'), 'and others');
SELECT tests.be('audrey');
SELECT is((SELECT count(*) FROM contact) + (SELECT count(*) FROM relationship), 0::bigint, 'auditors see no contact');
SELECT throws_ok($$ INSERT INTO employer (name, name_key) VALUES ('x', 'x') $$, '42501', NULL, 'and change nothing');

SELECT tests.be('amira');
SELECT lives_ok(tests.mend('contact', jsonb_build_object('id', :'c', 'objected_on', london_today()), '{objected_on}'), 'somebody objects');
SELECT is(tests.error(tests.mend('contact', jsonb_build_object('id', :'c'), '{objected_on}')), 'CV009 contact.objected_on: An objection stays; it is not taken back here.', 'that stays');
SELECT is(tests.error(tests.contact('{"name": "SAM GREEN"}')), format('CV009 contact: This person objected on %s; nobody may keep or contact them.', to_char(london_today(), 'FMDD FMMonth YYYY')),
          'the same person is not added again');
SELECT tests.be('cara');
SELECT matches(tests.error(tests.contact('{"name": "Somebody Else", "phone": "02079460123"}')), '^CV009 contact: This person objected', 'not in any other borough either: an objection blocks everywhere (DOMAIN.md section 5)');
SELECT results_eq($$ SELECT name, objected_on IS NOT NULL FROM contact ORDER BY name $$, $$ VALUES ('Kim Lee', false), ('S. Green', true) $$, 'where the person was kept already it is set');
SELECT throws_ok($$ SELECT 1 FROM objection $$, '42501', NULL, 'the list of those who objected is nobody''s reading');

-- Relationships.
SELECT is(update_relationship(jsonb_build_object('relationship', jsonb_build_object('employer_id', :'e', 'stage', 'regular', 'lead_id', tests.id('cara'), 'next_step', ' ring '),
              'update_mask', '["stage", "lead_id", "next_step"]'::jsonb)) -> 'relationship',
          jsonb_build_object('employer_id', :'e', 'borough_id', 'E09000007', 'borough', 'Camden', 'stage', 'regular', 'lead_id', tests.id('cara'), 'lead', 'Cara Jones', 'next_step', 'ring', 'etag', '1'),
          'stage, lead and next step of a borough (depth 1 to 5: DOMAIN.md section 1)');
SELECT is(tests.error(tests.link(jsonb_build_object('lead_id', tests.id('amira')), '{lead_id}')), '23503 relationship.lead_id: The lead is somebody of your borough.', 'the lead is one''s own');
SELECT is(tests.error(tests.link(jsonb_build_object('next_step', repeat('x', 501)), '{next_step}')), '23514 relationship.next_step: Keep it to 500 characters.', 'next_step');
SELECT is(tests.error(tests.link('{"next_touch_at": "3000-01-01T00:00:00Z"}', '{next_touch_at}')), '23514 relationship.next_touch_at: Give a date of this century.', 'next_touch_at');
SELECT matches(tests.error(tests.link('{"stance": "warm"}', '{stance}')), '^CV003 update_mask: "stance" cannot', 'the stance comes from visits');
SELECT is(tests.error(tests.link('{"etag": "0"}', '{next_step}')) ~ '^CV010 Cara Jones changed this relationship at', true, 'a stale etag');
SELECT tests.be('amira');
SELECT is((SELECT count(*) FROM relationship), 0::bigint, 'another borough''s relationship is its own');
SELECT lives_ok(tests.link('{"stage": "fair"}', '{stage}'), 'each has one');

-- Whatever a caller can break says so in a sentence.
RESET ROLE;
SELECT is_empty($$ SELECT conrelid::regclass || '.' || conname FROM pg_constraint
                    WHERE connamespace = 'canvass'::regnamespace AND contype = 'c'
                      AND conrelid IN ('employer'::regclass, 'site'::regclass, 'contact'::regclass, 'relationship'::regclass, 'team'::regclass, 'specialist'::regclass)
                      AND conname <> 'site_point_whole' AND coalesce(obj_description(oid, 'pg_constraint'), '') !~ '^[a-z_.]+: [A-Z].*\.$' $$,
                'every check has its sentence');

SELECT * FROM finish();
ROLLBACK;
