-- Revert canvass:target from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION suggest_targets(jsonb);
DROP FUNCTION targets_of(client, date, integer);
DROP FUNCTION target_purpose(stage, stance, text, text);
DROP FUNCTION target_reason(text, integer, text, text);
DROP FUNCTION said_metres(integer);
DROP FUNCTION seen_lately(uuid, timestamptz);
DELETE FROM match_default WHERE name LIKE 'target\_%';

COMMIT;
