-- Verify canvass:day on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT kind, at, employer, sentence, whole_day, metres FROM day_list(NULL, 0, NULL) WHERE false;

DO $$
BEGIN
    ASSERT has_function_privilege('canvass_app', 'day_lines(date, integer)', 'EXECUTE');
    ASSERT to_regprocedure('today(date, integer)') IS NULL, 'one list of the day';
END
$$;

ROLLBACK;
