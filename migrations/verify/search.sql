-- Verify canvass:search on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT has_function_privilege('canvass_app',
    'search_employers(text, text, text, text, integer, integer, integer, integer, text)', 'EXECUTE');
-- Nobody finds nothing.
SELECT 1 / (count(*) = 0)::integer
  FROM search_employers('a', NULL, NULL, NULL, NULL, NULL, NULL, 10, NULL);

ROLLBACK;
