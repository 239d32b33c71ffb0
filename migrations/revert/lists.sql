-- Revert canvass:lists from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION locate(text, boolean, text);
DROP FUNCTION search_industries(text, integer);
DROP FUNCTION search_occupations(text, integer);
DROP FUNCTION load_industries(jsonb);
DROP FUNCTION load_occupations(jsonb);
DROP FUNCTION load_postcodes(jsonb);

COMMIT;
