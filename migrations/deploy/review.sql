-- Deploy canvass:review to pg

-- Supervision: a week of a team, counted from the log, and the lead's mark that it was looked at.
-- What a coaching note says is between the lead and the specialist: it is not kept in change.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE contact_target (
    effective_from date PRIMARY KEY,
    -- Face-to-face, client-specific contacts a week.
    contacts       integer NOT NULL,
    -- With fewer job seekers than this, so many for each of them.
    few_seekers    integer NOT NULL,
    per_seeker     integer NOT NULL,
    source         text NOT NULL,
    CONSTRAINT contact_target_range CHECK (contacts BETWEEN 1 AND 50 AND few_seekers BETWEEN 0 AND 50 AND per_seeker BETWEEN 0 AND 50)
);
COMMENT ON TABLE contact_target IS 'What fidelity item 17 asks of a specialist''s week, by the day from which it holds.';
COMMENT ON CONSTRAINT contact_target_range ON contact_target IS 'contacts: A week has 1 to 50 contacts.';
INSERT INTO contact_target (effective_from, contacts, few_seekers, per_seeker, source) VALUES
    ('2000-01-01', 6, 3, 2, 'IPS fidelity scale, 25 items, item 17: anchor 5 and its counting rules');

CREATE TABLE week_review (
    specialist_id    uuid NOT NULL,
    team_id          uuid NOT NULL,
    -- A Monday.
    week_on          date NOT NULL,
    reviewed_at      timestamptz NOT NULL DEFAULT now(),
    reviewed_by      uuid NOT NULL REFERENCES specialist,
    reviewed_by_name text NOT NULL,
    note             text,
    PRIMARY KEY (specialist_id, week_on),
    CONSTRAINT week_review_of_team FOREIGN KEY (specialist_id, team_id) REFERENCES specialist (id, team_id),
    CONSTRAINT week_review_monday CHECK (extract(isodow FROM week_on) = 1),
    CONSTRAINT week_review_another CHECK (reviewed_by <> specialist_id),
    CONSTRAINT week_review_note_length CHECK (char_length(note) BETWEEN 1 AND 1000)
);
CREATE INDEX week_review_team ON week_review (team_id, week_on);
COMMENT ON TABLE week_review IS 'That a lead looked at a specialist''s week, and what they said about it.';
COMMENT ON CONSTRAINT week_review_monday ON week_review IS 'week: A week begins on a Monday.';
COMMENT ON CONSTRAINT week_review_another ON week_review IS 'specialist_id: Nobody reviews their own week; another lead does.';
COMMENT ON CONSTRAINT week_review_note_length ON week_review IS 'note: Keep the note to 1,000 characters.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['contact_target', 'week_review'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;
CREATE POLICY callers ON contact_target FOR SELECT TO canvass_app USING ((SELECT canvass.actor()) IS NOT NULL);
CREATE POLICY between_two ON week_review FOR SELECT TO canvass_app
    USING (team_id = (SELECT canvass.team())
           AND ((SELECT canvass.has_role('lead'))
                OR specialist_id = (SELECT canvass.actor()) AND (SELECT canvass.has_role('specialist'))));
CREATE POLICY lead ON week_review TO canvass_app
    USING (team_id = (SELECT canvass.team()) AND specialist_id <> (SELECT canvass.actor())
           AND (SELECT canvass.has_role('lead')))
    WITH CHECK (team_id = (SELECT canvass.team()) AND reviewed_by = (SELECT canvass.actor())
                AND (SELECT canvass.has_role('lead')));
GRANT SELECT ON contact_target TO canvass_app;
GRANT SELECT, INSERT, UPDATE ON week_review TO canvass_app;

-- Whom a specialist supported at the end of a day, and who of them looked for a job.
CREATE FUNCTION caseload_on(of_specialist uuid, d date, OUT clients integer, OUT job_seekers integer)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT count(*), count(*) FILTER (
               WHERE NOT EXISTS (SELECT FROM client_pause p
                                  WHERE p.client_id = c.id AND p.began_at < london_midnight(d + 1)
                                    AND (p.ended_at IS NULL OR p.ended_at >= london_midnight(d + 1)))
                 AND NOT EXISTS (SELECT FROM job j
                                  WHERE j.client_id = c.id AND j.starts_on <= d AND (j.ends_on IS NULL OR j.ends_on >= d)))
      FROM client c
     WHERE c.specialist_id = of_specialist AND c.entered_on <= d
       AND (c.discharged_at IS NULL OR c.discharged_at >= london_midnight(d + 1))
$$;
COMMENT ON FUNCTION caseload_on(uuid, date) IS 'Clients of a specialist on a day, as far as the caller may see them; job seekers are neither paused nor in work.';

CREATE FUNCTION contacts_to_reach(job_seekers integer, d date) RETURNS integer
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE WHEN job_seekers < t.few_seekers THEN job_seekers * t.per_seeker ELSE t.contacts END
      FROM contact_target t WHERE t.effective_from <= d ORDER BY t.effective_from DESC LIMIT 1
$$;
COMMENT ON FUNCTION contacts_to_reach(integer, date) IS 'Face-to-face, client-specific contacts that a week asks of a specialist with so many job seekers.';

-- The Monday of the week of a day that a request names.
CREATE FUNCTION week_of(given text, otherwise date, field text) RETURNS date
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    monday date := date_trunc('week', coalesce(given::date, otherwise)::timestamp)::date;
BEGIN
    IF monday > london_today() THEN
        PERFORM fail('CV003', field, 'This week has not begun.');
    ELSIF monday < london_today() - 400 THEN
        PERFORM fail('CV003', field, 'Weeks are looked at for 400 days.');
    END IF;
    RETURN monday;
END
$$;

