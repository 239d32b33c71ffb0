-- Revert canvass:text from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP TRIGGER no_client ON employer;
DROP TRIGGER no_client ON contact;
DROP TRIGGER no_client ON relationship;
DROP TRIGGER no_client ON opening;
DROP FUNCTION no_client_in_text();

COMMIT;
