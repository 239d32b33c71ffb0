-- Deploy canvass:text to pg

-- No client in a text that others read, whichever way it comes: what visits, plans and lessons ask
-- for in their functions, rows of the registry ask for here, when they are written.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- Arguments: the message whose fields the columns are, and the columns.
CREATE FUNCTION no_client_in_text() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
DECLARE
    written jsonb := to_jsonb(NEW);
    stood jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) END;
BEGIN
    FOR i IN 1 .. TG_NARGS - 1 LOOP
        IF written ->> TG_ARGV[i] IS DISTINCT FROM stood ->> TG_ARGV[i] THEN
            PERFORM text_without_client(written ->> TG_ARGV[i], format('%s.%s', TG_ARGV[0], TG_ARGV[i]));
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION no_client_in_text() IS 'Refuse a text that holds a reference of a client of the caller''s team.';

CREATE TRIGGER no_client BEFORE INSERT OR UPDATE OF about ON employer FOR EACH ROW
    WHEN (NEW.about IS NOT NULL) EXECUTE FUNCTION no_client_in_text('employer', 'about');
CREATE TRIGGER no_client BEFORE INSERT OR UPDATE OF job, source ON contact FOR EACH ROW
    EXECUTE FUNCTION no_client_in_text('contact', 'job', 'source');
CREATE TRIGGER no_client BEFORE INSERT OR UPDATE OF next_step ON relationship FOR EACH ROW
    WHEN (NEW.next_step IS NOT NULL) EXECUTE FUNCTION no_client_in_text('relationship', 'next_step');
CREATE TRIGGER no_client BEFORE INSERT OR UPDATE OF title, notes ON opening FOR EACH ROW
    EXECUTE FUNCTION no_client_in_text('opening', 'title', 'notes');

GRANT EXECUTE ON FUNCTION no_client_in_text() TO canvass_app;

COMMIT;
