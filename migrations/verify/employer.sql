-- Verify canvass:employer on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, name, name_key, refs, open_sites, version FROM employer WHERE false;
SELECT id, employer_id, address, postcode, easting, northing, words, version FROM site WHERE false;
SELECT source, ref, employer_id, site_id, row_hash FROM employer_ref WHERE false;
SELECT id, employer_id, borough_id, name, source, basis, objected_on FROM contact WHERE false;
SELECT employer_id, borough_id, stage, lead_id, next_touch_at FROM relationship WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('employer'::regclass, 'site'::regclass, 'employer_ref'::regclass,
                           'contact'::regclass, 'objection'::regclass, 'relationship'::regclass)),
           'row-level security';
    ASSERT NOT has_table_privilege('canvass_app', 'objection', 'SELECT'), 'objections';
END
$$;

ROLLBACK;
