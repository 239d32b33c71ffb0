-- Revert canvass:match from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION opening_to_match(uuid);
DROP FUNCTION client_to_match(text, text);
DROP FUNCTION feature_bits(job_feature[]);
DROP TABLE match_default;

COMMIT;
