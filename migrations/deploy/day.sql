-- Deploy canvass:day to pg

-- Planning the day. What asks for a specialist comes from many sources; each is one SELECT in
-- day_lines(), and day_list() puts them in the order in which to do them: by urgency, then on foot.
-- Days are London's: a clock change moves nothing to another day.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE day_kind AS ENUM ('clash', 'overdue', 'place', 'planned', 'trial', 'support', 'due', 'pay', 'request',
                              'share', 'reask', 'review', 'closing');
COMMENT ON TYPE day_kind IS 'Lines of the day''s list, in the order in which to do them.';

CREATE TYPE day_line AS (
    kind        day_kind,
    at          timestamptz,
    employer_id uuid,
    site_id     uuid,
    -- There is a door to go to: the site, or else the employer's main one.
    has_door    boolean,
    client_id   uuid,
    sentence    text,
    subject_id  uuid
);

CREATE INDEX relationship_lead ON relationship (lead_id, next_touch_at) WHERE next_touch_at IS NOT NULL;
CREATE INDEX opening_closing ON opening (borough_id, closes_on) WHERE closed_at IS NULL;
CREATE INDEX trial_of_team ON trial (team_id) WHERE status IN ('proposed', 'agreed', 'running');
CREATE INDEX contact_request_waiting ON contact_request (owner_id, asked_at) WHERE answered_at IS NULL;
CREATE INDEX contact_share_ends ON contact_share (expires_on) WHERE withdrawn_at IS NULL;

-- ---- trials ----

-- A place that is kept while a client pauses asks nothing before its day.
CREATE FUNCTION trial_asks(t trial, ref text, d date) RETURNS TABLE (kind day_kind, at timestamptz, sentence text)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT 'place'::day_kind, london_midnight(t.kept_until),
           format('The place is kept for %s until %s: ask, or give it back', ref, said_day(t.kept_until, d))
     WHERE t.status IN ('agreed', 'running') AND t.kept_until <= d
    UNION ALL
    SELECT 'trial', london_midnight(d), format('The trial begins today, until %s: %s', said_day(t.ends_on, d), t.title)
     WHERE t.status = 'agreed' AND t.kept_until IS NULL AND t.starts_on = d
    UNION ALL
    SELECT 'trial', london_midnight(d), 'The last day of the trial: hear both sides, and say what it led to'
     WHERE t.status = 'running' AND t.kept_until IS NULL AND t.ends_on = d
    UNION ALL
    SELECT 'overdue', london_midnight(t.starts_on),
           format('The trial was to begin %s: %s, or cancel it', said_day(t.starts_on, d),
                  CASE t.status WHEN 'agreed' THEN 'say that it began' ELSE 'agree it for another day' END)
     WHERE t.status IN ('proposed', 'agreed') AND t.kept_until IS NULL AND t.starts_on < d
    UNION ALL
    SELECT 'overdue', london_midnight(t.ends_on),
           format('The trial''s last day was %s: say what it led to', said_day(t.ends_on, d))
     WHERE t.status = 'running' AND t.kept_until IS NULL AND t.ends_on < d;
END
$$;
COMMENT ON FUNCTION trial_asks(trial, text, date) IS 'What a trial asks of a day, in a sentence.';

-- ---- reviews that open doors ----

-- A level and a day are all that is known, and all that is said. What is past says so for four weeks.
CREATE FUNCTION review_asks(k client_constraints, ref text, d date, soon integer) RETURNS TABLE (on_day date, sentence text)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT r.on_day,
           CASE WHEN r.on_day > d
                THEN format('%s %s: new openings may fit from then (canvass match %s --not-yet)', r.ahead, said_day(r.on_day, d), ref)
                ELSE format('%s %s: set what holds now, then see what fits (canvass match %s)', r.reached, said_day(r.on_day, d), ref) END
      FROM (VALUES (k.driving_review_on, 'Whether ' || ref || ' may drive is reviewed', 'Whether ' || ref || ' may drive was to be reviewed'),
                   (k.check_changes_on, 'More checks may be clear for ' || ref, 'More checks may be clear for ' || ref || ' since'))
           AS r (on_day, ahead, reached)
     WHERE r.on_day BETWEEN d - 28 AND d + soon;
END
$$;
COMMENT ON FUNCTION review_asks(client_constraints, text, date, integer) IS
    'Days near d from which a client may do more, each with a sentence.';

-- ---- the sources ----

