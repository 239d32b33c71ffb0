-- Verify canvass:client_id on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'client'::regclass AND tgname = 'id_of_another_team');
END
$$;

ROLLBACK;
