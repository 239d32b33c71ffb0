-- Verify canvass:import on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT has_function_privilege('canvass_app', 'import_employers(jsonb)', 'EXECUTE');
    ASSERT tidy_company_number('1234567') = '01234567' AND tidy_sic('56.102') = '56102';
END
$$;

ROLLBACK;
