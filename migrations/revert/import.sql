-- Revert canvass:import from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION import_employers(jsonb);
DROP FUNCTION tidy_website(text);
DROP FUNCTION tidy_phone(text);
DROP FUNCTION tidy_sic(text);
DROP FUNCTION tidy_company_number(text);
DROP TYPE import_row;

COMMIT;
