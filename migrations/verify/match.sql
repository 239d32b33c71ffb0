-- Verify canvass:match on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT name, value, says FROM match_default WHERE false;

DO $$
BEGIN
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class
             WHERE oid = 'match_default'::regclass), 'row-level security';
    ASSERT feature_bits('{nights,noise}') = (1 << 1) | (1 << 10), 'numbered as in the message';
END
$$;

ROLLBACK;
