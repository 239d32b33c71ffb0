-- Revert canvass:requests from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION purge_requests(interval);
DROP FUNCTION check_only();
DROP FUNCTION replay(uuid);
DROP FUNCTION keep(uuid, jsonb);
DROP FUNCTION enter(bytea, text[], text, uuid, bytea), current_request();
DROP TABLE request;

COMMIT;
