-- Revert canvass:day from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION day_list(date, integer, text), walked(integer[], integer[], integer[], integer, integer),
    straight_metres(integer, integer, integer, integer), day_lines(date, integer),
    review_asks(client_constraints, text, date, integer), trial_asks(trial, text, date);
DROP INDEX relationship_lead, opening_closing, trial_of_team, contact_request_waiting, contact_share_ends;
DROP TYPE day_line;
DROP TYPE day_kind;

CREATE OR REPLACE FUNCTION near_point(given text, OUT easting integer, OUT northing integer)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    whole text := tidy_postcode(given);
    part text := regexp_replace(upper(coalesce(tidy(given), '')), '\s+', ' ', 'g');
BEGIN
    SELECT p.easting, p.northing INTO easting, northing FROM postcode p WHERE p.postcode = whole;
    IF NOT FOUND THEN
        part := coalesce(left(whole, -2), part);
        -- The sector, or the mean of a district's.
        SELECT round(avg(s.easting)), round(avg(s.northing)) INTO easting, northing
          FROM postcode_sector s
         WHERE s.sector = part OR (s.sector >= part || ' ' AND s.sector < part || '!');
    END IF;
    IF easting IS NULL THEN
        PERFORM fail('CV003', 'near_postcode', '"%s" is not in the postcode list.', left(given, 20));
    END IF;
END
$$;
DROP FUNCTION point_of(text, text);

CREATE TYPE today_kind AS ENUM ('overdue', 'planned', 'due', 'reask', 'closing');
COMMENT ON TYPE today_kind IS 'In the order in which to do them.';

CREATE FUNCTION today(day date, closing_days integer)
RETURNS TABLE (kind today_kind, at timestamptz, employer_id uuid, employer text, postcode text,
               client_ref text, sentence text, subject_id uuid, whole_day boolean)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d date := coalesce(day, london_today());
    soon integer := coalesce(nullif(closing_days, 0), 7);
BEGIN
    IF soon NOT BETWEEN 1 AND 60 THEN
        PERFORM fail('CV003', 'closing_days', 'Look 1 to 60 days ahead.');
    ELSIF d NOT BETWEEN '2000-01-01' AND '2199-12-31' THEN
        PERFORM fail('CV003', 'on', 'Give a day of this century.');
    END IF;
    RETURN QUERY
    WITH touch AS (
        SELECT CASE WHEN london_day(r.next_touch_at) < d THEN 'overdue' ELSE 'due' END::today_kind
                   AS kind,
               r.next_touch_at AS at, r.employer_id, NULL::uuid AS site_id,
               NULL::text AS client_ref,
               coalesce(r.next_step, 'Be in touch again')
               || CASE WHEN london_day(r.next_touch_at) < d
                       THEN ' (was due ' || said_day(london_day(r.next_touch_at), d) || ')'
                       ELSE '' END AS sentence,
               r.employer_id AS subject_id
          FROM relationship r
         WHERE r.lead_id = actor() AND r.borough_id = borough()
           AND r.next_touch_at < london_midnight(d + 1)
    ), diary AS (
        -- A plan that was neither recorded nor cancelled is overdue, for four weeks.
        SELECT CASE WHEN london_day(p.at) < d THEN 'overdue' ELSE 'planned' END::today_kind
                   AS kind,
               p.at, p.employer_id, p.site_id, c.ref AS client_ref,
               coalesce(p.purpose, 'Visit')
               || CASE WHEN london_day(p.at) < d
                       THEN ' (was planned ' || said_day(london_day(p.at), d)
                            || '; record it or cancel it)'
                       ELSE '' END AS sentence,
               p.id AS subject_id
          FROM plan p
          LEFT JOIN plan_client l ON l.plan_id = p.id
          LEFT JOIN client c ON c.id = l.client_id
         WHERE p.specialist_id = actor() AND p.cancelled_at IS NULL AND p.visit_id IS NULL
           AND p.at >= london_midnight(d - 28) AND p.at < london_midnight(d + 1)
    ), ask AS (
        SELECT 'reask'::today_kind AS kind, london_midnight(c.paused_until) AS at,
               NULL::uuid AS employer_id, NULL::uuid AS site_id, c.ref AS client_ref,
               format('Ask %s again: the pause ran until %s', c.ref,
                      CASE WHEN c.paused_until = d THEN 'today'
                           ELSE said_date(c.paused_until) END) AS sentence,
               c.id AS subject_id
          FROM client c
         WHERE c.status = 'paused' AND c.paused_until <= d
           AND coalesce(c.specialist_id, actor()) = actor()
    ), closing AS (
        SELECT 'closing'::today_kind AS kind, london_midnight(o.closes_on) AS at, o.employer_id,
               o.site_id, NULL::text AS client_ref,
               format('%s closes %s', o.title, said_day(o.closes_on, d)) AS sentence,
               o.id AS subject_id
          FROM opening o
         WHERE o.borough_id = borough() AND o.closed_at IS NULL
           AND o.closes_on BETWEEN d AND d + soon
    ), lines AS (
        SELECT * FROM touch UNION ALL SELECT * FROM diary
        UNION ALL SELECT * FROM ask UNION ALL SELECT * FROM closing
    )
    SELECT l.kind, l.at, l.employer_id, e.name, s.postcode, l.client_ref, l.sentence,
           l.subject_id, is_whole_day(l.at)
      FROM lines l
      LEFT JOIN employer e ON e.id = l.employer_id
      LEFT JOIN site s ON s.id = coalesce(l.site_id,
                                          CASE WHEN l.employer_id IS NOT NULL
                                               THEN site_of(NULL, l.employer_id, '') END)
     ORDER BY l.kind, l.at, e.name_key, l.subject_id;
