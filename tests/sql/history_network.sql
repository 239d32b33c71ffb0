-- What happened between boroughs, in sentences, and taking it back: shares, requests, uses, blocks,
-- cool-offs, lessons, and pairs that are two.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(47);

CREATE FUNCTION net.newest(who text, scope jsonb DEFAULT '{"employer_id": "e0000000-0000-7000-8000-000000000001"}') RETURNS text LANGUAGE sql AS $$
    SELECT net.called(who, format('(SELECT h.entry ->> ''sentence'' FROM history(%L, 2, NULL) h LIMIT 1)', scope)) #>> '{}'
$$;
CREATE FUNCTION net.does(who text, n integer, call text, body jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM net.request(n);
    PERFORM net.called(who, format('%I(%L)', call, '{"employer_id": "e0000000-0000-7000-8000-000000000001"}'::jsonb || body));
END
$$;
INSERT INTO contact (id, employer_id, borough_id, name, job, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'manager', 'met', 'consent', 'net');
INSERT INTO relationship (employer_id, borough_id, lead_id, updated_by_name) VALUES
    ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'b0000000-0000-7000-8000-000000000001', 'net');

UPDATE employer e SET open_sites = (SELECT count(*) FROM site s WHERE s.employer_id = e.id);
UPDATE site s SET words = site_words(e.name, NULL, s.name, s.address, s.borough_id, s.postcode) FROM employer e WHERE e.id = s.employer_id;

-- Asking, and sharing.
SELECT net.keep('start') IS NULL AS x \gset
SELECT net.does('sam', 1, 'request_contact', '{"id": "06000000-0000-7000-8000-000000000001", "contact_id": "0c000000-0000-7000-8000-000000000001", "reason": "two people want yard work"}');
SELECT is(net.newest('sam'), 'Sam Reid (Southwark) asked another borough for somebody to talk to', 'asking is said to who asked');
SELECT is(net.undo('sam', 1), 'Sam Reid asked another borough for somebody to talk to', 'and taken back');
SELECT is(net.since('start'), NULL, 'as if nobody had asked');
SELECT is(net.undo('sam', NULL), 'Sam Reid took back: asked another borough for somebody to talk to', 'asked again');
SELECT net.keep('asked') IS NULL AS x \gset
SELECT net.does('amira', 2, 'grant_request', '{"contact_request_id": "06000000-0000-7000-8000-000000000001"}');
SELECT is(net.newest('bola'), 'Amira Shah (Lambeth) answered a request for somebody to talk to; shared Pat Quinn with Southwark', 'the answer is said to the owner''s borough');
SELECT is(net.undo('sam', 1), 'CV009 undo_id: This cannot be taken back, because since then Lambeth keeps something there.', 'a request that is answered stays');
SELECT is(net.undo('amira', 2), 'Amira Shah answered a request for somebody to talk to; shared Pat Quinn with Southwark', 'a grant is taken back');
SELECT is(net.since('asked'), NULL, 'the request waits again, and nothing is shared');
SELECT is(net.undo('amira', NULL), 'Amira Shah took back: answered a request for somebody to talk to; shared Pat Quinn with Southwark', 'and given again');
SELECT is(rows_of('sam', 'SELECT FROM standing_share'), 1::bigint, 'the share stands');

-- Opening leaves a trace.
SELECT net.does('sam', 3, 'open_contact', '{"contact_id": "0c000000-0000-7000-8000-000000000001"}');
SELECT is(net.newest('bola'), 'Sam Reid (Southwark) opened the details of Pat Quinn', 'a use is said to the owner''s borough');
SELECT is(net.undo('sam', 3), 'CV009 undo_id: Details that were opened have been read, and their borough keeps on record by whom.', 'and stays');
SELECT is(net.undo('sam', NULL) ~ '^CV009 undo_id: This cannot be taken back, because since then Lambeth', true, 'the last thing that the opener did is not the opening');
SELECT matches(net.undo('amira', 2), '^CV009 undo_id: This cannot be taken back, because since then Sam Reid opened the details of Pat Quinn at [0-9:]+ today\.$', 'a share that was used is withdrawn, not undone');
SELECT net.keep('shared') IS NULL AS x \gset
SELECT net.does('amira', 4, 'withdraw_share', jsonb_build_object('share_id', (SELECT id FROM contact_share)));
SELECT is(net.newest('bola'), 'Amira Shah (Lambeth) withdrew the share of Pat Quinn with Southwark', 'withdrawing');
SELECT is(rows_of('sam', 'SELECT FROM standing_share'), 0::bigint, 'ends it');
SELECT is(net.undo('amira', 4), 'Amira Shah withdrew the share of Pat Quinn with Southwark', 'taken back');
SELECT is(net.since('shared'), NULL, 'it stands as it did');
SELECT net.does('amira', 5, 'withdraw_share', jsonb_build_object('share_id', (SELECT id FROM contact_share)));
SELECT net.does('amira', 6, 'share_contact', '{"contact_id": "0c000000-0000-7000-8000-000000000001", "to_borough_id": "E09000028"}');
SELECT matches(net.undo('amira', 5), '^23505 .*contact_share_one_stands', 'not while a newer one stands');
SELECT is(net.undo('amira', 6), 'Amira Shah shared Pat Quinn with Southwark', 'a share that nobody used is taken back');

