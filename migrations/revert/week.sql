-- Revert canvass:week from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION spans_of(jsonb, text);
DROP FUNCTION span_of(jsonb, text);
DROP FUNCTION span_bits(jsonb);
DROP FUNCTION said_span(jsonb);
DROP FUNCTION said_minute(integer);
DROP FUNCTION weekday_number(text);

COMMIT;