-- In plpgsql and with one plan for every day, so that a connection plans it once: planning so many
-- sources takes longer than reading them. ROWS: the list of a busy day, for the plan of who reads it.
CREATE FUNCTION day_lines(d date, soon integer) RETURNS SETOF day_line
LANGUAGE plpgsql STABLE ROWS 50
SET search_path = canvass, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN QUERY
    -- Somebody else goes where the caller plans to go.
    SELECT 'clash'::day_kind, c.at, c.employer_id, c.site_id, c.site_id IS NOT NULL, NULL::uuid, c.sentence, c.plan_id
      FROM clashes_of_mine(d) AS c
    UNION ALL
    -- Follow-ups.
    SELECT CASE WHEN london_day(r.next_touch_at) < d THEN 'overdue' ELSE 'due' END::day_kind, r.next_touch_at,
           r.employer_id, NULL, true, NULL,
           coalesce(r.next_step, 'Be in touch again')
           || CASE WHEN london_day(r.next_touch_at) < d
                   THEN ' (was due ' || said_day(london_day(r.next_touch_at), d) || ')' ELSE '' END,
           r.employer_id
      FROM relationship r
     WHERE r.lead_id = actor() AND r.borough_id = borough() AND r.next_touch_at < london_midnight(d + 1)
    UNION ALL
    -- The diary. A plan that was neither recorded nor cancelled is overdue, for four weeks.
    SELECT CASE WHEN london_day(p.at) < d THEN 'overdue' ELSE 'planned' END::day_kind, p.at, p.employer_id, p.site_id,
           true, l.client_id,
           coalesce(p.purpose, 'Visit')
           || CASE WHEN london_day(p.at) < d
                   THEN ' (was planned ' || said_day(london_day(p.at), d) || '; record it or cancel it)' ELSE '' END,
           p.id
      FROM plan p
      LEFT JOIN plan_client l ON l.plan_id = p.id
     WHERE p.specialist_id = actor() AND p.cancelled_at IS NULL AND p.visit_id IS NULL
       AND p.at >= london_midnight(d - 28) AND p.at < london_midnight(d + 1)
    UNION ALL
    -- Trials of the own caseload.
    SELECT a.kind, a.at, t.employer_id, t.site_id, true, t.client_id, a.sentence, t.id
      FROM trial t
      JOIN client c ON c.id = t.client_id
     CROSS JOIN LATERAL trial_asks(t, c.ref, d) AS a
     WHERE t.team_id = team() AND t.status IN ('proposed', 'agreed', 'running')
       AND least(t.starts_on, t.kept_until) <= d AND coalesce(c.specialist_id, t.specialist_id) = actor()
    UNION ALL
    -- Support. Nobody is sent to a client's place of work on the client's account.
    SELECT CASE WHEN s.due_on < d THEN 'overdue' ELSE 'support' END::day_kind, london_midnight(s.due_on),
           s.employer_id, s.site_id, s.given_to = 'employer', s.client_id,
           format('Support to the %s %s. %s', s.given_to,
                  CASE WHEN s.due_on < d THEN 'was due ' WHEN s.due_on = d THEN 'is due ' ELSE 'is due at the latest ' END
                  || said_day(s.due_on, d), s.sentence),
           s.job_id
      FROM support_due_on(d) AS s
    UNION ALL
    SELECT 'pay', london_midnight(p.pay_on), p.employer_id, NULL, false, p.client_id, p.sentence, p.job_id
      FROM first_pay_days_on(d, soon) AS p
    UNION ALL
    -- Of other boroughs, to who leads there; to the leads of the borough where nobody does.
    SELECT 'request', r.asked_at, r.employer_id, NULL, false, NULL,
           format('%s (%s) asks for %s: %s', r.asked_by_name, b.name, coalesce(c.name, 'somebody to talk to'), r.reason),
           r.id
      FROM contact_request r
      JOIN borough b ON b.id = r.borough_id
      LEFT JOIN contact c ON c.id = r.contact_id
      LEFT JOIN relationship l ON l.employer_id = r.employer_id AND l.borough_id = r.owner_id
     WHERE r.owner_id = borough() AND r.answered_at IS NULL
       AND CASE WHEN l.lead_id IS NULL THEN has_role('lead') ELSE l.lead_id = actor() END
    UNION ALL
    -- Shares that the caller gave.
    SELECT 'share', london_midnight(s.expires_on), s.employer_id, NULL, false, NULL,
           format('%s is shared with %s until %s: share again if it still helps', coalesce(c.name, 'A contact'),
                  coalesce(specialist_name(s.to_specialist_id), b.name), said_day(s.expires_on, d)),
           s.id
      FROM contact_share s
      JOIN borough b ON b.id = s.to_borough_id
      LEFT JOIN contact c ON c.id = s.contact_id
     WHERE s.borough_id = borough() AND s.given_by = actor() AND s.withdrawn_at IS NULL
       AND s.expires_on BETWEEN d AND d + soon
    UNION ALL
    -- Shares with the caller, or with the whole borough where the caller used them.
    SELECT 'share', london_midnight(s.expires_on), s.employer_id, NULL, false, NULL,
           format('%s shares the %s with you until %s: ask again if you still need it', s.given_by_name,
                  coalesce(k.job, 'contact'), said_day(s.expires_on, d)),
           s.id
      FROM contact_share s
     CROSS JOIN LATERAL known_contacts(NULL, s.contact_id) AS k
     WHERE s.to_borough_id = borough() AND s.withdrawn_at IS NULL AND s.expires_on BETWEEN d AND d + soon
       AND (s.to_specialist_id = actor()
            OR s.to_specialist_id IS NULL AND EXISTS (SELECT FROM contact_use u WHERE u.contact_id = s.contact_id
                                                         AND u.specialist_id = actor()))
    UNION ALL
    -- "Even if I'm not ready, keep asking me."
    SELECT 'reask', london_midnight(c.paused_until), NULL, NULL, false, c.id,
           format('Ask %s again: the pause ran until %s', c.ref,
                  CASE WHEN c.paused_until = d THEN 'today' ELSE said_date(c.paused_until) END),
           c.id
      FROM client c
     WHERE c.team_id = team() AND c.status = 'paused' AND c.paused_until <= d
       AND coalesce(c.specialist_id, actor()) = actor()
    UNION ALL
    SELECT 'review', london_midnight(r.on_day), NULL, NULL, false, c.id, r.sentence, c.id
      FROM client c
      JOIN client_constraints k ON k.client_id = c.id
     CROSS JOIN LATERAL review_asks(k, c.ref, d, soon) AS r
     WHERE c.team_id = team() AND c.status = 'active' AND coalesce(c.specialist_id, actor()) = actor()
       AND (k.driving_review_on BETWEEN d - 28 AND d + soon OR k.check_changes_on BETWEEN d - 28 AND d + soon)
    UNION ALL
    SELECT 'closing', london_midnight(o.closes_on), o.employer_id, o.site_id, true, NULL,
           format('%s closes %s', o.title, said_day(o.closes_on, d)), o.id
      FROM opening o
     WHERE o.borough_id = borough() AND o.closed_at IS NULL AND o.closes_on BETWEEN d AND d + soon;
