-- Revert canvass:timeline from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION timeline(uuid, integer, text);
DROP FUNCTION said_visit(visit, text, text, boolean, text, text);

COMMIT;
