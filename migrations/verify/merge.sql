-- Verify canvass:merge on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT merged_id, kept_id, name, at, by_id, by_name FROM employer_merge WHERE false;
SELECT standing_employer(NULL);

DO $$
BEGIN
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class
             WHERE oid = 'employer_merge'::regclass), 'row-level security';
    ASSERT NOT has_table_privilege('canvass_app', 'employer_merge', 'INSERT, UPDATE, DELETE, TRUNCATE'),
        'merge_employers() alone writes';
END
$$;

ROLLBACK;
