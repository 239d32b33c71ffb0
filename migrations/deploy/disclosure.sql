-- Deploy canvass:disclosure to pg

-- What each client lets each employer know, and the card that says it before a contact. One
-- agreement stands for a client and an employer; another ends it. No row: nothing, and nobody calls.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- To be supported by a health service tells of health: what stands in letters, on the phone and in
-- a diary is this name. The owner sets it where a team is known by another one.
ALTER TABLE team
    ADD COLUMN known_as text NOT NULL DEFAULT 'Employment Support',
    ADD CONSTRAINT team_known_as_length CHECK (char_length(known_as) BETWEEN 1 AND 60);
COMMENT ON COLUMN team.known_as IS 'What employers know the team by: neutral words (DOMAIN.md section 5).';
COMMENT ON CONSTRAINT team_known_as_length ON team IS 'team.known_as: Keep the name to 60 characters.';

CREATE FUNCTION disclosure_json(d disclosure) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', d.id, 'client_id', saw_client(c.id), 'client_ref', c.ref, 'employer_id', d.employer_id,
            'employer', e.name, 'level', d.level, 'wording', d.wording, 'agreed_on', d.agreed_on,
            'recorded_by', d.recorded_by_name, 'recorded_at', d.recorded_at, 'ended_at', d.ended_at,
            'withdrawn', d.withdrawn))
          FROM client c CROSS JOIN employer e
         WHERE c.id = d.client_id AND e.id = d.employer_id);
END
$$;
COMMENT ON FUNCTION disclosure_json(disclosure) IS 'An agreement as message canvass.v1.Disclosure.';

CREATE FUNCTION card_say(level disclosure_level, wording text, service text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE level
    WHEN 'nothing' THEN ARRAY['What you would say on any visit: ask about the jobs and the business, for nobody in particular.']
    ELSE array_remove(ARRAY[
        CASE WHEN wording IS NOT NULL THEN format('In these words: "%s"', wording) END,
        format('That you ring from %s and help somebody with this job: hours, tasks, the first days.', service)], NULL) END;

CREATE FUNCTION card_dont_say(level disclosure_level) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE level
    WHEN 'nothing' THEN ARRAY['That you know this person, or that anybody supports them.',
                              'A name, initials or a reference.',
                              'Anything of health, benefits or the past.']
    WHEN 'may_call' THEN ARRAY['Anything of health, or why there is support.',
                               'Anything of benefits or the past.']
    WHEN 'partial' THEN ARRAY['More of health than the agreed words.',
                              'Anything of benefits or the past that is not in them.']
    ELSE ARRAY['More than what was agreed: if they ask on, ask the client first.'] END;

-- client and employer are known to the caller's side already: a client of another team has no card
-- that would differ from one of nobody.
CREATE FUNCTION disclosure_card(client uuid, employer uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client;
    e employer;
    d standing_disclosure;
    agreed disclosure_level;
    service text;
BEGIN
    SELECT * INTO c FROM client x WHERE x.id = disclosure_card.client;
    SELECT * INTO e FROM employer x WHERE x.id = standing_employer(disclosure_card.employer);
    SELECT * INTO d FROM standing_disclosure s WHERE s.client_id = c.id AND s.employer_id = e.id;
    service := (SELECT t.known_as FROM team t WHERE t.id = team());
    agreed := coalesce(d.level, 'nothing');
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'client_id', saw_client(c.id), 'client_ref', c.ref, 'employer_id', e.id, 'employer', e.name,
        'level', agreed, 'may_call', agreed >= 'may_call',
        'who', CASE WHEN agreed >= 'may_call' THEN coalesce(specialist_name(c.specialist_id), actor_name()) END,
        'service', service, 'agreed_on', d.agreed_on,
        'say', to_jsonb(card_say(agreed, d.wording, service)), 'dont_say', to_jsonb(card_dont_say(agreed))));
END
$$;
COMMENT ON FUNCTION disclosure_card(uuid, uuid) IS
    'The say/don''t-say card of a client and an employer, as message canvass.v1.DisclosureCard; the level is nothing where nothing was agreed.';

CREATE FUNCTION set_disclosure(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'disclosure', '{}');
    c client := client_of(m ->> 'client_id', m ->> 'client_ref', 'disclosure.client_id', 'disclosure.client_ref');
    d disclosure;
