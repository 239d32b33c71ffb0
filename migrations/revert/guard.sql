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

CREATE OR REPLACE FUNCTION targets_of(c client, day date, reach integer)
RETURNS TABLE (employer_id uuid, name text, sic text, site_id uuid, postcode text, borough_id text,
               metres integer, score integer, reasons jsonb, stage stage, stance stance,
               next_step text, is_due boolean, role text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH weight AS MATERIALIZED (
            SELECT jsonb_object_agg(d.name, d.value) AS w FROM match_default d
        ), wish AS MATERIALIZED (
            SELECT coalesce((SELECT sectors FROM client_wishes WHERE client_id = c.id), '{}') AS sectors,
                   coalesce((SELECT excluded_sic FROM client_constraints WHERE client_id = c.id), '{}') AS excluded,
                   (SELECT o.title FROM client_occupation w JOIN occupation o ON o.code = w.soc
                     WHERE w.client_id = c.id ORDER BY w.weight DESC, w.position LIMIT 1) AS role
        ), near AS (
            SELECT DISTINCT ON (s.employer_id) s.employer_id, s.id AS site_id, s.postcode, s.borough_id,
                   m.metres
              FROM site s
              CROSS JOIN LATERAL (
                   SELECT ceil(sqrt((s.easting - c.home_easting)::float8 ^ 2
                                    + (s.northing - c.home_northing)::float8 ^ 2))::integer AS metres) AS m
             WHERE NOT s.closed
               AND CASE WHEN c.home_easting IS NULL THEN s.borough_id = borough()
                        ELSE s.easting BETWEEN c.home_easting - reach AND c.home_easting + reach
                             AND s.northing BETWEEN c.home_northing - reach AND c.home_northing + reach
                             AND m.metres <= reach END
             ORDER BY s.employer_id, m.metres, s.id
        ), known AS (
            SELECT n.*, e.name, e.sic, r.stage, r.stance, r.next_step, r.next_touch_at,
                   london_day(r.next_touch_at) <= targets_of.day + (weight.w ->> 'target_due_days')::integer AS is_due,
                   (SELECT x FROM unnest(wish.sectors) AS x WHERE starts_with(e.sic, x)
                     ORDER BY length(x) DESC LIMIT 1) AS sector,
                   past.title AS past_title, past.weight AS past_weight, wish.role, weight.w
              FROM near n
              JOIN employer e ON e.id = n.employer_id
              CROSS JOIN weight CROSS JOIN wish
              LEFT JOIN relationship r ON r.employer_id = e.id AND r.borough_id = borough()
              LEFT JOIN LATERAL (
                   SELECT o.title, w.weight FROM opening o JOIN client_occupation w ON starts_with(o.soc, w.soc)
                    WHERE o.employer_id = e.id AND w.client_id = c.id
                    ORDER BY w.weight DESC, o.created_at DESC, o.id LIMIT 1) AS past ON true
             WHERE r.stance IS DISTINCT FROM 'declined'
               AND NOT EXISTS (SELECT FROM unnest(wish.excluded) AS x WHERE starts_with(e.sic, x))
               AND NOT EXISTS (SELECT FROM opening o
                                WHERE o.employer_id = e.id AND o.closed_at IS NULL
                                  AND coalesce(o.closes_on, 'infinity') >= targets_of.day)
        ), judged AS (
            SELECT k.*, coalesce(20 * k.past_weight, 0) AS occupation_points,
                   CASE WHEN k.sector IS NULL THEN 0 ELSE 100 END AS sector_points,
                   CASE WHEN k.is_due THEN 100 ELSE 0 END AS due_points,
                   CASE WHEN k.metres IS NULL THEN 0 ELSE 100 - 100 * k.metres / greatest(reach, 1) END AS near_points,
                   coalesce((k.w ->> ('stance_' || k.stance::text))::integer, 0) AS stance_points,
                   20 * coalesce(array_position(enum_range(NULL::stage), k.stage), 0) AS track_points
              FROM known k
        ), best AS (
            SELECT j.*, occupation_points * (w ->> 'target_occupation')::integer
                        + sector_points * (w ->> 'target_sector')::integer
                        + due_points * (w ->> 'target_due')::integer
                        + near_points * (w ->> 'target_nearness')::integer
                        + stance_points * (w ->> 'target_stance')::integer
                        + track_points * (w ->> 'target_track_record')::integer AS score
              FROM judged j
             ORDER BY score DESC, metres, employer_id
             LIMIT 300
        )
        SELECT b.employer_id, b.name, b.sic, b.site_id, b.postcode, b.borough_id, b.metres, b.score,
               (SELECT coalesce(jsonb_agg(r) FILTER (WHERE r IS NOT NULL), '[]') FROM unnest(ARRAY[
                   target_reason('occupation', occupation_points, 'target_occupation',
                                 'Had an opening like it: ' || b.past_title),
                   target_reason('sector', sector_points, 'target_sector',
                                 CASE WHEN b.sector IS NOT NULL THEN
                                 (SELECT format('Works in a wished sector: %s', i.title) FROM industry i WHERE i.code = b.sic) END),
                   target_reason('due', due_points, 'target_due',
                                 CASE WHEN b.is_due THEN format('The next touch is due %s',
                                      said_day(london_day(b.next_touch_at), targets_of.day)) END),
                   target_reason('nearness', near_points, 'target_nearness',
                                 said_metres(b.metres) || ' in a straight line'),
                   target_reason('stance', stance_points, 'target_stance',
                                 CASE WHEN b.stance IS NOT NULL THEN
                                 format('The employer is %s', b.stance) END),
                   target_reason('track_record', track_points, 'target_track_record',
                                 CASE b.stage WHEN 'fair' THEN 'Known to your borough'
                                              WHEN 'hired' THEN 'Hired once or twice'
                                              WHEN 'regular' THEN 'Hires regularly'
                                              WHEN 'responsive' THEN 'Hires and gives feedback'
                                              WHEN 'supporter' THEN 'Has long supported this work' END)]) AS r),
               b.stage, b.stance, b.next_step, coalesce(b.is_due, false), b.role
          FROM best b
         ORDER BY b.score DESC, b.metres, b.employer_id;
END
$$;

CREATE OR REPLACE VIEW catalogue_employer AS
    SELECT e.ctid AS at, e.id, e.sic,
           e.living_wage AND coalesce(e.living_wage_until, 'infinity') >= (SELECT london_today()) AS living_wage,
           CASE WHEN coalesce(e.disability_confident_until, 'infinity') >= (SELECT london_today())
                THEN e.disability_confident END AS disability_confident
      FROM employer e
     WHERE (SELECT actor() IS NULL);

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

DROP TRIGGER catalogue_blocked ON employer;
ALTER TABLE employer DROP COLUMN blocked_on;

COMMIT;
