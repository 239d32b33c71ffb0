-- Verify canvass:change on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, xid, at, actor, actor_name, request_id, table_name, op, row_id, row_key, employer_id,
       client_id, borough_id, team_id, old, new
  FROM change WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('change'::regclass, 'change_table'::regclass)), 'row-level security';
    ASSERT (SELECT count(*) FROM pg_trigger WHERE tgfoid = 'change_keep'::regproc)
           = 3 * (SELECT count(*) FROM change_table), 'every table has its triggers';
    ASSERT NOT has_table_privilege('canvass_app', 'change', 'INSERT, UPDATE, DELETE, TRUNCATE'),
        'the application only reads';
END
$$;

ROLLBACK;
