-- Revert canvass:support_log from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION list_support_due(boolean, integer);
DROP FUNCTION add_support(jsonb);
DROP FUNCTION support_for(support, jsonb, client);
DROP FUNCTION check_may_call(client, uuid, text);
DROP FUNCTION support_json(support);

COMMIT;
