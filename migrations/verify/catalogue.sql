-- Verify canvass:catalogue on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, xid, opening_id, employer_id, borough_id FROM catalogue_change WHERE false;
SELECT o.id FROM catalogue_openings(NULL, 1) AS o WHERE false;
SELECT r.employer_id FROM catalogue_relations(NULL, NULL, 1) AS r WHERE false;
SELECT o.opening_id FROM openings_to_show('{}') AS o WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('catalogue_change'::regclass, 'catalogue_kept'::regclass)), 'row-level security';
    ASSERT (SELECT count(*) FROM catalogue_kept) <= 1, 'one row';
END
$$;

ROLLBACK;
