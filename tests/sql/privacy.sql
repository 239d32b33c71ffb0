-- Who sees what of a visit: the team its client, the borough that it was for one, the network a
-- neutral sentence. Everything that another team can read is searched for the client.
BEGIN;
\ir support/network.sql
SELECT plan(46);

INSERT INTO visit (id, borough_id, team_id, employer_id, site_id, at, mode, cup, generic, role_soc, learned, stance, next_step,
                   met, specialist_id, recorded_by) VALUES
    ('0f000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001',
     '50000000-0000-7000-8000-000000000001', now() - interval '3 days', 'in_person', 1, false, '8214', 'short of drivers mornings', 'ambivalent',
     'bring a CV', 'the manager', 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001'),
    ('0f000000-0000-7000-8000-000000000002', 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001',
     NULL, now() - interval '2 days', 'phone', 2, true, NULL, 'rings back', 'warm', NULL, NULL,
     'b0000000-0000-7000-8000-000000000002', 'b0000000-0000-7000-8000-000000000002'),
    ('0f000000-0000-7000-8000-000000000003', 'E09000028', 'a0000000-0000-7000-8000-000000000003', 'e0000000-0000-7000-8000-000000000001',
     NULL, now() - interval '1 day', 'in_person', 1, false, NULL, 'wants bakers', 'cold', NULL, NULL,
     'b0000000-0000-7000-8000-000000000004', 'b0000000-0000-7000-8000-000000000004');
INSERT INTO visit_client VALUES ('0f000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001'),
                                ('0f000000-0000-7000-8000-000000000003', 'c0000000-0000-7000-8000-000000000004');
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO plan (id, borough_id, team_id, specialist_id, employer_id, at, purpose) VALUES
    ('0d000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001',
     'e0000000-0000-7000-8000-000000000001', now() + interval '1 day', 'second cup');
INSERT INTO plan_client VALUES ('0d000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001');
INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, network, created_at, created_by_name, updated_by_name) VALUES
    ('0a000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Yard hand', '9252', 300, 300, false, now() - interval '12 hours', 'Amira Shah', 'Amira Shah'),
    ('0a000000-0000-7000-8000-000000000002', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Driver', '8214', 300, 300, true, now() - interval '6 hours', 'Amira Shah', 'Amira Shah');
INSERT INTO contact (id, employer_id, borough_id, name, job, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'manager', 'met', 'consent', 'net');
UPDATE client SET status = 'paused', paused_until = london_today() WHERE ref = 'LB-014';

-- The timeline, sentence by sentence.
CREATE FUNCTION net.sentences(who text) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called(who,
        'ARRAY(SELECT sentence FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL))')))
$$;
SELECT is(net.sentences('amira'), ARRAY[
    'Added to the registry by import', 'Contact added: Pat Quinn, manager', 'Amira Shah (Lambeth) noted an opening: Driver',
    'Amira Shah (Lambeth) noted an opening: Yard hand', 'Sam Reid (Southwark) visited for a client',
    'Lena Ofori (Lambeth) telephoned, warm. Learnt: rings back',
    'Amira Shah (Lambeth) visited for LB-014, Delivery drivers and couriers in mind, ambivalent. Learnt: short of drivers mornings. Next: bring a CV'],
    'the own team reads all, and its client');
SELECT is((net.sentences('bola'))[7], 'Amira Shah (Lambeth) visited for a client, Delivery drivers and couriers in mind, ambivalent. Learnt: short of drivers mornings. Next: bring a CV',
    'another team of the borough reads the visit, not its client');
SELECT is(net.sentences('sam'), ARRAY[
    'Added to the registry by import', 'Amira Shah (Lambeth) noted an opening: Driver', 'Sam Reid (Southwark) visited for SK-301, cold. Learnt: wants bakers',
    'Lena Ofori (Lambeth) telephoned', 'Amira Shah (Lambeth) visited for a client'],
    'another borough reads "visited for a client" and nothing else; no contact, no opening that is not for the network');
SELECT is(refused('adam', 'ARRAY(SELECT sentence FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL))'), 'CV005 employer_id: There is no such employer.', 'an administrator reads no timeline');
SELECT is(refused('nobody', 'ARRAY(SELECT sentence FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL))'), 'CV005 employer_id: There is no such employer.', 'nor does nobody');
SELECT is(refused('amira', 'ARRAY(SELECT sentence FROM timeline(''e0000000-0000-7000-8000-0000000000ff'', 51, NULL))'), 'CV005 employer_id: There is no such employer.', 'an unknown employer');
SELECT is(called('sam', 'ARRAY(SELECT subject_id FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL))'),
    '["e0000000-0000-7000-8000-000000000001", "0a000000-0000-7000-8000-000000000002", "0f000000-0000-7000-8000-000000000003", null, null]'::jsonb,
    'a subject is named where the caller may read it');
