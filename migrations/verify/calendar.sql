-- Verify canvass:calendar on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT uid, kind, title, location, at, ends_at, first_on, last_on, cancelled, modified_at
  FROM calendar_events('2026-11-30', '2026-12-01') WHERE false;

DO $$
BEGIN
    ASSERT has_column_privilege('canvass_app', 'token', 'method', 'SELECT');
    ASSERT NOT has_column_privilege('canvass_app', 'token', 'method', 'UPDATE');
    ASSERT (SELECT prosrc LIKE '%coalesce(t.method, enter.method) = enter.method%' FROM pg_proc
             WHERE oid = 'enter(bytea, text[], text, uuid, bytea)'::regprocedure), 'a token for one method calls no other';
END
$$;

ROLLBACK;