END
$$;
COMMENT ON FUNCTION day_lines(date, integer) IS
    'What asks for the caller on a day, source by source; soon: how many days ahead something is soon.';

-- ---- on foot ----

-- The middle of a whole or partial postcode, for any field.
CREATE FUNCTION point_of(given text, field text, OUT easting integer, OUT northing integer)
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
        PERFORM fail('CV003', field, '"%s" is not in the postcode list.', left(given, 20));
    END IF;
END
$$;
COMMENT ON FUNCTION point_of(text, text, OUT integer, OUT integer) IS
    'The middle of a postcode, a sector or a district; CV003 where the list has none of it.';
CREATE OR REPLACE FUNCTION near_point(given text, OUT easting integer, OUT northing integer)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT * FROM point_of(given, 'near_postcode') $$;

CREATE FUNCTION straight_metres(e1 integer, n1 integer, e2 integer, n2 integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN ceil(sqrt((e1 - e2)::float8 ^ 2 + (n1 - n2)::float8 ^ 2))::integer;
COMMENT ON FUNCTION straight_metres(integer, integer, integer, integer) IS
    'Metres in a straight line between two points of the national grid, never shorter than it is.';

-- Stops in their order, and where they lie. Each has the group in which it may change places, below 0,
-- whose stops stand together; or it has a time, and a number of its own above 0. From the start that
-- is given, or from the first stop that has a time, each group is walked to the nearest neighbour; a
-- stop without a point comes last in its group.
CREATE FUNCTION walked(groups integer[], eastings integer[], northings integer[], easting integer, northing integer)
RETURNS TABLE (stop integer, place integer, metres integer)
LANGUAGE plpgsql IMMUTABLE ROWS 50
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(cardinality(groups), 0);
    stops integer[] := ARRAY(SELECT generate_series(1, n));
    nearest integer;
    swap integer;
    far integer;
BEGIN
    FOR i IN 1 .. n LOOP
        nearest := i;
        metres := NULL;
        FOR j IN i .. n LOOP
            EXIT WHEN easting IS NULL OR groups[stops[j]] <> groups[stops[i]];
            far := straight_metres(easting, northing, eastings[stops[j]], northings[stops[j]]);
            IF far < metres OR metres IS NULL AND far IS NOT NULL THEN
                nearest := j;
                metres := far;
            END IF;
        END LOOP;
        -- What it is taken before keeps its order.
        swap := stops[nearest];
        FOR j IN REVERSE nearest .. i + 1 LOOP
            stops[j] := stops[j - 1];
        END LOOP;
        stops[i] := swap;
        IF easting IS NOT NULL OR groups[swap] > 0 THEN
            easting := coalesce(eastings[swap], easting);
            northing := coalesce(northings[swap], northing);
        END IF;
        stop := swap;
        place := i;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION walked(integer[], integer[], integer[], integer, integer) IS
    'Stops in the order of a walk: nearest neighbour within each group, with the metres from the place before.';

-- ---- the list ----

CREATE FUNCTION day_list(day date, closing_days integer, from_postcode text DEFAULT NULL)
RETURNS TABLE (kind day_kind, at timestamptz, employer_id uuid, employer text, postcode text, client_ref text,
               sentence text, subject_id uuid, whole_day boolean, metres integer)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    d date := coalesce(day, london_today());
    soon integer := coalesce(nullif(closing_days, 0), 7);
    easting integer;
    northing integer;
BEGIN
    IF soon NOT BETWEEN 1 AND 60 THEN
        PERFORM fail('CV003', 'closing_days', 'Look 1 to 60 days ahead.');
    ELSIF d NOT BETWEEN '2000-01-01' AND '2199-12-31' THEN
        PERFORM fail('CV003', 'on', 'Give a day of this century.');
    ELSIF tidy(from_postcode) IS NOT NULL THEN
        SELECT p.easting, p.northing INTO easting, northing FROM point_of(from_postcode, 'from_postcode') AS p;
    END IF;
    RETURN QUERY
    WITH line AS MATERIALIZED (
        SELECT l.*, is_whole_day(l.at) AS whole_day,
               CASE WHEN l.has_door THEN coalesce(l.site_id, site_of(NULL, l.employer_id, '')) END AS door_id,
               l.kind IN ('overdue', 'planned', 'trial', 'support', 'due') AS is_walked,
               l.kind <> 'overdue' AND NOT is_whole_day(l.at) AS is_timed
          FROM day_lines(d, soon) AS l
    ), stop AS MATERIALIZED (
        SELECT l.*, e.name, e.blocked_on, s.postcode, c.ref,
               CASE WHEN l.is_walked THEN s.easting END AS easting, CASE WHEN l.is_walked THEN s.northing END AS northing,
               row_number() OVER (ORDER BY l.kind, NOT l.is_timed, l.at, e.name_key, l.subject_id)::integer AS no
          FROM line l
          LEFT JOIN employer e ON e.id = l.employer_id
          LEFT JOIN site s ON s.id = l.door_id
          LEFT JOIN client c ON c.id = l.client_id
    ), walk AS (
        SELECT w.*
          FROM (SELECT array_agg(CASE WHEN t.is_walked AND NOT t.is_timed THEN -array_position(enum_range(NULL::day_kind), t.kind)
                                      ELSE t.no END ORDER BY t.no) AS groups,
                       array_agg(t.easting ORDER BY t.no) AS eastings,
                       array_agg(t.northing ORDER BY t.no) AS northings FROM stop t) AS a
         CROSS JOIN walked(a.groups, a.eastings, a.northings, easting, northing) AS w
    )
    SELECT t.kind, t.at, t.employer_id, t.name, t.postcode, t.ref,
           t.sentence || CASE WHEN w.metres = 0 THEN '; the same place'
                              ELSE coalesce('; ' || said_metres(w.metres) || ' in a straight line', '') END
           || CASE WHEN t.blocked_on IS NOT NULL AND t.kind NOT IN ('clash', 'request', 'closing')
                   THEN coalesce('. ' || said_block(t.employer_id), '') ELSE '' END,
           t.subject_id, t.whole_day, w.metres
      FROM walk w
      JOIN stop t ON t.no = w.stop
     ORDER BY w.place;
END
$$;
COMMENT ON FUNCTION day_list(date, integer, text) IS
    'TodayService/GetToday: what asks for the caller on a day, in the order in which to do it. Within a kind, what has a time comes in its order, then the rest on foot from where one is.';

GRANT EXECUTE ON FUNCTION trial_asks(trial, text, date), review_asks(client_constraints, text, date, integer),
    day_lines(date, integer), point_of(text, text), straight_metres(integer, integer, integer, integer),
    walked(integer[], integer[], integer[], integer, integer), day_list(date, integer, text) TO canvass_app;

COMMIT;