SELECT is(called('amira', 'ARRAY(SELECT l.sentence FROM timeline(''e0000000-0000-7000-8000-000000000001'', 3,
    (SELECT next_page_token FROM timeline(''e0000000-0000-7000-8000-000000000001'', 3, NULL) OFFSET 1 LIMIT 1)) AS l)'),
    to_jsonb((net.sentences('amira'))[3:5]), 'pages follow one another');
SELECT matches(refused('amira', 'ARRAY(SELECT sentence FROM timeline(''e0000000-0000-7000-8000-000000000001'', 3, ''junk''))'), '^CV003 page_token: ', 'a page token that is none');
SELECT is(called('amira', $$correct_visit('{"visit": {"replaces_id": "0f000000-0000-7000-8000-000000000001", "generic": true}}')$$) ->> 'generic', 'true', 'a correction');
SELECT is((net.sentences('amira'))[7], 'Amira Shah (Lambeth) visited', 'stands in the timeline instead of what it replaced');
SELECT is(cardinality(net.sentences('amira')), 7, 'which is gone from it');

-- Everything that others can read, searched for the client of the first team.
CREATE FUNCTION net.all_seen(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text := '';
    part text;
    query text;
BEGIN
    FOREACH query IN ARRAY ARRAY[
        'SELECT string_agg(t::text, '' '') FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL) t',
        'SELECT string_agg(visit_json(v)::text, '' '') FROM visit v',
        'SELECT string_agg(v::text, '' '') FROM standing_visit v',
        'SELECT string_agg(plan_json(p)::text, '' '') FROM plan p',
        'SELECT string_agg(l::text, '' '') FROM visit_client l',
        'SELECT string_agg(l::text, '' '') FROM plan_client l',
        'SELECT string_agg(client_json(c)::text, '' '') FROM client c',
        'SELECT string_agg(p::text, '' '') FROM client_pause p',
        'SELECT string_agg(opening_json(o)::text, '' '') FROM opening o',
        'SELECT string_agg(relationship_json(r)::text, '' '') FROM relationship r',
        'SELECT others_lately(''e0000000-0000-7000-8000-000000000001'')::text',
        'SELECT check_door(''{"employer_id": "e0000000-0000-7000-8000-000000000001"}'')::text',
        'SELECT list_contacts(''e0000000-0000-7000-8000-000000000001'')::text',
        'SELECT string_agg(t::text, '' '') FROM day_list(NULL, 0, NULL) t',
        'SELECT string_agg(contact_request_json(r)::text, '' '') FROM contact_request r',
        'SELECT string_agg(share_json(s)::text, '' '') FROM contact_share s',
        'SELECT string_agg(lesson_json(l)::text, '' '') FROM lesson l',
        'SELECT string_agg(b::text, '' '') FROM employer_block b'] LOOP
        PERFORM net.call_as(who);
        EXECUTE query INTO part;
        PERFORM net.leave();
        seen := seen || ' ' || coalesce(part, '');
    END LOOP;
    RETURN seen;
END
$$;
SELECT ok(net.all_seen('amira') ~ 'LB-014' AND net.all_seen('amira') ~ 'c0000000-0000-7000-8000-000000000001', 'the search finds the client where the team looks');
SELECT ok(net.all_seen('lena') ~ 'LB-014', 'and where a colleague of the team does');
SELECT ok(net.all_seen(who) !~ 'LB-01', who || ' reads no reference of the team''s clients')
  FROM unnest(ARRAY['bola', 'sam']) AS who;
SELECT ok(net.all_seen(who) !~ 'c0000000-0000-7000-8000-00000000000[12]', who || ' reads no id of them')
  FROM unnest(ARRAY['bola', 'sam']) AS who;
SELECT ok(net.all_seen('amira') !~ 'SK-301|c0000000-0000-7000-8000-000000000004', 'nor does this team read the other borough''s');
SELECT ok(net.all_seen('sam') !~ 'short of drivers|rings back|bring a CV|the manager', 'another borough reads no note');
SELECT is(rows_of('sam', 'SELECT FROM visit'), 1::bigint, 'visits are the own borough''s');
SELECT is(rows_of('bola', 'SELECT FROM visit WHERE borough_id = ''E09000022'''), 3::bigint, 'of all its teams');
SELECT is(rows_of(who, 'SELECT FROM visit') + rows_of(who, 'SELECT FROM plan') + rows_of(who, 'SELECT FROM visit_client'), 0::bigint, who || ' sees no visit')
  FROM unnest(ARRAY['adam', 'audit', 'nobody']) AS who;

-- A filter by another team's client is a filter by nothing.
SELECT is(rows_of('amira', 'SELECT FROM standing_visit v JOIN visit_client l ON l.visit_id = v.id WHERE l.client_id = ''c0000000-0000-7000-8000-000000000004'''), 0::bigint, 'visits by another borough''s client: none');
SELECT is(rows_of('bola', 'SELECT FROM visit v JOIN visit_client l ON l.visit_id = v.id WHERE l.client_id = ''c0000000-0000-7000-8000-000000000001'''), 0::bigint, 'by another team''s client: none');
SELECT is(rows_of('amira', 'SELECT FROM visit v JOIN visit_client l ON l.visit_id = v.id WHERE l.client_id = ''c0000000-0000-7000-8000-000000000001'''), 1::bigint, 'by the own: its visits');

-- Nothing of another team's can be written, either.
SELECT is(tried('bola', 'INSERT INTO visit_client VALUES (''0f000000-0000-7000-8000-000000000002'', ''c0000000-0000-7000-8000-000000000001'')'), '42501 new row violates row-level security policy for table "visit_client"', 'no link to another team''s client');
SELECT is(tried('bola', 'DELETE FROM plan_client'), '0 rows', 'deleting the links of plans deletes none of another team''s');
SELECT is(tried('bola', 'UPDATE client SET initials = ''ZZ'''), '1 rows', 'changing clients changes the own team''s');
SELECT is(tried('bola', 'UPDATE plan SET cancelled_at = now()'), '0 rows', 'changing plans changes none of another team''s');
SELECT is(tried('sam', 'UPDATE opening SET places = 9'), '0 rows', 'changing openings changes none of another borough''s');
SELECT is(tried('amira', 'UPDATE client SET team_id = ''a0000000-0000-7000-8000-000000000002'' WHERE ref = ''LB-014'''), '42501 new row violates row-level security policy for table "client"', 'no client is handed to another team');

-- Texts that go to other boroughs are neutral: no word of treatment in any sentence of the schema's own.
SELECT is((SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = 'canvass' AND p.proname IN ('timeline', 'said_visit', 'day_lines', 'trial_asks', 'review_asks', 'others_lately', 'trial_advice', 'check_door', 'door_warnings', 'said_plan',
                                'said_block', 'day_list', 'list_contacts', 'share_json', 'contact_request_json', 'lesson_json')
              AND p.prosrc ~* 'treatment|drug|alcohol|methadone|prescri|recovery|addict|mental'), 0::bigint, 'neutral words (DOMAIN.md section 5)');
SELECT is((SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'canvass' AND c.relkind = 'r' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)), 0::bigint, 'every table forces row-level security');
SELECT is((SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'canvass' AND c.relname LIKE 'client%' AND c.relkind = 'r'
              AND a.attname ~ '^(name|surname|forename|birth|dob|nhs|diagnosis|medicine|offence|conviction|gender|ethnic)'), 0::bigint, 'least data: no such column of a client (DOMAIN.md section 5)');
