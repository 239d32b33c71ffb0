-- Verify canvass:visit on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, borough_id, team_id, employer_id, at, generic, replaces_id FROM standing_visit WHERE false;
SELECT visit_id, client_id FROM visit_client WHERE false;
SELECT id, specialist_id, employer_id, at, cancelled_at, visit_id FROM plan WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('visit'::regclass, 'visit_client'::regclass, 'plan'::regclass,
                           'plan_client'::regclass)), 'row-level security';
    ASSERT NOT has_table_privilege('canvass_app', 'visit', 'UPDATE, DELETE, TRUNCATE'), 'append-only';
    ASSERT (SELECT count(*) = 2 FROM pg_trigger WHERE tgname = 'append_only'), 'append-only';
END
$$;

ROLLBACK;
