-- Verify canvass:history on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT h.entry, h.next_page_token FROM history(NULL, 1, NULL) AS h WHERE false;
SELECT actor, request_id, of_actor, of_request_id, is_again FROM undo WHERE false;
SELECT withdrawn FROM standing_visit WHERE false;

DO $$
BEGIN
    ASSERT (SELECT count(*) FROM change_field f WHERE NOT EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = f.table_name::regclass AND a.attname = f.field)) = 0,
        'titles are of columns';
END
$$;

ROLLBACK;
