-- Revert canvass:guard from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP TRIGGER still_objects ON contact;
DROP FUNCTION contact_still_objects();
DROP FUNCTION clashes_of_mine(date), check_door(jsonb), open_contact_guarded(jsonb),
    record_visit_guarded(jsonb), plan_visit_guarded(jsonb), door_json(uuid, uuid, date),
    door_warnings(uuid, uuid, date), said_plan(text, text, timestamptz),
    others_planned(uuid, uuid, date, date), set_cool_off(jsonb), cool_off_on(uuid, date),
    unblock_employer(jsonb), block_employer(jsonb);
DROP INDEX plan_door;
DROP TRIGGER not_blocked ON plan;
DROP TRIGGER not_blocked ON contact_use;
DROP TRIGGER not_blocked ON contact_share;
DROP TRIGGER not_blocked ON contact_request;
DROP FUNCTION employer_not_blocked(), check_not_blocked(uuid, text), said_block(uuid), block_json(employer_block);
DROP TABLE cool_off, employer_block;
DROP FUNCTION employer_blocked_on();

CREATE OR REPLACE FUNCTION others_lately(employer uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(o.line ORDER BY o.at DESC, o.id DESC), '[]')
              FROM (SELECT v.at, v.id, jsonb_strip_nulls(jsonb_build_object(
                               'at', v.at, 'by', s.name, 'borough', b.name, 'mode', v.mode,
                               'stance', v.stance)) AS line
                      FROM standing_visit v
                      JOIN specialist s ON s.id = v.specialist_id
                      JOIN borough b ON b.id = v.borough_id
                     WHERE v.employer_id = employer AND v.specialist_id <> actor()
                       AND v.at > now() - interval '28 days'
                       AND has_role('specialist', 'lead')
                     ORDER BY v.at DESC, v.id DESC
                     LIMIT 5) AS o);
END
$$;

CREATE OR REPLACE FUNCTION opening_to_match(given uuid) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening;
BEGIN
    SELECT * INTO o FROM opening WHERE id = opening_to_match.given;
    IF o.id IS NULL THEN
        PERFORM fail('CV005', 'opening_id', 'There is no such opening.');
    ELSIF o.closed_at IS NOT NULL THEN
        PERFORM fail('CV009', 'opening_id', 'This opening was closed %s.', said_when(o.closed_at));
    ELSIF o.closes_on < london_today() THEN
        PERFORM fail('CV009', 'opening_id',
            'This opening''s closing date was %s. Give it a later one if the employer still looks.',
            said_date(o.closes_on));
    END IF;
    RETURN o.id;
END
$$;

UPDATE employer SET blocked_on = NULL WHERE blocked_on IS NOT NULL;

COMMIT;