END
$$;
COMMENT ON FUNCTION today(date, integer) IS
    'TodayService/GetToday: what asks for the caller on a day, in the order in which to do it.';

CREATE TYPE day_kind AS ENUM ('clash', 'overdue', 'planned', 'due', 'request', 'reask', 'closing');
COMMENT ON TYPE day_kind IS 'Lines of the day''s list, in the order in which to do them: those of today(), and what others of the network ask for.';

CREATE FUNCTION day_list(day date, closing_days integer)
RETURNS TABLE (kind day_kind, at timestamptz, employer_id uuid, employer text, postcode text,
               client_ref text, sentence text, subject_id uuid, whole_day boolean)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d date := coalesce(day, london_today());
BEGIN
    RETURN QUERY
    WITH own AS (
        SELECT t.kind::text::day_kind AS kind, t.at, t.employer_id, t.employer, t.postcode, t.client_ref,
               t.sentence || CASE WHEN t.kind <> 'closing'
                                  THEN coalesce('. ' || said_block(t.employer_id), '') ELSE '' END AS sentence,
               t.subject_id, t.whole_day
          FROM today(day, closing_days) AS t
    ), clash AS (
        SELECT 'clash'::day_kind, c.at, c.employer_id, e.name, s.postcode, NULL::text, c.sentence, c.plan_id,
               is_whole_day(c.at)
          FROM clashes_of_mine(d) AS c
          JOIN employer e ON e.id = c.employer_id
          LEFT JOIN site s ON s.id = c.site_id
    ), asked AS (
        -- To who leads there; to the leads of the borough where nobody does.
        SELECT 'request'::day_kind, r.asked_at, r.employer_id, e.name, NULL::text, NULL::text,
               format('%s (%s) asks for %s: %s', r.asked_by_name, b.name,
                      coalesce(c.name, 'somebody to talk to'), r.reason), r.id, false
          FROM contact_request r
          JOIN employer e ON e.id = r.employer_id
          JOIN borough b ON b.id = r.borough_id
          LEFT JOIN contact c ON c.id = r.contact_id
          LEFT JOIN relationship l ON l.employer_id = r.employer_id AND l.borough_id = r.owner_id
         WHERE r.owner_id = borough() AND r.answered_at IS NULL
           AND CASE WHEN l.lead_id IS NULL THEN has_role('lead') ELSE l.lead_id = actor() END
    ), lines AS (
        SELECT * FROM own UNION ALL SELECT * FROM clash UNION ALL SELECT * FROM asked
    )
    SELECT l.* FROM lines l
     ORDER BY l.kind, l.at, l.employer COLLATE natural_order, l.subject_id;
END
$$;
COMMENT ON FUNCTION day_list(date, integer) IS
    'TodayService/GetToday: today(), with plans that clash, requests that wait, and who asked not to be contacted.';

GRANT EXECUTE ON FUNCTION today(date, integer), day_list(date, integer) TO canvass_app;

COMMIT;