CREATE FUNCTION review_json(r week_review) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE WHEN r.specialist_id IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object(
        'specialist_id', r.specialist_id, 'specialist', specialist_name(r.specialist_id), 'week_on', r.week_on,
        'reviewed_at', r.reviewed_at, 'reviewed_by', r.reviewed_by_name, 'note', r.note)) END
$$;
COMMENT ON FUNCTION review_json(week_review) IS 'A review as message canvass.v1.Review.';

CREATE FUNCTION review_line(s specialist, monday date) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'specialist_id', s.id, 'specialist', s.name, 'clients', c.clients, 'job_seekers', c.job_seekers,
               'face_to_face', v.face_to_face, 'client_specific', v.client_specific,
               'other_contacts', v.n - v.face_to_face, 'target', t.target,
               'low', monday + 7 <= london_today() AND v.client_specific < t.target,
               'overdue', o.n, 'overdue_since', o.since, 'unrecorded', p.n,
               'review', (SELECT review_json(r) FROM week_review r WHERE r.specialist_id = s.id AND r.week_on = monday)))
      FROM (SELECT count(*) AS n, count(*) FILTER (WHERE x.mode = 'in_person') AS face_to_face,
                   count(*) FILTER (WHERE x.mode = 'in_person' AND NOT x.generic) AS client_specific
              FROM standing_visit x
             WHERE x.specialist_id = s.id AND x.at >= london_midnight(monday) AND x.at < london_midnight(monday + 7)) AS v
     CROSS JOIN caseload_on(s.id, least(monday + 6, london_today())) AS c
     CROSS JOIN contacts_to_reach(c.job_seekers, monday) AS t (target)
     CROSS JOIN (SELECT count(*) AS n, min(r.next_touch_at) AS since FROM relationship r
                  WHERE r.borough_id = borough() AND r.lead_id = s.id AND r.next_touch_at < london_midnight(london_today())) AS o
     CROSS JOIN (SELECT count(*) AS n FROM plan x
                  WHERE x.specialist_id = s.id AND x.cancelled_at IS NULL AND x.visit_id IS NULL
                    AND x.at >= london_midnight(monday) AND x.at < least(london_midnight(monday + 7), now())) AS p
$$;
COMMENT ON FUNCTION review_line(specialist, date) IS 'A specialist''s week as message canvass.v1.ReviewLine.';

CREATE FUNCTION get_week(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    monday date := week_of(request ->> 'week', london_today(), 'week');
    wanted uuid := nullif(request ->> 'specialist_id', '')::uuid;
BEGIN
    IF NOT has_role('lead') THEN
        IF wanted <> actor() THEN
            PERFORM fail('CV007', 'specialist_id', 'A lead of the team sees the weeks of others.');
        END IF;
        wanted := coalesce(wanted, actor());
    ELSIF wanted IS NOT NULL AND NOT EXISTS (SELECT FROM specialist s WHERE s.id = wanted AND s.team_id = team()) THEN
        PERFORM fail('CV005', 'specialist_id', 'Your team has no such specialist.');
    END IF;
    RETURN jsonb_build_object('from', monday, 'until', monday + 6,
        'lines', (SELECT coalesce(jsonb_agg(l.line ORDER BY (l.line ->> 'client_specific')::integer - (l.line ->> 'target')::integer,
                                            l.name COLLATE natural_order, l.id), '[]')
                    FROM (SELECT s.id, s.name, review_line(s, monday) AS line FROM specialist s
                           WHERE s.team_id = team() AND s.id = coalesce(wanted, s.id)
                             AND (s.active AND 'specialist' = ANY (s.roles) OR wanted IS NOT NULL)) AS l),
        'visits', (SELECT coalesce(jsonb_agg(visit_json(v) ORDER BY v.at, v.id), '[]')
                     FROM standing_visit x JOIN visit v ON v.id = x.id
                    WHERE x.specialist_id = nullif(request ->> 'specialist_id', '')::uuid
                      AND x.at >= london_midnight(monday) AND x.at < london_midnight(monday + 7)));
END
$$;
COMMENT ON FUNCTION get_week(jsonb) IS 'ReviewService/GetWeek: the whole response.';

CREATE FUNCTION review_week(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    monday date := week_of(request ->> 'week', london_today() - 7, 'week');
    wanted uuid := nullif(request ->> 'specialist_id', '')::uuid;
    r week_review;
BEGIN
    IF wanted IS NULL THEN
        PERFORM fail('CV003', 'specialist_id', 'Say whose week.');
    ELSIF wanted = actor() THEN
        PERFORM fail('CV009', 'specialist_id', 'Nobody reviews their own week; another lead does.');
    ELSIF NOT EXISTS (SELECT FROM specialist s WHERE s.id = wanted AND s.team_id = team()) THEN
        PERFORM fail('CV005', 'specialist_id', 'Your team has no such specialist.');
    END IF;
    INSERT INTO week_review AS w (specialist_id, team_id, week_on, reviewed_by, reviewed_by_name, note)
        VALUES (wanted, team(), monday, actor(), actor_name(), text_without_client(request ->> 'note', 'note'))
        ON CONFLICT ON CONSTRAINT week_review_pkey DO UPDATE
        SET reviewed_at = now(), reviewed_by = excluded.reviewed_by, reviewed_by_name = excluded.reviewed_by_name,
            note = excluded.note
    RETURNING w.* INTO r;
    RETURN review_json(r);
END
$$;
COMMENT ON FUNCTION review_week(jsonb) IS 'ReviewService/ReviewWeek: the review.';

GRANT EXECUTE ON FUNCTION caseload_on(uuid, date), contacts_to_reach(integer, date), week_of(text, date, text),
    review_json(week_review), review_line(specialist, date), get_week(jsonb), review_week(jsonb) TO canvass_app;

COMMIT;
