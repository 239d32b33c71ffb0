-- Verify canvass:opening on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, borough_id, employer_id, soc, shifts, shift_bits, network, seen_by, version, opening_is_seen(o)
  FROM opening o WHERE false;

DO $$
BEGIN
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class
             WHERE oid = 'opening'::regclass), 'row-level security';
    ASSERT NOT has_table_privilege('canvass_app', 'opening', 'DELETE'), 'openings are closed, not deleted';
END
$$;

ROLLBACK;
