-- Revert canvass:disclosure from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION plan_visit_guarded(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    answer jsonb := plan_visit(request);
    p plan := jsonb_populate_record(NULL::plan, answer -> 'plan');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('door %s %s', p.employer_id, london_day(p.at)), 0));
    RETURN answer || jsonb_build_object('door', door_json(p.employer_id, p.site_id, london_day(p.at)));
END
$$;

CREATE OR REPLACE FUNCTION check_door(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_employer uuid := employer_of(request ->> 'employer_id', 'employer_id');
    site uuid := CASE WHEN tidy(request ->> 'site_id') IS NOT NULL
                      THEN site_of(request ->> 'site_id', of_employer, 'site_id') END;
BEGIN
    RETURN jsonb_build_object('others', others_lately(of_employer),
                              'door', door_json(of_employer, site, london_day((request ->> 'at')::timestamptz)));
END
$$;

DROP FUNCTION get_card(jsonb), withdraw_disclosure(jsonb), check_past_day(date, text), set_disclosure(jsonb),
    disclosure_card(uuid, uuid), card_dont_say(disclosure_level), card_say(disclosure_level, text, text),
    disclosure_json(disclosure);
ALTER TABLE team DROP COLUMN known_as;

COMMIT;
