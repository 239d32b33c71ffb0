-- Revert canvass:opening from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION close_opening(jsonb);
DROP FUNCTION update_opening(jsonb);
DROP FUNCTION opening_to_change(text, text, text);
DROP FUNCTION create_opening(jsonb);
DROP FUNCTION opening_paths();
DROP FUNCTION opening_with(opening, jsonb, text[]);
DROP FUNCTION features_of(jsonb);
DROP FUNCTION opening_json(opening), places_taken(opening), boroughs_of(jsonb, text), opening_is_seen(opening);
DROP FUNCTION site_of(text, uuid, text);
DROP FUNCTION employer_of(text, text);
DROP FUNCTION soc_of(text, text, boolean);
DROP FUNCTION occupation_title(text);
DROP FUNCTION said_tenths(integer);
DROP FUNCTION said_trial(trial_kind);
DROP TABLE opening;
DROP FUNCTION opening_rules();
DROP TYPE job_feature;
DROP TYPE check_level;
DROP TYPE driving;

COMMIT;
