-- Verify canvass:guard on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT employer_id, reason, said_on, lifted_at FROM employer_block WHERE false;
SELECT employer_id, days, from_on, until_on FROM cool_off WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('employer_block'::regclass, 'cool_off'::regclass)), 'row-level security';
    ASSERT (SELECT count(*) FROM pg_trigger WHERE tgname = 'not_blocked') = 4, 'a block is enforced';
END
$$;

ROLLBACK;
