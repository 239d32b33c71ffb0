-- Verify canvass:timeline on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT has_function_privilege('canvass_app', 'timeline(uuid, integer, text)', 'EXECUTE');
END
$$;

ROLLBACK;
