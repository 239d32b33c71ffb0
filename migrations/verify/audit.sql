-- Verify canvass:audit on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, at, borough_id, team_id, actor, kind, method, request_id, clients, contacts, refusal FROM audit WHERE false;
SELECT borough_id, seq, audit_id, hash FROM audit_seal WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('audit'::regclass, 'audit_seal'::regclass, 'audit_pending'::regclass, 'audit_method'::regclass)),
        'row-level security';
    ASSERT NOT EXISTS (SELECT FROM unnest('{audit,audit_seal,audit_pending}'::text[]) AS t,
                                   unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS p
                        WHERE has_table_privilege('canvass_app', 'canvass.' || t, p)),
        'the application adds rows through functions alone';
END
$$;

ROLLBACK;
