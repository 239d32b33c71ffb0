-- What each caller is told of changes: another borough, the own team, another team, whoever a share,
-- an answer or a clash is for; and that a token tells each change once.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(42);

-- A transaction does not see itself begin: what is told here is told of changes whose transactions
-- are made to lie behind, each call one transaction.
CREATE SEQUENCE net.xids START 1000000000;
CREATE FUNCTION net.token(seen text) RETURNS text LANGUAGE sql AS
    $$ SELECT watch_token(now(), seen::pg_snapshot) $$;
CREATE FUNCTION net.now() RETURNS text LANGUAGE sql AS
    $$ SELECT (last_value + 1)::text || ':' || (last_value + 1)::text || ':' FROM net.xids $$;
CREATE FUNCTION net.does(who text, call text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    x xid8 := nextval('net.xids')::text::xid8;
BEGIN
    PERFORM net.request((x::text::bigint % 1000000)::integer);
    PERFORM net.called(who, call);
    UPDATE change SET xid = x WHERE xid = pg_current_xact_id();
END
$$;
SELECT nextval('net.xids') IS NULL AS x \gset
CREATE FUNCTION net.told(who text, since text, until text) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(net.called(who, format(
        'ARRAY(SELECT w.change ->> ''sentence'' FROM watch(%L, %L, 501) AS w WHERE w.change IS NOT NULL)', net.token(since), net.token(until)))))
$$;
-- What one call of somebody's tells the others.
CREATE TABLE net.heard (who text PRIMARY KEY, said text[]);
CREATE FUNCTION net.after(who text, call text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    since text := net.now();
BEGIN
    PERFORM net.does(who, call);
    DELETE FROM net.heard;
    INSERT INTO net.heard SELECT w, net.told(w, since, net.now()) FROM unnest('{amira,lena,bola,sam,sue,adam,audit,nobody}'::text[]) AS w;
END
$$;
-- Those who heard, and what: '{"amira": ["..."]}'.
CREATE FUNCTION net.hear() RETURNS jsonb LANGUAGE sql AS
    $$ SELECT coalesce(jsonb_object_agg(who, said), '{}') FROM net.heard WHERE said <> '{}' $$;
CREATE FUNCTION net.all_of(who text[], said text) RETURNS jsonb LANGUAGE sql AS
    $$ SELECT jsonb_object_agg(w, ARRAY[said]) FROM unnest(who) AS w $$;
INSERT INTO specialist (id, name, email, team_id, borough_id, roles) VALUES
    ('b0000000-0000-7000-8000-000000000007', 'Sue Park', 'sue@net.example', 'a0000000-0000-7000-8000-000000000003', 'E09000028', '{specialist}');
INSERT INTO relationship (employer_id, borough_id, lead_id, updated_by_name) VALUES
    ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'b0000000-0000-7000-8000-000000000001', 'net');
UPDATE change SET xid = '1' WHERE xid = pg_current_xact_id();
\set everybody '''{amira,lena,bola,sam,sue,adam,audit}'''
\set lambeth '''{amira,lena,bola}'''

-- The registry is everybody's who calls.
SELECT net.after('sam', $$update_employer('{"employer": {"id": "e0000000-0000-7000-8000-000000000001", "phone": "020 7946 0123"}, "update_mask": ["phone"]}')$$);
SELECT is(net.hear(), net.all_of(:everybody, 'Sam Reid (Southwark) changed the phone to 020 7946 0123, at Stockwell Tool Hire'), 'an employer is the network''s; nobody hears nothing');

-- A contact, a relationship, a visit, a plan: the borough's.
SELECT net.after('amira', $$add_contact('{"contact": {"id": "0c000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "name": "Pat Quinn", "source": "met", "basis": "consent"}}')$$);
SELECT is(net.hear(), net.all_of(:lambeth, 'Amira Shah (Lambeth) added the contact Pat Quinn, at Stockwell Tool Hire'), 'a contact is the borough''s');
SELECT net.after('amira', $$record_visit('{"visit": {"id": "0f000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "client_ref": "LB-014"}}')$$);
SELECT is(net.hear(), net.all_of(:lambeth, 'Amira Shah (Lambeth) recorded a visit, at Stockwell Tool Hire'), 'a visit is the borough''s, and says nothing of a client');

-- A client: the team's.
SELECT net.after('amira', $$update_client('{"client": {"id": "c0000000-0000-7000-8000-000000000001", "initials": "XY"}, "update_mask": ["initials"]}')$$);
SELECT is(net.hear(), net.all_of('{amira,lena}', 'Amira Shah (Lambeth) changed the initials from AB to XY of LB-014'), 'a client is the team''s');
SELECT net.after('bola', $$set_wishes('{"client_id": "c0000000-0000-7000-8000-000000000003", "wishes": {"occupations": [], "hours_tenths": 200}}')$$);
SELECT is(net.hear(), net.all_of('{bola}', 'Bola Adeyemi (Lambeth) changed the wishes'), 'whichever of a client''s rows it is');

