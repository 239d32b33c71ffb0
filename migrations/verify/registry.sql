-- Verify canvass:registry on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['create_employer(jsonb)', 'update_employer(jsonb)', 'add_site(jsonb)',
                             'update_site(jsonb)', 'add_contact(jsonb)', 'update_contact(jsonb)',
                             'update_relationship(jsonb)'] LOOP
        ASSERT has_function_privilege('canvass_app', f, 'EXECUTE'), f;
    END LOOP;
END
$$;

ROLLBACK;
