-- Revert canvass:helpers from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION normal_name(text);
DROP FUNCTION normal_of_folded(text);
DROP FUNCTION word_vector(text);
DROP FUNCTION folded(text);
DROP FUNCTION given_id(text, text);
DROP FUNCTION chosen_id(text, text);
DROP FUNCTION check_etag(text, bigint, text, text, timestamptz);
DROP FUNCTION mask_of(jsonb, text[]);
DROP FUNCTION said_when(timestamptz);
DROP FUNCTION london_today();
DROP FUNCTION page_key(text, integer);
DROP FUNCTION page_token(text[]);
DROP FUNCTION tidy(text);
DROP FUNCTION fail(text, text, text, text[]);
DROP FUNCTION uuid_v7();
DROP COLLATION natural_order;

COMMIT;
