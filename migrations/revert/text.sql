-- Revert canvass:text from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP TRIGGER no_client ON employer;
DROP TRIGGER no_client ON contact;
DROP TRIGGER no_client ON relationship;
DROP TRIGGER no_client ON opening;
DROP FUNCTION no_client_in_text();

CREATE OR REPLACE FUNCTION text_without_client(given text, field text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    named text;
BEGIN
    SELECT c.ref INTO named FROM client c
     WHERE upper(given) ~ ('(^|[^A-Z0-9-])' || c.ref || '($|[^A-Z0-9-])') LIMIT 1;
    IF named IS NOT NULL THEN
        PERFORM fail('CV003', field,
                     'Leave %s out of this text: colleagues who do not support the client read '
                     'it. Name the client in client_id.', named);
    END IF;
    RETURN tidy(given);
END
$$;

COMMIT;
