-- Deploy canvass:client_id to pg

-- An id that the caller chose for a new client and that another team's client has was refused: so it
-- told that the client is there. Such a client now gets an id of its own, which the answer names, as
-- it would name the chosen one; an id that the own team's client has is refused as before.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE FUNCTION client_id_of_another_team() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM client c WHERE c.id = NEW.id AND c.team_id <> NEW.team_id) THEN
        NEW.id := uuid_v7();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION client_id_of_another_team() IS
    'An id that another team''s client has gives way to a new one, so that nobody learns that it is taken.';
CREATE TRIGGER id_of_another_team BEFORE INSERT ON client
    FOR EACH ROW EXECUTE FUNCTION client_id_of_another_team();

COMMIT;
