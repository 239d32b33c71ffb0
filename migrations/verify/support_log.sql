-- Verify canvass:support_log on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT has_function_privilege('canvass_app', 'add_support(jsonb)', 'EXECUTE'), 'support is recorded';
    ASSERT NOT has_any_column_privilege('canvass_app', 'support', 'UPDATE'), 'what was recorded stays';
END
$$;

ROLLBACK;
