-- Revert canvass:today from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION today(date, integer);
DROP FUNCTION said_day(date, date);
DROP TYPE today_kind;

COMMIT;
