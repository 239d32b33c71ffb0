-- Revert canvass:employer from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP TABLE relationship;
DROP TABLE objection;
DROP TABLE contact;
DROP TABLE employer_ref;
DROP TABLE site;
DROP TABLE employer;
DROP FUNCTION site_words_new();
DROP FUNCTION site_words(text, text, text, text[], text, text);
DROP FUNCTION employer_name_key();
DROP TYPE stance;
DROP TYPE stage;
DROP TYPE lawful_basis;
DROP TYPE disability_confident;

COMMIT;
