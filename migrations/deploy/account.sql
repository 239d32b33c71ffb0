-- Deploy canvass:account to pg

-- Who may add whom: an administrator anybody anywhere; a lead specialists and leads of the own
-- team. The policies of change identity say the same; here it becomes a sentence.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE FUNCTION team_json(t team) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
    'id', t.id, 'borough_id', t.borough_id, 'name', t.name,
    'borough', (SELECT b.name FROM borough b WHERE b.id = t.borough_id));

CREATE FUNCTION specialist_json(s specialist) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
    'id', s.id, 'name', s.name, 'email', s.email, 'team_id', s.team_id,
    'team', (SELECT t.name FROM team t WHERE t.id = s.team_id),
    'borough_id', s.borough_id,
    'borough', (SELECT b.name FROM borough b WHERE b.id = s.borough_id),
    'roles', to_jsonb(s.roles), 'active', s.active);

CREATE FUNCTION create_team(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    made team;
BEGIN
    INSERT INTO team (id, borough_id, name)
        VALUES (chosen_id(request #>> '{team,id}', 'team.id'),
                coalesce(request #>> '{team,borough_id}', ''),
                coalesce(tidy(request #>> '{team,name}'), ''))
        RETURNING * INTO made;
    RETURN jsonb_build_object('team', team_json(made));
END
$$;
COMMENT ON FUNCTION create_team(jsonb) IS 'CreateTeamRequest -> CreateTeamResponse.';

CREATE FUNCTION create_specialist(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    person jsonb := request -> 'specialist';
    into_team team;
    wanted role[];
    made specialist;
BEGIN
    SELECT * INTO into_team FROM team t
     WHERE t.id = given_id(person ->> 'team_id', 'specialist.team_id');
    IF NOT FOUND THEN
        PERFORM fail('CV009', 'specialist.team_id', 'There is no such team.');
    END IF;
    wanted := ARRAY(SELECT DISTINCT jsonb_array_elements_text(
        coalesce(nullif(person -> 'roles', 'null'), '[]'))::role ORDER BY 1);
    IF NOT has_role('administrator') THEN
        IF into_team.id IS DISTINCT FROM team() THEN
            PERFORM fail('CV007', 'specialist.team_id', 'A lead adds people to the own team; ask an administrator for another.');
        ELSIF NOT wanted <@ '{specialist,lead}' THEN
            PERFORM fail('CV007', 'specialist.roles', 'A lead adds specialists and leads; ask an administrator for other roles.');
        END IF;
    END IF;
    INSERT INTO specialist (id, name, email, team_id, borough_id, roles)
        VALUES (chosen_id(person ->> 'id', 'specialist.id'),
                coalesce(tidy(person ->> 'name'), ''), coalesce(tidy(person ->> 'email'), ''),
                into_team.id, into_team.borough_id, wanted)
        RETURNING * INTO made;
    RETURN jsonb_build_object('specialist', specialist_json(made));
END
$$;
COMMENT ON FUNCTION create_specialist(jsonb) IS 'CreateSpecialistRequest -> CreateSpecialistResponse.';

CREATE FUNCTION token_json(token_id uuid) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', t.id, 'specialist_id', t.specialist_id, 'label', t.label,
            'created_at', t.created_at, 'expires_at', t.expires_at,
            'revoked_at', t.revoked_at, 'last_used', t.last_used))
          FROM token t WHERE t.id = token_id);

CREATE FUNCTION issue_token(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    holder uuid := coalesce(nullif(request ->> 'specialist_id', ''), actor()::text)::uuid;
    made uuid := uuid_v7();
    days integer := coalesce(nullif((request ->> 'days')::integer, 0), 90);
    -- 32 random bytes are 43 characters of base64url.
    secret text := 'cvt_' || translate(encode(gen_random_bytes(32), 'base64'), '+/=', '-_');
BEGIN
    IF holder <> actor() AND NOT has_role('administrator') THEN
        PERFORM fail('CV007', 'specialist_id', 'Only an administrator makes tokens for somebody else.');
    ELSIF days NOT BETWEEN 1 AND 400 THEN
        PERFORM fail('CV003', 'days', 'A token lasts 1 to 400 days.');
    ELSIF NOT EXISTS (SELECT FROM specialist s WHERE s.id = holder AND s.active) THEN
        PERFORM fail('CV005', 'specialist_id', 'There is no such specialist.');
    END IF;
    INSERT INTO token (id, hash, specialist_id, label, created_by, expires_at)
        VALUES (made, sha256(convert_to(secret, 'UTF8')), holder,
                coalesce(tidy(request ->> 'label'), ''), actor(), now() + make_interval(days => days));
    RETURN jsonb_build_object('token', token_json(made), 'secret', secret);
END
$$;
COMMENT ON FUNCTION issue_token(jsonb) IS 'IssueTokenRequest -> IssueTokenResponse, with the secret in it: its answer is not kept.';

CREATE FUNCTION revoke_token(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    wanted uuid := given_id(request ->> 'token_id', 'token_id');
BEGIN
    -- Revoked twice, it keeps the first moment.
    UPDATE token SET revoked_at = coalesce(revoked_at, now()) WHERE id = wanted;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'token_id', 'You have no such token.');
    END IF;
    RETURN jsonb_build_object('token', token_json(wanted));
END
$$;
COMMENT ON FUNCTION revoke_token(jsonb) IS 'RevokeTokenRequest -> RevokeTokenResponse.';

-- The newest deployed change, for people who report a fault.
CREATE FUNCTION schema_version() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF to_regclass('sqitch.changes') IS NULL THEN
        RETURN '';
    END IF;
    RETURN (SELECT change FROM sqitch.changes ORDER BY committed_at DESC LIMIT 1);
END
$$;

GRANT EXECUTE ON FUNCTION team_json(team), specialist_json(specialist), create_team(jsonb),
    create_specialist(jsonb), token_json(uuid), issue_token(jsonb), revoke_token(jsonb),
    schema_version() TO canvass_app;

COMMIT;
