-- Verify canvass:lists on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['load_postcodes(jsonb)', 'load_occupations(jsonb)',
                             'load_industries(jsonb)', 'search_occupations(text, integer)',
                             'search_industries(text, integer)',
                             'locate(text, boolean, text)'] LOOP
        ASSERT has_function_privilege('canvass_app', f, 'EXECUTE'), f;
    END LOOP;
END
$$;

ROLLBACK;
