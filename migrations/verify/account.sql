-- Verify canvass:account on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['create_team(jsonb)', 'create_specialist(jsonb)',
                             'issue_token(jsonb)', 'revoke_token(jsonb)', 'schema_version()'] LOOP
        ASSERT has_function_privilege('canvass_app', f, 'EXECUTE'), f;
    END LOOP;
END
$$;

ROLLBACK;
