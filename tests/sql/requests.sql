-- Writes that are safe to repeat (RELIABILITY.md finding 3 and (c) 1).
SELECT no_plan();
\getenv host PGHOST
\getenv port PGPORT
\getenv db PGDATABASE
SET search_path = canvass, public, pg_temp;

-- Two sessions, as the application.
SELECT dblink_connect(c, format('host=%s port=%s dbname=%s user=canvass_app', :'host', :'port', :'db'))
  FROM unnest('{one,two}'::text[]) AS c;
CREATE FUNCTION pg_temp.run(session text, statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    SELECT r INTO said FROM dblink(session, statement) AS x (r text);
    RETURN coalesce(said, '');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.enter(request uuid, body text, method text DEFAULT 'M') RETURNS text
LANGUAGE sql RETURN format('SELECT canvass.enter(%L, ''{anyone}'', %L, %L, %L)::text', tests.token('amira'), method, request, body::bytea);
SELECT uuid_v7() AS id \gset

SELECT is(dblink_exec('one', 'BEGIN'), 'BEGIN', 'a first call');
SELECT is(pg_temp.run('one', pg_temp.enter(:'id', 'body')), '', 'enters with its request_id');
SELECT is(pg_temp.run('one', format($$ SELECT canvass.keep(%L, '{"n": 1}')::text $$, :'id')), '{"n": 1}', 'keep() gives the answer back');

SELECT dblink_exec('two', 'BEGIN');
SELECT is(dblink_send_query('two', pg_temp.enter(:'id', 'body')), 1, 'the same request_id at the same time');
SELECT pg_sleep(0.3);
SELECT is(dblink_is_busy('two'), 1, 'waits for the first');
SELECT dblink_exec('one', 'COMMIT');
SELECT throws_ok($$ SELECT * FROM dblink_get_result('two') AS x (r text) $$, 'CV100', NULL, 'and is told that the answer is kept');
SELECT count(*) FROM dblink_get_result('two') AS x (r text);
SELECT dblink_exec('two', 'ROLLBACK');

SELECT dblink_exec('two', 'BEGIN');
SELECT pg_temp.run('two', format('SELECT canvass.enter(%L, ''{anyone}'', ''M'')::text', tests.token('amira')));
SELECT is(pg_temp.run('two', format('SELECT canvass.replay(%L)::text', :'id')), '{"n": 1}', 'replay() gives the first answer');
SELECT isnt(pg_temp.run('two', 'SELECT pg_current_xact_id_if_assigned()::text'), '', 'and has written, so that it waits for the standby');
SELECT dblink_exec('two', 'COMMIT');
SELECT is((SELECT replays FROM request WHERE id = :'id'), 1, 'the replay is counted');

SELECT is(left(pg_temp.run('two', pg_temp.enter(:'id', 'other body')), 5), 'CV006', 'the same request_id with another body is refused');
SELECT is(left(pg_temp.run('two', pg_temp.enter(:'id', 'body', 'N')), 5), 'CV006', 'or for another method');
SELECT is(left(pg_temp.run('two', format('SELECT canvass.enter(%L, ''{anyone}'', ''M'', %L, ''body'')::text', tests.token('ben'), :'id')), 5), '',
          'another caller''s request_id is another one');

-- The first call failed: the second does the work.
SELECT uuid_v7() AS id \gset
SELECT dblink_exec('one', 'BEGIN');
SELECT pg_temp.run('one', pg_temp.enter(:'id', 'body'));
SELECT dblink_exec('two', 'BEGIN');
SELECT dblink_send_query('two', pg_temp.enter(:'id', 'body'));
SELECT dblink_exec('one', 'ROLLBACK');
SELECT is((SELECT r FROM dblink_get_result('two') AS x (r text)), '', 'after a failure the next one goes ahead');
SELECT count(*) FROM dblink_get_result('two') AS x (r text);
SELECT dblink_exec('two', 'COMMIT');

-- An answer that is not kept.
SELECT is(pg_temp.run('two', pg_temp.enter(:'id', 'body')) LIKE 'CV006 This was done %; its answer was shown once and is not kept.', true,
          'what was shown once is not shown again');

-- validate_only.
SELECT uuid_v7() AS id \gset
SELECT dblink_exec('one', 'BEGIN');
SELECT pg_temp.run('one', pg_temp.enter(:'id', 'body'));
SELECT is(pg_temp.run('one', 'SELECT canvass.check_only()::text'), 'CV101 Checked only; nothing was kept.', 'check_only() ends with CV101');
SELECT dblink_exec('one', 'ROLLBACK');
SELECT is((SELECT count(*) FROM request WHERE id = :'id'), 0::bigint, 'and nothing stays');

-- Reads leave no trace; writes move last_used once.
SELECT dblink_exec('one', 'BEGIN');
SELECT pg_temp.run('one', format('SELECT canvass.enter(%L, ''{anyone}'', ''M'')::text', tests.token('cara')));
SELECT is(pg_temp.run('one', 'SELECT pg_current_xact_id_if_assigned()::text'), '', 'a reading call writes nothing');
SELECT dblink_exec('one', 'COMMIT');
SELECT is((SELECT last_used FROM token WHERE hash = tests.token('cara')), NULL, 'not even when the token was used');
SELECT is((SELECT last_used FROM token WHERE hash = tests.token('amira')), london_today(), 'a writing call does');

-- Identity ends with the transaction.
SELECT is(pg_temp.run('one', 'SELECT count(*)::text FROM canvass.borough'), '0', 'the next transaction on the connection is nobody''s');

-- Purging.
UPDATE request SET created_at = now() - interval '40 days' WHERE answer IS NOT NULL;
SELECT ok(purge_requests('30 days') > 0, 'old answers can be purged');
SELECT is(tests.error($$ SELECT purge_requests('1 hour') $$), 'CV003 older: Answers are kept for a day at least.', 'but not too early');

SELECT dblink_disconnect(c) FROM unnest('{one,two}'::text[]) AS c;
DELETE FROM request;
UPDATE token SET last_used = NULL;
SELECT * FROM finish();