BEGIN
    -- The client's row is locked: of two agreements one comes after the other.
    c := client_to_change(c.id::text, 'disclosure.client_id', NULL);
    d.employer_id := employer_of(m ->> 'employer_id', 'disclosure.employer_id');
    d.level := (m ->> 'level')::disclosure_level;
    d.agreed_on := coalesce((m ->> 'agreed_on')::date, london_today());
    IF d.level IS NULL THEN
        PERFORM fail('CV003', 'disclosure.level', 'Say what this employer may know: nothing, that you may call, a part, or all of it.');
    END IF;
    PERFORM check_past_day(d.agreed_on, 'disclosure.agreed_on');
    UPDATE disclosure o SET ended_at = now()
     WHERE o.client_id = c.id AND o.employer_id = d.employer_id AND o.ended_at IS NULL;
    INSERT INTO disclosure (id, team_id, client_id, employer_id, level, wording, agreed_on, recorded_by, recorded_by_name)
        VALUES (chosen_id(m ->> 'id', 'disclosure.id'), c.team_id, c.id, d.employer_id, d.level,
                text_without_client(m ->> 'wording', 'disclosure.wording'), d.agreed_on, actor(), actor_name())
        RETURNING * INTO d;
    RETURN jsonb_build_object('disclosure', disclosure_json(d), 'card', disclosure_card(c.id, d.employer_id),
        'warnings', to_jsonb(CASE WHEN d.level < 'full' THEN text_warnings(d.wording) ELSE '{}' END));
END
$$;
COMMENT ON FUNCTION set_disclosure(jsonb) IS 'DisclosureService/SetDisclosure: the whole response.';

CREATE FUNCTION check_past_day(day date, field text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF day > london_today() THEN
        PERFORM fail('CV003', field, '%s lies in the future; give the day on which it happened.', said_date(day));
    ELSIF day < london_today() - 400 THEN
        PERFORM fail('CV003', field, '%s is more than 400 days ago.', said_date(day));
    END IF;
END
$$;
COMMENT ON FUNCTION check_past_day(date, text) IS 'CV003 for a day on which something happened that lies in the future, or more than 400 days back.';

-- Open to a discharged client, too: a word can always be taken back.
CREATE FUNCTION withdraw_disclosure(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_of(request ->> 'client_id', request ->> 'client_ref', 'client_id', 'client_ref');
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    d disclosure;
BEGIN
    PERFORM FROM client x WHERE x.id = c.id FOR NO KEY UPDATE;
    SELECT s.* INTO d FROM standing_disclosure s WHERE s.client_id = c.id AND s.employer_id = of_employer;
    IF d.id IS NULL THEN
        PERFORM fail('CV009', 'employer_id', 'Nothing was agreed for this employer that could be taken back: they may know nothing.');
    END IF;
    UPDATE disclosure o SET ended_at = now(), withdrawn = true
     WHERE o.client_id = c.id AND o.employer_id = of_employer AND o.ended_at IS NULL;
    SELECT * INTO d FROM disclosure o WHERE o.id = d.id;
    RETURN jsonb_build_object('disclosure', disclosure_json(d), 'card', disclosure_card(c.id, of_employer));
END
$$;
COMMENT ON FUNCTION withdraw_disclosure(jsonb) IS 'DisclosureService/WithdrawDisclosure: the whole response.';

CREATE FUNCTION get_card(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_of(request ->> 'client_id', request ->> 'client_ref', 'client_id', 'client_ref');
BEGIN
    RETURN disclosure_card(c.id, employer_of(request ->> 'employer_id', 'employer_id'));
END
$$;
COMMENT ON FUNCTION get_card(jsonb) IS 'DisclosureService/GetCard: the card.';

-- ---- the card in the answers about a door ----

-- As in change guard, with the card of the client in mind.
CREATE OR REPLACE FUNCTION plan_visit_guarded(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    answer jsonb := plan_visit(request);
    p plan := jsonb_populate_record(NULL::plan, answer -> 'plan');
    in_mind uuid := (answer #>> '{plan,client_id}')::uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('door %s %s', p.employer_id, london_day(p.at)), 0));
    RETURN answer || jsonb_build_object('door', door_json(p.employer_id, p.site_id, london_day(p.at)))
                  || CASE WHEN in_mind IS NULL THEN '{}' ELSE jsonb_build_object('card', disclosure_card(in_mind, p.employer_id)) END;
END
$$;

-- As in change guard, with the card of the client in mind, if one is named.
CREATE OR REPLACE FUNCTION check_door(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    site uuid := CASE WHEN tidy(request ->> 'site_id') IS NOT NULL
                      THEN site_of(request ->> 'site_id', of_employer, 'site_id') END;
    answer jsonb := jsonb_build_object('others', others_lately(of_employer),
                              'door', door_json(of_employer, site, london_day((request ->> 'at')::timestamptz)));
BEGIN
    IF num_nonnulls(tidy(request ->> 'client_id'), tidy(request ->> 'client_ref')) > 0 THEN
        answer := answer || jsonb_build_object('card', disclosure_card(
            (client_of(request ->> 'client_id', request ->> 'client_ref', 'client_id', 'client_ref')).id, of_employer));
    END IF;
    RETURN answer;
END
$$;

GRANT EXECUTE ON FUNCTION disclosure_json(disclosure), card_say(disclosure_level, text, text),
    card_dont_say(disclosure_level), disclosure_card(uuid, uuid), set_disclosure(jsonb),
    check_past_day(date, text), withdraw_disclosure(jsonb), get_card(jsonb) TO canvass_app;

COMMIT;
