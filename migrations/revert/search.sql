-- Revert canvass:search from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION search_employers(text, text, text, text, integer, integer, integer, integer, text);
DROP FUNCTION near_point(text);
DROP FUNCTION split_query(text);

COMMIT;
