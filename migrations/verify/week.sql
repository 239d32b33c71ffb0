-- Verify canvass:week on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
DECLARE
    bits bytea := span_bits('[{"weekday": "sunday", "start_minute": 1410, "end_minute": 1470}]');
BEGIN
    ASSERT octet_length(bits) = 42 AND get_bit(bits, 335) = 1 AND get_bit(bits, 0) = 1,
           'Sunday runs into Monday';
    ASSERT span_bits('[]') IS NULL, 'no pattern';
END
$$;

ROLLBACK;
