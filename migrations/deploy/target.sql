-- Deploy canvass:target to pg

-- Whom to canvass next with one client in mind: employers without a live opening, ranked by what is
-- known of them (DOMAIN.md section 1, items 16 and 17; section 7, features 1 and 10). Ranked here and
-- not in the engine, because it reads the whole registry and few columns of it.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

INSERT INTO match_default (name, value, says) VALUES
    ('target_count', 10, 'Employers that an answer lists'),
    ('target_occupation', 10, 'Weight of: had an opening of a wished occupation'),
    ('target_sector', 8, 'Weight of: works in a wished sector'),
    ('target_due', 5, 'Weight of: the next touch is due'),
    ('target_nearness', 4, 'Weight of: how near it is'),
    ('target_stance', 4, 'Weight of: how the employer took the last visit'),
    ('target_track_record', 3, 'Weight of: how deep the relationship is'),
    ('target_due_days', 7, 'A next touch within so many days is due'),
    ('target_quiet_days', 28, 'An employer whom anybody saw within so many days is left in peace');

-- Somebody of the network was there: the day alone, never who or for whom.
CREATE FUNCTION seen_lately(employer uuid, since timestamptz) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
    SELECT london_day(max(v.at)) FROM standing_visit v
     WHERE v.employer_id = employer AND v.at >= since AND has_role('specialist', 'lead')
$$;
COMMENT ON FUNCTION seen_lately(uuid, timestamptz) IS
    'The last day since then on which anybody of the network visited this employer; NULL for none.';

CREATE FUNCTION said_metres(metres integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN CASE WHEN metres < 1000 THEN metres || ' m'
            ELSE to_char(ceil(metres / 100.0) / 10, 'FM999990.0') || ' km' END;
COMMENT ON FUNCTION said_metres(integer) IS 'A distance in words, never shorter than it is: 425 m, 1.4 km.';

CREATE FUNCTION target_reason(criterion text, points integer, weight_name text, sentence text)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_build_object('criterion', criterion, 'verdict', 'fits', 'points', points * d.value,
                              'max_points', 100 * d.value, 'sentence', sentence)
      FROM match_default d WHERE d.name = weight_name AND sentence IS NOT NULL
$$;
COMMENT ON FUNCTION target_reason(text, integer, text, text) IS 'One line of why, as message canvass.v1.Reason.';

-- What to go there for: stage and stance say which of the three steps comes next.
CREATE FUNCTION target_purpose(stage stage, stance stance, next_step text, role text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    next_step,
    CASE WHEN stance = 'ambivalent' THEN 'Come back and suggest a work trial'
         WHEN stage IS NULL AND stance IS NULL
         THEN 'Introduce yourself and learn the business: who hires, the busy times, what they look for'
         WHEN stage >= 'hired' THEN 'Thank them, ask how it goes, and what comes up next'
         ELSE 'Learn more of the business, then come back with one person in mind' END
    || coalesce(', with one role in mind: ' || role, ''));
COMMENT ON FUNCTION target_purpose(stage, stance, text, text) IS
    'A draft of the purpose of the next visit. It speaks of a role, never of a client.';

-- The employers in reach of a client that nobody has to be asked about first, with their points.
CREATE FUNCTION targets_of(c client, day date, reach integer)
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
               AND e.blocked_on IS NULL
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
COMMENT ON FUNCTION targets_of(client, date, integer) IS
    'The 300 best employers without a live opening within so many metres of a client, with why.';

CREATE FUNCTION suggest_targets(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_match(request ->> 'client_id', request ->> 'ref');
    day date := coalesce((request ->> 'on')::date, london_today());
    n integer := coalesce(nullif((request ->> 'count')::integer, 0),
                          (SELECT value FROM match_default WHERE name = 'target_count'));
    quiet integer := (SELECT value FROM match_default WHERE name = 'target_quiet_days');
    reach integer := coalesce(nullif((SELECT distance_max_metres FROM client_constraints WHERE client_id = c.id), 0),
                              (SELECT value FROM match_default WHERE name = 'near_metres'));
    lines jsonb;
    left_out integer;
    notes text[] := '{}';
BEGIN
    IF n NOT BETWEEN 1 AND 100 THEN
        PERFORM fail('CV003', 'count', 'Give a number from 1 to 100, or 0.');
    END IF;
    WITH t AS (
        SELECT t.*, seen_lately(t.employer_id, london_midnight(day - quiet)) AS seen
          FROM targets_of(c, day, reach) AS t
    ), shown AS (
        -- Who is due goes first even where somebody was there: that visit may be why.
        SELECT t.* FROM t WHERE t.seen IS NULL OR t.is_due
         ORDER BY t.score DESC, t.metres, t.employer_id LIMIT n
    )
    SELECT coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                     'employer_id', s.employer_id, 'site_id', s.site_id, 'employer', s.name,
                     'postcode', s.postcode, 'borough', b.name, 'sector', i.title,
                     'distance_metres', s.metres, 'score', s.score,
                     'max_score', (SELECT sum(100 * d.value) FROM match_default d
                                    WHERE d.name IN ('target_occupation', 'target_sector', 'target_due',
                                                     'target_nearness', 'target_stance', 'target_track_record')),
                     'reasons', s.reasons, 'last_seen_on', s.seen,
                     'purpose', target_purpose(s.stage, s.stance, s.next_step, s.role),
                     'suggestion', CASE WHEN s.stance = 'ambivalent' THEN trial_advice(s.employer_id, day) END))
                     ORDER BY s.score DESC, s.metres, s.employer_id)
                       FROM shown s
                       LEFT JOIN borough b ON b.id = s.borough_id
                       LEFT JOIN industry i ON i.code = s.sic), '[]'),
           (SELECT count(*) FROM t WHERE t.seen IS NOT NULL AND NOT t.is_due)
      INTO lines, left_out;
    IF left_out > 0 THEN
        notes := notes || format('%s left in peace: somebody of the network was there within %s days.',
                                 CASE left_out WHEN 1 THEN '1 employer was' ELSE left_out || ' employers were' END, quiet);
    END IF;
    IF c.status = 'paused' THEN
        notes := notes || format('%s is paused until %s.', c.ref, said_date(c.paused_until));
    END IF;
    IF NOT EXISTS (SELECT FROM client_occupation WHERE client_id = c.id)
       AND NOT EXISTS (SELECT FROM client_wishes WHERE client_id = c.id AND sectors <> '{}') THEN
        notes := notes || 'No occupation or sector is wished for: this is who is near and known.'::text;
    END IF;
    RETURN jsonb_build_object('targets', lines, 'notes', to_jsonb(
        notes || CASE WHEN c.home_easting IS NULL
                      THEN 'Home is not known: these are in your borough.'
                      ELSE 'Distances are straight lines, not journeys.' END));
END
$$;
COMMENT ON FUNCTION suggest_targets(jsonb) IS 'SuggestTargetsRequest -> SuggestTargetsResponse.';

GRANT EXECUTE ON FUNCTION said_metres(integer), seen_lately(uuid, timestamptz), target_reason(text, integer, text, text),
    target_purpose(stage, stance, text, text), targets_of(client, date, integer),
    suggest_targets(jsonb) TO canvass_app;

COMMIT;
