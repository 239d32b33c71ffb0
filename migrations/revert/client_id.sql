-- Revert canvass:client_id from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP TRIGGER id_of_another_team ON client;
DROP FUNCTION client_id_of_another_team();

COMMIT;
