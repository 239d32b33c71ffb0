-- Verify canvass:audiences on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT caller_audiences_packed();

DO $$
BEGIN
    ASSERT pg_get_viewdef('catalogue_opening'::regclass) LIKE '%opening_audience%', 'the audience of named boroughs';
END
$$;

ROLLBACK;
