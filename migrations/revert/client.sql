-- Revert canvass:client from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION discharge_client(jsonb);
DROP FUNCTION resume_client(jsonb);
DROP FUNCTION pause_client(jsonb);
DROP FUNCTION set_unavailable(jsonb);
DROP FUNCTION set_constraints(jsonb);
DROP FUNCTION set_wishes(jsonb);
DROP FUNCTION put_unavailable(uuid, jsonb, text);
DROP FUNCTION put_constraints(uuid, jsonb, text);
DROP FUNCTION put_wishes(uuid, jsonb, text);
DROP FUNCTION codes_of(jsonb, integer, text);
DROP FUNCTION update_client(jsonb);
DROP FUNCTION create_client(jsonb);
DROP FUNCTION specialist_of_team(text, text);
DROP FUNCTION client_home(client, text);
DROP FUNCTION tidy_home(text);
DROP FUNCTION client_changed(uuid);
DROP FUNCTION client_to_change(text, text, text);
DROP FUNCTION client_of(text, text, text, text);
DROP FUNCTION client_json(client, boolean);
DROP FUNCTION saw_client(uuid);
DROP TABLE client_pause;
DROP TABLE client_unavailable;
DROP TABLE client_constraints;
DROP TABLE client_wishes;
DROP TABLE client_occupation;
DROP TABLE client;
DROP FUNCTION is_nhs_number(text);
DROP TYPE unavailable_kind;
DROP TYPE discharge_reason;
DROP TYPE client_status;

COMMIT;
