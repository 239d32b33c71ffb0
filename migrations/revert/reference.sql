-- Revert canvass:reference from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION tidy_postcode(text);
DROP TABLE industry;
DROP TABLE occupation;
DROP TABLE postcode_sector;
DROP TABLE postcode;

COMMIT;
