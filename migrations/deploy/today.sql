-- Deploy canvass:today to pg

-- The day's list of one specialist. Days are London's: a clock change moves no follow-up to another
-- day.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE today_kind AS ENUM ('overdue', 'planned', 'due', 'reask', 'closing');
COMMENT ON TYPE today_kind IS 'In the order in which to do them.';

CREATE FUNCTION said_day(d date, today date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE d - today WHEN 0 THEN 'today' WHEN 1 THEN 'tomorrow' WHEN -1 THEN 'yesterday'
            ELSE to_char(d, '"on" FMDay FMDD FMMonth')
                 || CASE WHEN date_part('year', d) = date_part('year', today) THEN ''
                         ELSE to_char(d, ' YYYY') END END;
COMMENT ON FUNCTION said_day(date, date) IS 'A day as seen from another: today, tomorrow, on Friday 27 November.';

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

GRANT EXECUTE ON FUNCTION said_day(date, date), today(date, integer) TO canvass_app;

COMMIT;
