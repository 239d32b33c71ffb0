-- Revert canvass:mended_policies from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION standing_employer(given uuid) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT m.kept_id FROM canvass.employer_merge m WHERE m.merged_id = given), given);

DROP TRIGGER id_of_another_team ON client;
DROP FUNCTION client_id_of_another_team();

COMMIT;
