-- Verify canvass:requests on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT actor, id, method, body_hash, created_at, answer, replayed_at FROM request WHERE false;

DO $$
BEGIN
    ASSERT NOT has_table_privilege('canvass_app', 'request', 'SELECT'), 'kept answers';
    ASSERT has_function_privilege('canvass_app', 'enter(bytea, text[], text, uuid, bytea)', 'EXECUTE');
    ASSERT NOT has_function_privilege('canvass_app', 'purge_requests(interval)', 'EXECUTE');
END
$$;

ROLLBACK;
