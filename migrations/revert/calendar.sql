-- Revert canvass:calendar from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DELETE FROM audit_method WHERE prefix = 'canvass.v1.CalendarService/';
DROP FUNCTION revoke_feed(jsonb), create_feed(jsonb), feed_json(uuid), calendar_method(), calendar_events(date, date),
    calendar_place(uuid), calendar_uid(calendar_kind, text);
DROP INDEX plan_diary;
DROP TYPE calendar_kind;

CREATE OR REPLACE FUNCTION enter(token_hash bytea, roles_allowed text[], method text,
                                 request_id uuid DEFAULT NULL, body_hash bytea DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    who record;
    kept record;
BEGIN
    SELECT t.id, t.specialist_id, t.last_used, s.team_id, s.borough_id, s.roles
      INTO who
      FROM token t JOIN specialist s ON s.id = t.specialist_id
     WHERE t.hash = token_hash AND t.revoked_at IS NULL AND t.expires_at > now() AND s.active;
    IF NOT FOUND THEN
        PERFORM fail('CV016', '', 'This token or certificate is not valid: it is unknown, has expired or was revoked. Log in again.');
    END IF;
    IF NOT (who.roles::text[] && roles_allowed OR 'anyone' = ANY (roles_allowed)) THEN
        PERFORM fail('CV007', '', 'This is for the role %s; yours: %s.',
                     array_to_string(roles_allowed, ' or '),
                     array_to_string(who.roles, ', '));
    END IF;
    PERFORM set_config('canvass.actor', who.specialist_id::text, true),
            set_config('canvass.team', who.team_id::text, true),
            set_config('canvass.borough', who.borough_id, true),
            set_config('canvass.roles', who.roles::text, true),
            set_config('canvass.request', coalesce(request_id::text, ''), true);
    IF request_id IS NULL THEN
        RETURN;
    END IF;

    INSERT INTO request (actor, id, method, body_hash)
        VALUES (who.specialist_id, enter.request_id, enter.method, enter.body_hash)
        ON CONFLICT (actor, id) DO NOTHING;
    IF NOT FOUND THEN
        SELECT r.method, r.body_hash, r.answer, r.created_at INTO STRICT kept
          FROM request r WHERE r.actor = who.specialist_id AND r.id = enter.request_id;
        IF kept.method <> enter.method OR kept.body_hash IS DISTINCT FROM enter.body_hash THEN
            PERFORM fail('CV006', 'request_id', 'This request_id was used %s for something else; make a new one.',
                         said_when(kept.created_at));
        ELSIF kept.answer IS NULL THEN
            PERFORM fail('CV006', 'request_id', 'This was done %s; its answer was shown once and is not kept.',
                         said_when(kept.created_at));
        END IF;
        PERFORM fail('CV100', 'request_id', 'The answer to this request is kept.');
    END IF;

    -- Writing calls alone move last_used, so a read stays a read; a neighbour that holds the row
    -- moves it too.
    IF who.last_used IS DISTINCT FROM london_today() THEN
        UPDATE token SET last_used = london_today()
         WHERE id = (SELECT t.id FROM token t WHERE t.id = who.id FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
END
$$;

-- What may call one method would otherwise call them all.
DELETE FROM token WHERE method IS NOT NULL;
ALTER TABLE token DROP COLUMN method;

COMMIT;