-- An opening: its borough's until it is offered; what stood before stays the borough's.
SELECT net.after('amira', $$create_opening('{"opening": {"id": "0a000000-0000-7000-8000-000000000001", "employer_id": "e0000000-0000-7000-8000-000000000001", "title": "Yard hand", "notes": "said in private", "hidden": true}}')$$);
SELECT is(net.hear(), net.all_of(:lambeth, 'Amira Shah (Lambeth) noted the opening Yard hand, at Stockwell Tool Hire'), 'an opening of the borough alone');
SELECT net.now() AS private \gset
SELECT net.after('amira', $$update_opening('{"opening": {"id": "0a000000-0000-7000-8000-000000000001", "notes": "for all"}, "update_mask": ["notes"]}')$$);
SELECT is(net.hear(), net.all_of(:lambeth, 'Amira Shah (Lambeth) changed the notes from said in private to for all of the opening Yard hand, at Stockwell Tool Hire'), 'its notes, too');
SELECT net.after('amira', $$update_opening('{"opening": {"id": "0a000000-0000-7000-8000-000000000001", "borough_ids": ["E09000028"]}, "update_mask": ["borough_ids"]}')$$);
SELECT is(net.hear() -> 'sam', '["Amira Shah (Lambeth) offers the opening Yard hand, at Stockwell Tool Hire"]', 'offered to a borough');
SELECT is(net.hear() -> 'sue', net.hear() -> 'sam', 'to all who may see openings there');
SELECT is(net.hear() - :lambeth::text[] - '{sam,sue}'::text[], '{}', 'and to nobody else');
SELECT ok(array_to_string(net.told('sam', :'private', net.now()), ' ') !~ 'private', 'what stood before it was offered stays unsaid, also when it is told late');
SELECT net.after('amira', $$update_opening('{"opening": {"id": "0a000000-0000-7000-8000-000000000001", "title": "Yard lead"}, "update_mask": ["title"]}')$$);
SELECT is(net.hear() -> 'sam', '["Amira Shah (Lambeth) changed the opening Yard lead, at Stockwell Tool Hire"]', 'and a change of what they see');

