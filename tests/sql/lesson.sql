-- The shared learning log: what a lesson may say and be about, who reads, changes and marks it, how it
-- is found, and where it is shown.
BEGIN;
\ir support/network.sql
SELECT plan(54);

INSERT INTO occupation (code, title, words) VALUES ('82', 'Transport drivers', 'transport drivers')
    ON CONFLICT (code) DO UPDATE SET title = excluded.title;
CREATE FUNCTION net.add(about jsonb, lesson text, id integer DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('add_lesson(%L)', jsonb_build_object('lesson', about || jsonb_strip_nulls(jsonb_build_object('text', lesson, 'id', '1e000000-0000-7000-8000-00000000000' || id))))
$$;
CREATE FUNCTION net.of(method text, id integer, differs jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s(%L)', method, jsonb_build_object('lesson_id', '1e000000-0000-7000-8000-00000000000' || id) || differs)
$$;
CREATE FUNCTION net.about(who text, args text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(called(who, format('(SELECT string_agg(left((a.l).text, 4), '' '' ORDER BY (a.l).text) FROM lessons_about(%s) AS a)', args)) #>> '{}', '')
$$;
\set employer '{"employer_id": "e0000000-0000-7000-8000-000000000001"}'

-- About one thing, in few words.
SELECT is((called('amira', net.add(:'employer', ' yard lead is in before nine ', 1)) -> 'lesson') - 'at',
    '{"id": "1e000000-0000-7000-8000-000000000001", "text": "yard lead is in before nine", "employer_id": "e0000000-0000-7000-8000-000000000001", "employer": "Stockwell Tool Hire",
      "by": "Amira Shah", "borough": "Lambeth", "useful": 0, "useful_to_me": false, "own": true, "etag": "1"}'::jsonb, 'about an employer');
SELECT is(called('amira', net.add('{"soc": "82"}', 'vans need a clean licence, ask early', 2)) #>> '{lesson,soc_title}', 'Transport drivers', 'about an occupation, at any level');
SELECT is(called('sam', net.add('{"about_borough_id": "E09000028"}', 'most bakeries here close at two', 3)) #>> '{lesson,about_borough}', 'Southwark', 'about a borough');
SELECT matches(refused('amira', net.add('{}', 'x')), '^23514 lesson.employer_id: Say what the lesson is about', 'about nothing');
SELECT matches(refused('amira', net.add(:'employer'::jsonb || '{"soc": "82"}', 'x')), '^23514 lesson.employer_id: Say what the lesson is about', 'about two');
SELECT matches(refused('amira', net.add('{"employer_id": "e0000000-0000-7000-8000-00000000000f"}', 'x')), '^CV005 lesson.employer_id: There is no such employer', 'about an unknown employer');
SELECT matches(refused('amira', net.add('{"soc": "8999"}', 'x')), '^CV003 lesson.soc: ', 'an unknown occupation');
SELECT matches(refused('amira', net.add('{"about_borough_id": "E09000099"}', 'x')), '^23503 lesson.about_borough_id: No borough has this code', 'an unknown borough');
SELECT matches(refused('amira', net.add(:'employer', repeat('x', 401))), '^23514 lesson.text: Keep it to 400 characters', 'too long');
SELECT matches(refused('amira', net.add(:'employer', '  ')), '^23514 lesson.text: ', 'empty');

-- Without any client.
SELECT matches(refused('amira', net.add(:'employer', 'they liked lb-014')), '^CV003 lesson.text: Leave LB-014 out', 'a reference of the own team is refused');
SELECT is(called('amira', net.add(:'employer', 'they liked LB-0145', 4)) -> 'warnings', '["\"LB-0145\" looks like one of your team''s references; if it is one, take it out."]'::jsonb, 'what looks like one is warned of');
SELECT is(called('sam', net.add(:'employer', 'they liked LB-014', 5)) -> 'warnings', '["\"LB-014\" looks like one of your team''s references; if it is one, take it out."]'::jsonb, 'by the own team''s alone: another''s is told nothing that it does not know');
SELECT is(called('amira', net.add(:'employer', 'unit A4 at the back, bus 59, 9am', 6)) -> 'warnings', '[]', 'other words with digits are not');
SELECT is(called('amira', net.add(:'employer', 'takes people in recovery, whatever their treatments', 7)) -> 'warnings',
    '["\"recovery\" can tell that somebody is in treatment; say it in neutral words.", "\"treatment\" can tell that somebody is in treatment; say it in neutral words."]'::jsonb, 'words that tell are warned of, in whatever form');
SELECT is((SELECT count(*) FROM pg_attribute WHERE attrelid IN ('lesson'::regclass, 'lesson_mark'::regclass) AND attname LIKE '%client%'), 0::bigint, 'there is no place for a client');
DELETE FROM lesson WHERE id >= '1e000000-0000-7000-8000-000000000004';

-- Everybody reads, the author changes.
SELECT is(rows_of(who, 'SELECT FROM lesson'), 3::bigint, who || ' reads all') FROM unnest(ARRAY['amira', 'bola', 'sam']) AS who;
SELECT is(rows_of(who, 'SELECT FROM lesson'), 0::bigint, who || ' reads none') FROM unnest(ARRAY['adam', 'audit', 'nobody']) AS who;
SELECT is(refused(who, net.of('update_lesson', 1, '{"text": "x"}')), 'CV007 lesson_id: Only Amira Shah can change this lesson.', who || ' does not change it') FROM unnest(ARRAY['lena', 'sam']) AS who;
SELECT is(refused('sam', net.of('withdraw_lesson', 1)), 'CV007 lesson_id: Only Amira Shah can change this lesson.', 'nor withdraw it');
SELECT is(tried('sam', 'UPDATE lesson SET text = ''x'' WHERE specialist_id <> actor()'), '0 rows', 'nor around the functions');
SELECT matches(tried('sam', 'UPDATE lesson SET specialist_id = actor()'), '^42501 ', 'nor makes it their own');
SELECT is(called('amira', net.of('update_lesson', 1, '{"text": "yard lead is in before eight", "etag": "1"}')) #>> '{lesson,text}', 'yard lead is in before eight', 'the author does');
SELECT matches(refused('amira', net.of('update_lesson', 1, '{"text": "x", "etag": "1"}')), '^CV010 ', 'from its newest version');
SELECT matches(refused('amira', net.of('update_lesson', 1, '{"text": "for LB-015"}')), '^CV003 text: Leave LB-015 out', 'and still names no client');
SELECT matches(refused('amira', net.of('update_lesson', 9, '{"text": "x"}')), '^CV005 lesson_id: There is no such lesson', 'one that is there');

-- Useful.
SELECT is(called('sam', net.of('mark_lesson', 1)) -> 'useful', '1', 'one finds it useful');
SELECT is(called('sam', net.of('mark_lesson', 1)) -> 'useful', '1', 'once');
SELECT is(called('bola', net.of('mark_lesson', 1)) -> 'useful', '2', 'and another');
SELECT is(refused('amira', net.of('mark_lesson', 1)), 'CV009 lesson_id: This lesson is yours; whether it is useful is for others to say.', 'not oneself');
SELECT matches(tried('sam', 'INSERT INTO lesson_mark (lesson_id, specialist_id) VALUES (''1e000000-0000-7000-8000-000000000001'', ''b0000000-0000-7000-8000-000000000002'')'), '^42501 ', 'nobody for somebody else');
SELECT is(tried('sam', 'DELETE FROM lesson_mark WHERE specialist_id <> actor()'), '0 rows', 'or takes another''s back');
SELECT is(called('sam', net.of('mark_lesson', 1, '{"not_useful": true}')) -> 'useful_to_me', 'false', 'only one''s own');

-- Found.
SELECT is(net.about('sam', 'NULL, NULL, NULL'), 'most vans yard', 'all, where nothing is named');
SELECT is(net.about('sam', '''{e0000000-0000-7000-8000-000000000001}'', NULL, NULL'), 'yard', 'of an employer');
SELECT is(net.about('sam', 'NULL, ''{8214}'', NULL'), 'vans', 'of the group that an occupation belongs to');
SELECT is(net.about('sam', 'NULL, ''{8}'', NULL'), 'vans', 'or of one that belongs to it');
SELECT is(net.about('sam', 'NULL, ''{9263,""}'', NULL'), '', 'not of another');
SELECT is(net.about('sam', '''{e0000000-0000-7000-8000-000000000001}'', ''{8214}'', ''{E09000028}'''), 'most vans yard', 'any of them');
SELECT is(rows_of('sam', 'SELECT FROM lesson WHERE words @@ websearch_to_tsquery(''english'', ''licences van'')'), 1::bigint, 'by words, in whatever form');

-- Shown before a visit: of the employer first, then the role, then the borough; five at most.
CREATE FUNCTION net.before(who text, soc text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(left(x ->> 'text', 4), ' ' ORDER BY n)
      FROM jsonb_array_elements(called(who, format('with_lessons(check_door(''{"employer_id": "e0000000-0000-7000-8000-000000000001"}''), ''e0000000-0000-7000-8000-000000000001'', NULL, %L)', soc)) #> '{door,lessons}') WITH ORDINALITY AS l (x, n)
$$;
INSERT INTO lesson (about_borough_id, text, specialist_id, by_name, borough_id) VALUES ('E09000022', 'rain keeps markets quiet', 'b0000000-0000-7000-8000-000000000004', 'Sam Reid', 'E09000028');
SELECT is(net.before('amira', '8214'), 'yard vans rain', 'of this employer, this role, this borough');
SELECT is(net.before('bola', NULL), 'yard rain', 'without a role');
INSERT INTO lesson (employer_id, text, specialist_id, by_name, borough_id)
SELECT 'e0000000-0000-7000-8000-000000000001', 'more ' || n, 'b0000000-0000-7000-8000-000000000004', 'Sam Reid', 'E09000028' FROM generate_series(1, 9) AS n;
SELECT is(net.before('amira', '8214'), 'yard more more more more', 'the most useful first, and no more than can be read at a door');

-- Withdrawn.
SELECT ok(called('amira', net.of('withdraw_lesson', 1)) ? 'withdrawn_at', 'the author takes it back');
SELECT is(rows_of('sam', 'SELECT FROM lesson WHERE id = ''1e000000-0000-7000-8000-000000000001'''), 0::bigint, 'nobody else sees it');
SELECT is(rows_of('amira', 'SELECT FROM lesson WHERE id = ''1e000000-0000-7000-8000-000000000001'''), 1::bigint, 'the author does');
SELECT matches(refused('amira', net.of('update_lesson', 1, '{"text": "x"}')), '^CV009 lesson_id: You withdrew this lesson at', 'and changes it no more');
SELECT matches(refused('sam', net.of('mark_lesson', 1)), '^CV005 lesson_id: There is no such lesson', 'nor does anybody mark it');
SELECT is(net.before('amira', NULL), 'more more more more more', 'it is shown nowhere');

SELECT * FROM finish();
ROLLBACK;
