-- Revert canvass:account from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION schema_version();
DROP FUNCTION revoke_token(jsonb);
DROP FUNCTION issue_token(jsonb);
DROP FUNCTION token_json(uuid);
DROP FUNCTION create_specialist(jsonb);
DROP FUNCTION create_team(jsonb);
DROP FUNCTION specialist_json(specialist);
DROP FUNCTION team_json(team);

COMMIT;
