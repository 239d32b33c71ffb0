-- Verify canvass:today on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT kind, at, employer, sentence, whole_day FROM today(NULL, 0);

ROLLBACK;
