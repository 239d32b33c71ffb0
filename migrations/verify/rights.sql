-- Verify canvass:rights on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, client_id, contact_id, reason, placed_at, released_at FROM hold WHERE false;
SELECT class, effective_from, keep, source FROM retention_rule WHERE false;
SELECT erased_at FROM client WHERE false;
SELECT erased_at FROM contact WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('hold'::regclass, 'retention_rule'::regclass)), 'row-level security';
    ASSERT (SELECT count(DISTINCT class) = 3 FROM retention_rule), 'a rule for every class';
    ASSERT NOT has_function_privilege('canvass_app', 'canvass.erase_client(uuid)', 'EXECUTE'), 'erasing goes through erase_person()';
END
$$;

ROLLBACK;
