-- Verify canvass:text on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT (SELECT count(*) FROM pg_trigger WHERE tgname = 'no_client') = 4, 'texts of the registry name no client';
END
$$;

ROLLBACK;