SELECT is((SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = 'canvass' AND p.prosecdef
              AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=canvass, pg_temp']), 0::bigint, 'functions that run as the owner fix their search path');

-- Nor does a text of the registry, whoever writes it and by whichever way.
SELECT matches(tried('amira', statement), '^CV003 ' || field || ': Leave LB-014 out', field || ' names no client')
  FROM (VALUES ('employer.about', $$UPDATE employer SET about = 'likes lb-014'$$),
               ('contact.job', $$UPDATE contact SET job = 'met LB-014'$$),
               ('contact.source', $$UPDATE contact SET source = 'through LB-014.'$$),
               ('relationship.next_step', $$INSERT INTO relationship (employer_id, borough_id, next_step, updated_by_name) VALUES ('e0000000-0000-7000-8000-000000000002', 'E09000022', 'bring LB-014', 'x')$$),
               ('opening.title', $$UPDATE opening SET title = 'For LB-014'$$),
               ('opening.notes', $$UPDATE opening SET notes = '(LB-014)'$$)) AS t (field, statement);
SELECT matches(tried('sam', $$UPDATE employer SET about = 'likes LB-014'$$), ' rows$', 'another team''s references are words like others');
SELECT matches(tried('amira', $$UPDATE employer SET about = 'likes LB-0141 and XLB-014'$$), ' rows$', 'and so is what only looks alike');

SELECT * FROM finish();
ROLLBACK;
