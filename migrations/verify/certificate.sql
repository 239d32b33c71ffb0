-- Verify canvass:certificate on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT has_function_privilege('canvass_app', 'register_certificate(jsonb)', 'EXECUTE');
    ASSERT has_column_privilege('canvass_app', 'token', 'certificate', 'SELECT');
    ASSERT NOT has_column_privilege('canvass_app', 'token', 'hash', 'SELECT');
END
$$;

ROLLBACK;
