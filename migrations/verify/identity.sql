-- Verify canvass:identity on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, borough_id, name FROM team WHERE false;
SELECT id, name, email, team_id, borough_id, roles, active FROM specialist WHERE false;
SELECT id, hash, specialist_id, label, expires_at, revoked_at, last_used FROM token WHERE false;

DO $$
BEGIN
    ASSERT (SELECT count(*) = 33 FROM borough), 'boroughs';
    ASSERT actor() IS NULL AND NOT has_role('specialist', 'lead', 'administrator', 'auditor');
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('borough'::regclass, 'team'::regclass, 'specialist'::regclass,
                           'token'::regclass)), 'row-level security';
    ASSERT NOT has_column_privilege('canvass_app', 'token', 'hash', 'SELECT'), 'hash';
END
$$;

ROLLBACK;
