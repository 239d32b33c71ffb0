-- Revert canvass:catalogue from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP TRIGGER catalogue_truncate ON relationship;
DROP TRIGGER catalogue_truncate ON opening;
DROP TRIGGER catalogue_changed ON relationship;
DROP TRIGGER catalogue ON relationship;
DROP TRIGGER catalogue ON site;
DROP TRIGGER catalogue ON employer;
DROP TRIGGER catalogue ON opening;
DROP FUNCTION openings_to_show(uuid[]);
DROP FUNCTION caller_audiences_packed(), caller_audiences();
DROP FUNCTION catalogue_tidy();
DROP FUNCTION catalogue_relations_since(text);
DROP FUNCTION catalogue_openings_since(text);
DROP FUNCTION catalogue_is_in_step(text, text);
DROP FUNCTION catalogue_look(text);
DROP FUNCTION catalogue_epoch();
DROP FUNCTION catalogue_blocks();
DROP FUNCTION catalogue_changes(pg_snapshot);
DROP FUNCTION catalogue_check(pg_snapshot);
DROP FUNCTION catalogue_note_truncate();
DROP FUNCTION catalogue_note();
DROP TABLE catalogue_kept;
DROP TABLE catalogue_change;
DROP VIEW catalogue_opening;
DROP VIEW catalogue_relation;
DROP VIEW catalogue_place;
DROP VIEW catalogue_employer;
DROP VIEW catalogue_job;
DROP TRIGGER audience ON opening;
DROP FUNCTION audience_note(), opening_audience(opening), audience_of(text[]);
DROP TABLE audience;
DROP FUNCTION borough_audience(text);

ALTER TABLE opening DROP COLUMN feature_bits;

COMMIT;