-- "Don't contact us."
SELECT net.keep('open') IS NULL AS x \gset
SELECT net.does('sam', 7, 'block_employer', '{"reason": "too many calls"}');
SELECT net.keep('blocked') IS NULL AS x \gset
SELECT is(net.newest('amira'), 'Sam Reid (Southwark) noted that it asked not to be contacted', 'a block is the network''s to know');
SELECT is(net.undo('sam', 7), 'Sam Reid noted that it asked not to be contacted', 'taken back');
SELECT is(net.since('open'), NULL, 'it may be contacted, and the employer shows it');
SELECT is(net.undo('sam', NULL), 'Sam Reid took back: noted that it asked not to be contacted', 'noted again');
SELECT is(net.since('blocked'), NULL, 'with the day beside the employer');
SELECT net.does('sam', 8, 'unblock_employer', '{"reason": "they asked us back"}');
SELECT is(net.newest('amira'), 'Sam Reid (Southwark) lifted that it asked not to be contacted', 'lifting');
SELECT matches(net.undo('sam', 7), '^CV009 undo_id: This cannot be taken back, because since then Sam Reid lifted ', 'what was lifted since');
SELECT is(net.undo('sam', 8), 'Sam Reid lifted that it asked not to be contacted', 'taken back');
SELECT is(net.since('blocked'), NULL, 'blocked as before');
SELECT net.does('amira', 9, 'set_cool_off', '{"days": 30}');
SELECT is(net.newest('sam'), 'Amira Shah (Lambeth) set 30 days of peace after a visit', 'a cool-off');
SELECT is(net.undo('amira', 9), 'Amira Shah set 30 days of peace after a visit', 'taken back');
SELECT is(net.since('blocked'), NULL, 'as it was');

-- Lessons.
SELECT net.does('amira', 10, 'add_lesson', '{"lesson": {"id": "1e000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "text": "Call before eight."}}');
SELECT net.keep('learnt') IS NULL AS x \gset
SELECT is(net.newest('bola'), 'Amira Shah (Lambeth) wrote a lesson', 'a lesson');
SELECT net.does('amira', 11, 'update_lesson', '{"lesson_id": "1e000000-0000-7000-8000-000000000001", "text": "Call before nine."}');
SELECT is(net.newest('bola'), 'Amira Shah (Lambeth) changed the text of a lesson', 'what it said before is not for all to read');
SELECT is(net.newest('sam') LIKE '%lesson%', false, 'other boroughs read the lesson, not its history');
SELECT is(net.undo('amira', 11), 'Amira Shah changed the text of a lesson', 'taken back');
SELECT is(net.since('learnt'), NULL, 'it reads as before');
SELECT net.does('amira', 12, 'withdraw_lesson', '{"lesson_id": "1e000000-0000-7000-8000-000000000001"}');
SELECT matches(net.undo('amira', 12), '^Amira Shah changed the withdrawal to .* of a lesson$', 'withdrawing, too');
SELECT is(net.since('learnt'), NULL, 'it stands');
SELECT net.does('sam', 13, 'mark_lesson', '{"lesson_id": "1e000000-0000-7000-8000-000000000001"}');
SELECT matches(net.undo('amira', 10), '^CV009 undo_id: This cannot be taken back, because since then Sam Reid found a lesson useful at ', 'a lesson that somebody found useful is withdrawn, not undone');
SELECT is(net.undo('sam', 13), 'Sam Reid found a lesson useful', 'a mark is taken back');
SELECT is(net.undo('amira', 10), 'Amira Shah wrote a lesson', 'and then the lesson');

-- Pairs.
SELECT net.does('adam', 14, 'dismiss_duplicate', '{"other_employer_id": "e0000000-0000-7000-8000-000000000002"}');
SELECT is(net.newest('adam'), format('Adam Cole (Lambeth) found %s to be another employer', (SELECT name FROM employer WHERE id = 'e0000000-0000-7000-8000-000000000002')), 'a pair that is two');
SELECT is(net.undo('adam', 14) LIKE 'Adam Cole found % to be another employer', true, 'taken back');
SELECT is(net.since('blocked'), NULL, 'is a likely duplicate again');

-- Openings for named boroughs.
SELECT net.does('amira', 15, 'create_opening', '{"opening": {"id": "0a000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "title": "Yard hand", "hidden": true}}');
SELECT net.does('amira', 16, 'update_opening', '{"opening": {"id": "0a000000-0000-7000-8000-000000000001", "borough_ids": ["E09000028"]}, "update_mask": ["borough_ids"]}');
SELECT is(net.newest('amira'), 'Amira Shah (Lambeth) changed the boroughs that see it to Southwark of the opening Yard hand', 'by name');
SELECT is(rows_of('sam', 'SELECT FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL) t WHERE t.kind = ''opening'''), 1::bigint, 'the timeline of a named borough has it');

SELECT * FROM finish();
ROLLBACK;
