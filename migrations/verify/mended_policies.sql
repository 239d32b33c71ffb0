-- Verify canvass:mended_policies on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'client'::regclass AND tgname = 'id_of_another_team');
    ASSERT pg_get_viewdef('catalogue_opening'::regclass) LIKE '%opening_audience%', 'named boroughs are matched';
END
$$;

ROLLBACK;
