-- Deploy canvass:requests to pg

-- Writes that are safe to repeat, and the preamble of every transaction.
--
-- enter() names the caller; given a request_id it also takes the row (actor, id). A second call
-- with the same id waits there until the first one ends, so an intended write happens once however
-- often it is sent. keep() stores the answer in the same transaction as the write. replay() gives
-- the kept answer and updates the row: an answer that only read would come back before the standby
-- has what it speaks of.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE request (
    actor       uuid NOT NULL REFERENCES specialist,
    id          uuid NOT NULL,
    method      text NOT NULL,
    body_hash   bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- NULL where the answer is not kept: it held a secret.
    answer      jsonb,
    replayed_at timestamptz,
    replays     integer NOT NULL DEFAULT 0,
    PRIMARY KEY (actor, id)
) WITH (fillfactor = 80);
CREATE INDEX request_created ON request USING brin (created_at);
COMMENT ON TABLE request IS 'Answers of writes by the caller''s request_id, so that a repeat gets the first answer.';

ALTER TABLE request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON request TO canvass_owner USING (true);

CREATE FUNCTION current_request() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('canvass.request', true), '')::uuid;
COMMENT ON FUNCTION current_request() IS 'The request that this transaction carries out; NULL for none.';

-- A token for one method is none for any other.
CREATE FUNCTION enter(token_hash bytea, roles_allowed text[], method text,
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
     WHERE t.hash = token_hash AND t.revoked_at IS NULL AND t.expires_at > now() AND s.active
       AND coalesce(t.method, enter.method) = enter.method;
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
COMMENT ON FUNCTION enter(bytea, text[], text, uuid, bytea) IS
    'Name the caller for this transaction: CV016 unknown token, CV007 role, CV006 request_id used otherwise, CV100 answer kept.';

CREATE FUNCTION keep(request_id uuid, answer jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF request_id IS NOT NULL THEN
        UPDATE request r SET answer = keep.answer
         WHERE r.actor = actor() AND r.id = request_id AND r.answer IS NULL;
    END IF;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION keep(uuid, jsonb) IS 'Keep the answer of this transaction''s request, and give it back.';

CREATE FUNCTION replay(request_id uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    kept jsonb;
BEGIN
    UPDATE request r SET replayed_at = now(), replays = replays + 1
     WHERE r.actor = actor() AND r.id = request_id
    RETURNING r.answer INTO kept;
    IF kept IS NULL THEN
        PERFORM fail('CV005', 'request_id', 'No answer is kept for this request_id.');
    END IF;
    RETURN kept;
END
$$;
COMMENT ON FUNCTION replay(uuid) IS
    'The kept answer. Writes, so that it waits for the standby as the first answer did.';

-- The last statement of a validate_only call: deferred checks run, nothing stays.
CREATE FUNCTION check_only() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM fail('CV101', '', 'Checked only; nothing was kept.');
END
$$;
COMMENT ON FUNCTION check_only() IS 'Run deferred checks, then undo everything by raising CV101.';

CREATE FUNCTION purge_requests(older interval) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n bigint;
BEGIN
    IF older IS NULL OR older < interval '1 day' THEN
        PERFORM fail('CV003', 'older', 'Answers are kept for a day at least.');
    END IF;
    DELETE FROM request WHERE created_at < now() - older;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;
COMMENT ON FUNCTION purge_requests(interval) IS 'Forget answers older than this; how many went. For the owner.';

GRANT EXECUTE ON FUNCTION current_request(), enter(bytea, text[], text, uuid, bytea), keep(uuid, jsonb),
    replay(uuid), check_only() TO canvass_app;

COMMIT;