-- Requests and shares.
SELECT net.after('sue', $$request_contact('{"contact_id": "0c000000-0000-7000-8000-000000000001", "reason": "two people want yard work"}')$$);
SELECT is(net.hear() - '{sam,sue}'::text[], net.all_of(:lambeth, 'Sue Park (Southwark) asked for a contact, at Stockwell Tool Hire'), 'a request is told to the borough that is asked');
SELECT net.after('amira', format('grant_request(''{"contact_request_id": "%s", "contact_id": "0c000000-0000-7000-8000-000000000001"}'')', (SELECT id FROM contact_request)));
SELECT is(net.hear() -> 'lena', '["Amira Shah (Lambeth) answered a request for somebody to talk to; shared Pat Quinn with Southwark, at Stockwell Tool Hire"]', 'an answer is the borough''s');
SELECT matches(net.hear() #>> '{sue,0}', '^Amira Shah \(Lambeth\) granted your request for a contact; shared a contact with you, at Stockwell Tool Hire$', 'and theirs who asked');
SELECT is(net.hear() - :lambeth::text[] - 'sue', net.all_of('{sam}', 'Amira Shah (Lambeth) shared a contact with you, at Stockwell Tool Hire'), 'not a colleague''s of who asked, who has the share alone');
SELECT net.after('amira', format('withdraw_share(''{"share_id": "%s"}'')', (SELECT id FROM contact_share)));
SELECT is(net.hear() -> 'sue', '["Amira Shah (Lambeth) withdrew the share of a contact with you, at Stockwell Tool Hire"]', 'a share that ends is told to whom it was given');
SELECT is(net.hear() -> 'bola', '["Amira Shah (Lambeth) withdrew the share of Pat Quinn with Southwark, at Stockwell Tool Hire"]', 'and to the borough');
SELECT is(net.hear() - :lambeth::text[] - 'sue', jsonb_build_object('sam', net.hear() -> 'sue'), 'and to nobody else');
SELECT net.after('lena', $$share_contact('{"contact_id": "0c000000-0000-7000-8000-000000000001", "to_borough_id": "E09000028"}')$$);
SELECT is(net.hear() - :lambeth::text[], net.all_of('{sam,sue}', 'Lena Ofori (Lambeth) shared a contact with you, at Stockwell Tool Hire'), 'a share with a borough is told to all of it');
SELECT ok((net.hear() - :lambeth::text[])::text !~ 'Pat', 'without a name');

-- Plans that clash.
CREATE FUNCTION net.plan(days integer, at text) RETURNS text LANGUAGE sql AS $$
    SELECT format('plan_visit(%L)', jsonb_build_object('plan', jsonb_build_object('employer_id', 'e0000000-0000-7000-8000-000000000001',
                                                                                   'at', london((london_today() + days) || ' ' || at))))
$$;
SELECT net.after('amira', net.plan(30, '10:00'));
SELECT is(net.hear(), net.all_of(:lambeth, 'Amira Shah (Lambeth) planned a visit, at Stockwell Tool Hire'), 'a plan is the borough''s');
SELECT net.after('sam', net.plan(30, '15:00'));
SELECT matches(net.hear() #>> '{amira,0}', '^Sam Reid \(Southwark\) plans to be there .* at 15:00, where you plan to go: agree who goes, at Stockwell Tool Hire$', 'a clash is told to who planned first');
SELECT is(net.hear() - 'amira', net.all_of('{sam,sue}', 'Sam Reid (Southwark) planned a visit, at Stockwell Tool Hire'), 'and to nobody else');
SELECT net.after('sue', net.plan(31, '15:00'));
SELECT is(net.hear() - '{sam,sue}'::text[], '{}', 'another day is no clash');

-- Undo says that it takes back, and a used share stays.
SELECT net.after('sam', $$undo('{}')$$);
SELECT matches(net.hear() #>> '{sue,0}', '^Sam Reid \(Southwark\) took back what was done before: took out a planned visit', 'what is taken back');
SELECT net.after('lena', $$undo('{}')$$);
SELECT is((SELECT count(*) FROM contact_share WHERE withdrawn_at IS NULL), 0::bigint, 'a share that nobody used is taken back');
SELECT net.does('lena', $$share_contact('{"contact_id": "0c000000-0000-7000-8000-000000000001", "to_borough_id": "E09000028"}')$$);
SELECT net.does('sue', $$open_contact('{"contact_id": "0c000000-0000-7000-8000-000000000001"}')$$);
SELECT matches(refused('lena', $$undo('{}')$$), '^CV009 undo_id: This cannot be taken back, because since then Sue Park opened the details of Pat Quinn', 'one that was used stays');

-- Tokens: each once, page by page, in whatever order transactions came to an end.
SELECT net.now() AS start \gset
SELECT net.does('sam', format($$update_employer('{"employer": {"id": "e0000000-0000-7000-8000-000000000002", "phone": "020 7946 %s"}, "update_mask": ["phone"]}')$$, 1000 + n)) FROM generate_series(1, 9) AS n;
SELECT net.now() AS finish \gset
CREATE FUNCTION net.pages(who text, token text, until text, n integer) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    said integer[] := '{}';
    page jsonb;
BEGIN
    LOOP
        page := net.called(who, format('ARRAY(SELECT to_jsonb(w) FROM watch(%L, %L, %s) AS w)', token, until, n + 1));
        said := said || ARRAY(SELECT substring(m #>> '{change,sentence}' FROM 'to 020 7946 1(\d+)')::integer
                                FROM jsonb_array_elements(page) WITH ORDINALITY AS p (m, i) WHERE i <= n AND m #>> '{change,sentence}' IS NOT NULL ORDER BY i);
        token := page #>> ARRAY[(least(jsonb_array_length(page), n) - 1)::text, 'token'];
        EXIT WHEN jsonb_array_length(page) <= n;
    END LOOP;
    RETURN said || CASE WHEN token = until THEN 0 ELSE -1 END;
END
$$;
SELECT is(net.pages('adam', net.token(:'start'), net.token(:'finish'), n), '{1,2,3,4,5,6,7,8,9,0}', 'pages of ' || n) FROM unnest('{1,2,4,9,10,500}'::integer[]) AS n;
SELECT is(net.told('adam', :'finish', :'finish'), '{}', 'nothing new');
SELECT ok((called('adam', 'ARRAY(SELECT to_jsonb(w) FROM watch(NULL, NULL, 501) AS w)') -> 0) ? 'token', 'the first message is a token');
SELECT is(jsonb_array_length(called('adam', 'ARRAY(SELECT to_jsonb(w) FROM watch(NULL, NULL, 501) AS w)')), 1, 'and no more');
SELECT matches(refused('adam', 'ARRAY(SELECT w FROM watch(''junk'', NULL, 501) AS w)'), '^CV003 token: This token is not one of ours', 'a token that is none');
SELECT matches(refused('adam', format('ARRAY(SELECT w FROM watch(%L, NULL, 501) AS w)', watch_token(now() - interval '8 days', pg_current_snapshot()))), '^CV009 token: This token is from .* Load again', 'one that is too old');
SELECT is(rows_of('nobody', format('SELECT FROM watch(%L, %L, 501) AS w WHERE w.change IS NOT NULL', net.token(:'start'), net.token(:'finish'))), 0::bigint, 'nobody is told nothing');

-- Who watches.
SELECT is((SELECT array_agg(c.place || ' ' || c.borough || ' ' || c.roles ORDER BY c.place) FROM watch_callers(ARRAY[tests.token('cara'), '\x00', tests.token('lea')]) AS c),
    '{"1 E09000007 {specialist}","3 E09000022 {specialist,lead}"}', 'logins that are valid');
UPDATE token SET revoked_at = now() WHERE hash = tests.token('cara');
SELECT is((SELECT count(*) FROM watch_callers(ARRAY[tests.token('cara')])), 0::bigint, 'and no longer');

SELECT * FROM finish();
ROLLBACK;
