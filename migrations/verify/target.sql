-- Verify canvass:target on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT has_function_privilege('canvass_app', 'suggest_targets(jsonb)', 'execute');

DO $$
BEGIN
    ASSERT (SELECT count(*) = 9 FROM match_default WHERE name LIKE 'target\_%'), 'weights as data';
END
$$;

ROLLBACK;
