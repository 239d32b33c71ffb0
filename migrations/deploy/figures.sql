-- Deploy canvass:figures to pg

-- The reports themselves (report.sql says how they are counted), and the rules they count by: fidelity
-- anchors and funders' outcomes, as rows with the day from which they hold. DOMAIN.md sections 1 and 6.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- what the log has to remember ----

-- Wishes change, and discharge takes them away: whether a visit fitted them is noted when it is
-- recorded, beside the client it was for.
ALTER TABLE visit_client ADD COLUMN fits_plan boolean;
COMMENT ON COLUMN visit_client.fits_plan IS 'The role in mind was one of the client''s wishes when the visit was recorded; NULL where there was no role or no wish.';

CREATE FUNCTION fits_plan(client uuid, role_soc text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT bool_or(starts_with(role_soc, o.soc) OR starts_with(o.soc, role_soc))
      FROM client_occupation o WHERE o.client_id = fits_plan.client
$$;
COMMENT ON FUNCTION fits_plan(uuid, text) IS 'Whether a role is within what a client would like, at any level of SOC 2020; NULL where either is not known.';

CREATE FUNCTION visit_fits_plan() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    v visit;
    was record;
BEGIN
    SELECT * INTO v FROM visit x WHERE x.id = NEW.visit_id;
    SELECT o.role_soc, l.client_id, l.fits_plan INTO was
      FROM visit o JOIN visit_client l ON l.visit_id = o.id WHERE o.id = v.replaces_id;
    -- Putting another thing right does not ask the wishes again.
    NEW.fits_plan := CASE WHEN was.client_id = NEW.client_id AND was.role_soc IS NOT DISTINCT FROM v.role_soc
                          THEN was.fits_plan ELSE fits_plan(NEW.client_id, v.role_soc) END;
    RETURN NEW;
END
$$;
CREATE TRIGGER fits_plan BEFORE INSERT ON visit_client FOR EACH ROW EXECUTE FUNCTION visit_fits_plan();

-- A period of a team is read from here and nothing else of the log.
CREATE INDEX visit_team ON visit (team_id, at) INCLUDE (id, specialist_id, employer_id, mode, generic);

-- ---- fidelity ----

CREATE TABLE fidelity_item (
    item          integer PRIMARY KEY CHECK (item BETWEEN 1 AND 25),
    title         text NOT NULL,
    -- The total line of this report, in this column.
    report        text COLLATE "C" NOT NULL,
    figure        text COLLATE "C" NOT NULL,
    -- A second figure that an anchor can ask for.
    second_figure text COLLATE "C",
    unit          text NOT NULL
);
COMMENT ON TABLE fidelity_item IS 'Items of the IPS fidelity scale that the log can measure, and where each is measured.';

CREATE TABLE fidelity_anchor (
    item           integer NOT NULL REFERENCES fidelity_item,
    effective_from date NOT NULL,
    score          integer NOT NULL,
    -- From this figure on, until just below that one.
    figures        numrange NOT NULL,
    -- The second figure is at least this.
    second_least   numeric,
    source         text NOT NULL,
    PRIMARY KEY (item, effective_from, score),
    CONSTRAINT fidelity_anchor_score CHECK (score BETWEEN 1 AND 5),
    CONSTRAINT fidelity_anchor_figures CHECK (NOT isempty(figures)),
    CONSTRAINT fidelity_anchor_apart EXCLUDE USING gist (item WITH =, effective_from WITH =, figures WITH &&)
);
COMMENT ON TABLE fidelity_anchor IS 'Which figure gives which score, by the day from which a scale holds; the item''s rows of that day hold together.';
COMMENT ON CONSTRAINT fidelity_anchor_pkey ON fidelity_anchor IS 'score: This item has an anchor of that score from that day.';
COMMENT ON CONSTRAINT fidelity_anchor_score ON fidelity_anchor IS 'score: A score is 1 to 5.';
COMMENT ON CONSTRAINT fidelity_anchor_figures ON fidelity_anchor IS 'figures: An anchor has a figure from which on it holds, below the one where it ends.';
COMMENT ON CONSTRAINT fidelity_anchor_apart ON fidelity_anchor IS 'figures: This anchor overlaps another of the same item and day; one figure has one score.';

-- ---- outcomes ----

CREATE TYPE outcome_cohort AS ENUM ('entered', 'started');
COMMENT ON TYPE outcome_cohort IS 'Of whom: clients out of work who entered in the period, or clients who started a job in it.';

CREATE TABLE outcome_rule (
    name             text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z0-9-]{1,40}$'),
    effective_from   date NOT NULL,
    -- Until just before this day; NULL: still.
    effective_until  date CHECK (effective_until > effective_from),
    place            integer NOT NULL,
    funder           text NOT NULL,
    title            text NOT NULL,
    cohort           outcome_cohort NOT NULL,
    -- Within so many days after entry; NULL: whenever.
    within_days      integer CHECK (within_days > 0),
    -- Paid hours altogether, in tenths.
    paid_tenths      integer CHECK (paid_tenths > 0),
    -- Weeks with at least so many hours, in tenths, so many of them in a row of so many.
    week_tenths      integer CHECK (week_tenths > 0),
    weeks            integer CHECK (weeks BETWEEN 1 AND 104),
    weeks_among      integer CHECK (weeks_among BETWEEN weeks AND 156),
    -- A week of a pause lengthens the row by one.
    pauses_extend    boolean NOT NULL DEFAULT false,
    -- Hours a week at the start, in tenths: from this, to below that.
    start_from       integer CHECK (start_from >= 0),
    start_below      integer CHECK (start_below > start_from),
    benchmark        numeric CHECK (benchmark BETWEEN 0 AND 100),
    source           text NOT NULL,
    PRIMARY KEY (name, effective_from),
    -- One of the three tests.
    CHECK (num_nonnulls(paid_tenths, week_tenths, start_from) = 1),
    CHECK (num_nonnulls(week_tenths, weeks, weeks_among) IN (0, 3)),
    CHECK (start_from IS NULL OR cohort = 'started'),
    CONSTRAINT outcome_rule_apart EXCLUDE USING gist (name WITH =, daterange(effective_from, effective_until) WITH &&)
);
COMMENT ON TABLE outcome_rule IS 'What each funder counts as an outcome, by the days on which the rule holds.';
COMMENT ON CONSTRAINT outcome_rule_apart ON outcome_rule IS 'effective_from: This rule overlaps another of the same name; end the earlier one first.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['fidelity_item', 'fidelity_anchor', 'outcome_rule'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        EXECUTE format('CREATE POLICY callers ON %I FOR SELECT TO canvass_app
                            USING ((SELECT canvass.actor()) IS NOT NULL)', t);
        EXECUTE format('GRANT SELECT ON %I TO canvass_app', t);
    END LOOP;
END
$$;

INSERT INTO fidelity_item (item, title, report, figure, second_figure, unit) VALUES
    (1, 'Caseload of a full-time specialist', 'caseload', 'per_full_time', NULL, 'clients'),
    (15, 'Rapid search: from entry to the first face-to-face contact with an employer', 'first-contact', 'days', NULL, 'days'),
    (16, 'Individual search: contacts that reflect the client''s plan', 'plan', 'share', NULL, '%'),
    (17, 'Frequent contact: face to face, for a client, a specialist and week', 'contacts', 'pace', 'reviewed_share', 'contacts'),
    (19, 'Diversity of job types', 'jobs', 'types_share', NULL, '%'),
    (20, 'Diversity of employers', 'jobs', 'employers_share', NULL, '%'),
    (21, 'Competitive, permanent jobs', 'jobs', 'competitive_share', NULL, '%'),
    (23, 'Support without an end, on the rhythm', 'support', 'share', NULL, '%'),
    (24, 'Time in the community', 'community', 'share', NULL, '%');

-- Only the anchors of item 1 were readable; the others are believed (DOMAIN.md section 1).
INSERT INTO fidelity_anchor (item, effective_from, score, figures, second_least, source)
SELECT a.item, '2000-01-01', a.score, a.figures::numrange, a.second_least,
       CASE a.item WHEN 1 THEN 'Centre for Mental Health, the IPS fidelity scale (UK)' WHEN 23 THEN 'Assumed steps towards "all" of item 23'
                   ELSE 'IPS fidelity scale, 25 items; anchors believed, not read' END
  FROM (VALUES (1, 5, '[,21)', NULL::numeric), (1, 4, '[21,26)', NULL), (1, 3, '[26,31)', NULL), (1, 2, '[31,41)', NULL), (1, 1, '[41,)', NULL),
               (15, 5, '[,31)', NULL), (15, 4, '[31,61)', NULL), (15, 3, '[61,151)', NULL), (15, 2, '[151,271)', NULL), (15, 1, '[271,)', NULL),
               (16, 1, '[,25)', NULL), (16, 2, '[25,50)', NULL), (16, 3, '[50,75)', NULL), (16, 4, '[75,90)', NULL), (16, 5, '[90,)', NULL),
               (17, 1, '[,2)', NULL), (17, 2, '[2,4)', NULL), (17, 3, '[4,5)', 23), (17, 4, '[5,6)', 100), (17, 5, '[6,)', 100),
               (19, 1, '[,50)', NULL), (19, 2, '[50,60)', NULL), (19, 3, '[60,70)', NULL), (19, 4, '[70,85)', NULL), (19, 5, '[85,)', NULL),
               (20, 1, '[,50)', NULL), (20, 2, '[50,60)', NULL), (20, 3, '[60,70)', NULL), (20, 4, '[70,85)', NULL), (20, 5, '[85,)', NULL),
               (21, 1, '[,65)', NULL), (21, 2, '[65,75)', NULL), (21, 3, '[75,85)', NULL), (21, 4, '[85,95)', NULL), (21, 5, '[95,)', NULL),
               (23, 1, '[,25)', NULL), (23, 2, '[25,50)', NULL), (23, 3, '[50,75)', NULL), (23, 4, '[75,95)', NULL), (23, 5, '[95,)', NULL),
               (24, 1, '[,30)', NULL), (24, 2, '[30,40)', NULL), (24, 3, '[40,50)', NULL), (24, 4, '[50,65)', NULL), (24, 5, '[65,)', NULL))
       AS a (item, score, figures, second_least);

INSERT INTO outcome_rule (name, effective_from, place, funder, title, cohort, within_days, paid_tenths, week_tenths, weeks,
                          weeks_among, pauses_extend, start_from, start_below, benchmark, source) VALUES
    ('ips-grow-start', '2000-01-01', 1, 'IPS Grow', 'job start: 4 paid hours', 'entered', NULL, 40, NULL, NULL, NULL, false, NULL, NULL, 40,
     'IPS Grow reporting tool; rate over clients out of work, benchmark of April 2024'),
    ('ipspc-start', '2000-01-01', 2, 'IPSPC', 'sustained: 7 hours a week in 13 weeks of 16', 'entered', NULL, NULL, 70, 13, 16, false, NULL, NULL, NULL,
     'gov.uk, IPS in Primary Care guidance, December 2023'),
    ('ipspc-16', '2000-01-01', 3, 'IPSPC', 'sustained: 16 hours a week in 13 weeks of 16', 'entered', NULL, NULL, 160, 13, 16, false, NULL, NULL, NULL,
     'gov.uk, IPS in Primary Care guidance, December 2023: also reported'),
    ('ips-ad', '2000-01-01', 4, 'IPS-AD', 'job start: 1 day (7 hours) within 18 months', 'entered', 548, 70, NULL, NULL, NULL, false, NULL, NULL, NULL,
     'gov.uk, IPS-AD main findings, January 2024'),
    ('weeks-13', '2000-01-01', 5, 'All', 'in work for 13 weeks', 'started', NULL, NULL, 1, 13, 13, true, NULL, NULL, NULL, 'Believed'),
    ('weeks-26', '2000-01-01', 6, 'All', 'in work for 26 weeks', 'started', NULL, NULL, 1, 26, 26, true, NULL, NULL, NULL, 'Believed'),
    ('weeks-52', '2000-01-01', 7, 'All', 'in work for 52 weeks', 'started', NULL, NULL, 1, 52, 52, true, NULL, NULL, NULL, 'Believed'),
    ('hours-under-16', '2000-01-01', 8, 'All', 'started on under 16 hours a week', 'started', NULL, NULL, NULL, NULL, NULL, false, 0, 160, NULL, 'Believed'),
    ('hours-16-29', '2000-01-01', 9, 'All', 'started on 16 to under 30 hours a week', 'started', NULL, NULL, NULL, NULL, NULL, false, 160, 300, NULL, 'Believed'),
    ('hours-30', '2000-01-01', 10, 'All', 'started on 30 hours a week or more', 'started', NULL, NULL, NULL, NULL, NULL, false, 300, NULL, NULL, 'Believed');

-- ---- what reports read ----

-- Without SET clauses, so that they become part of the statements that read them.
CREATE FUNCTION reported_visits(s report_scope)
RETURNS TABLE (id uuid, specialist_id uuid, employer_id uuid, at timestamptz, mode visit_mode, generic boolean, role_soc text)
LANGUAGE sql STABLE
AS $$
    SELECT v.id, v.specialist_id, v.employer_id, v.at, v.mode, v.generic, v.role_soc
      FROM canvass.visit v
     WHERE v.team_id = ANY ((s).teams) AND v.at >= (s).from_at AND v.at < (s).before_at
       AND ((s).specialist_id IS NULL OR v.specialist_id = (s).specialist_id)
       AND NOT EXISTS (SELECT FROM canvass.visit r WHERE r.replaces_id = v.id)
$$;
COMMENT ON FUNCTION reported_visits(report_scope) IS 'The visits of a scope that no correction replaced.';

CREATE FUNCTION reported_clients(s report_scope) RETURNS SETOF client
LANGUAGE sql STABLE
AS $$
    SELECT c.* FROM canvass.client c
     WHERE c.team_id = ANY ((s).teams) AND ((s).specialist_id IS NULL OR c.specialist_id = (s).specialist_id)
       AND c.entered_on <= (s).until_on
$$;

CREATE FUNCTION reported_jobs(s report_scope) RETURNS SETOF job
LANGUAGE sql STABLE
AS $$
    SELECT j.* FROM canvass.job j
     WHERE j.team_id = ANY ((s).teams) AND j.starts_on BETWEEN (s).from_on AND (s).until_on
       AND ((s).specialist_id IS NULL OR j.specialist_id = (s).specialist_id)
$$;
COMMENT ON FUNCTION reported_jobs(report_scope) IS 'The jobs that began in the period of a scope.';

CREATE FUNCTION reported_specialists(s report_scope) RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE
AS $$
    SELECT x.id, x.name FROM canvass.specialist x
     WHERE x.team_id = ANY ((s).teams) AND x.active AND 'specialist' = ANY (x.roles)
       AND ((s).specialist_id IS NULL OR x.id = (s).specialist_id)
$$;

-- The line of a specialist; one fact of it has the words.
CREATE FUNCTION specialist_line(of_specialist uuid) RETURNS report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT (coalesce(of_specialist::text, 'nobody'), x.name, ARRAY[x.name], '{}'::text[], NULL, NULL, NULL, NULL, NULL, NULL, NULL)::report_fact
      FROM (SELECT coalesce((SELECT p.name FROM specialist p WHERE p.id = of_specialist), 'nobody yet') AS name) AS x
$$;

-- ---- contacts: item 17 ----

CREATE FUNCTION contacts_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH seen AS MATERIALIZED (
        SELECT v.id, v.specialist_id, v.employer_id, v.mode = 'in_person' AS face, v.generic,
               (v.at AT TIME ZONE 'Europe/London')::date AS on_day,
               date_trunc('week', v.at AT TIME ZONE 'Europe/London')::date AS week
          FROM reported_visits(s) AS v
    ), person AS (
        SELECT p.id, p.name FROM reported_specialists(s) AS p
        UNION
        SELECT x.id, x.name FROM specialist x WHERE x.id IN (SELECT v.specialist_id FROM seen v)
    ), week AS (
        SELECT g.monday::date AS monday, least(g.monday::date + 6, s.until_on, s.now_on) AS last,
               g.monday::date >= s.from_on AND g.monday::date + 6 <= s.until_on AND g.monday::date + 6 < london_today() AS is_whole
          FROM generate_series(date_trunc('week', s.from_on::timestamp), s.now_on::timestamp, '7 days') AS g (monday)
    ), seeking AS MATERIALIZED (
        -- The days on which each client looked for a job: neither paused, nor in work.
        SELECT c.specialist_id,
               datemultirange(daterange(c.entered_on, CASE WHEN c.discharged_at IS NOT NULL THEN greatest(c.entered_on, london_day(c.discharged_at)) END))
               - coalesce((SELECT range_agg(daterange(london_day(p.began_at), london_day(p.ended_at)))
                             FROM client_pause p WHERE p.client_id = c.id), '{}')
               - coalesce((SELECT range_agg(daterange(j.starts_on, j.ends_on, '[]')) FROM job j WHERE j.client_id = c.id), '{}') AS days
          FROM reported_clients(s) AS c
         WHERE c.discharged_at IS NULL OR c.discharged_at >= s.from_at
    ), seekers AS (
        SELECT k.specialist_id, w.monday, count(*) AS n FROM week w JOIN seeking k ON k.days @> w.last GROUP BY 1, 2
    ), done AS (
        SELECT v.specialist_id, v.week, count(*) AS n FROM seen v WHERE v.face AND NOT v.generic GROUP BY 1, 2
    ), looked_at AS MATERIALIZED (
        SELECT r.specialist_id, r.week_on FROM week_review r
         WHERE r.team_id = ANY (s.teams) AND r.week_on BETWEEN s.from_on - 6 AND s.until_on
    ), line AS (
        SELECT p.id, p.name, w.monday, w.is_whole, coalesce(k.n, 0) AS seekers, coalesce(d.n, 0) AS contacts,
               t.contacts AS usual, CASE WHEN coalesce(k.n, 0) < t.few_seekers THEN coalesce(k.n, 0) * t.per_seeker ELSE t.contacts END AS target,
               r.specialist_id IS NOT NULL AS is_reviewed
          FROM person p CROSS JOIN week w
         CROSS JOIN LATERAL (SELECT * FROM contact_target x WHERE x.effective_from <= w.monday ORDER BY x.effective_from DESC LIMIT 1) AS t
          LEFT JOIN seekers k ON k.specialist_id = p.id AND k.monday = w.monday
          LEFT JOIN done d ON d.specialist_id = p.id AND d.week = w.monday
          LEFT JOIN looked_at r ON r.specialist_id = p.id AND r.week_on = w.monday
    )
    SELECT l.id || ':' || l.monday, l.name || ' ' || l.monday, ARRAY[l.name, l.monday::text], ARRAY['job_seekers'],
           l.seekers::numeric, NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM line l
    UNION ALL
    SELECT l.id || ':' || l.monday, NULL, NULL, ARRAY['target'], l.target::numeric, NULL, NULL, NULL, NULL, NULL, NULL FROM line l
    UNION ALL
    SELECT l.id || ':' || l.monday, NULL, NULL,
           ARRAY['weeks'] || CASE WHEN l.target > 0 AND l.contacts >= l.target THEN ARRAY['reached'] ELSE '{}' END
               || CASE WHEN l.is_reviewed THEN ARRAY['reviewed'] ELSE '{}' END,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL
      FROM line l WHERE l.is_whole
    UNION ALL
    -- With few to look for, a week counts as it stands to its own target; but that would tell how few.
    SELECT l.id || ':' || l.monday, NULL, NULL, ARRAY['pace'], CASE WHEN s.is_hidden THEN l.contacts ELSE l.contacts * l.usual / l.target::numeric END,
           NULL, NULL, NULL, NULL, NULL, NULL
      FROM line l WHERE l.is_whole AND (s.is_hidden OR l.target > 0)
    UNION ALL
    SELECT v.specialist_id || ':' || v.week, NULL, NULL,
           CASE WHEN NOT v.face THEN ARRAY['other'] WHEN v.generic THEN ARRAY['face_to_face'] ELSE ARRAY['face_to_face', 'for_client'] END,
           NULL, NULL, v.employer_id, 'visit', v.id, NULL, v.on_day
      FROM seen v
$$;

-- ---- from entry to the first contact: item 15 ----

CREATE FUNCTION first_contact_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT (specialist_line(p.id)).* FROM reported_specialists(s) AS p
    UNION ALL
    SELECT (l.f).key, (l.f).sort, (l.f).labels,
           CASE WHEN f.on_day IS NULL THEN ARRAY['entered'] ELSE ARRAY['entered', 'met', 'days'] END,
           greatest(0, f.on_day - c.entered_on), NULL, NULL, 'client', c.id, c.id, c.entered_on
      FROM reported_clients(s) AS c
     CROSS JOIN LATERAL (SELECT specialist_line(c.specialist_id)) AS l (f)
     CROSS JOIN LATERAL (
        SELECT london_day(min(v.at)) FROM visit_client x JOIN visit v ON v.id = x.visit_id
         WHERE x.client_id = c.id AND v.mode = 'in_person' AND london_day(v.at) <= s.now_on
           AND NOT EXISTS (SELECT FROM visit r WHERE r.replaces_id = v.id)) AS f (on_day)
     WHERE c.entered_on >= s.from_on
$$;

-- ---- contacts that reflect the client's plan: item 16 ----

CREATE FUNCTION plan_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT (specialist_line(p.id)).* FROM reported_specialists(s) AS p
    UNION ALL
    SELECT (specialist_line(p.id)).* FROM (SELECT DISTINCT v.specialist_id FROM reported_visits(s) AS v
                                            WHERE v.mode = 'in_person' AND NOT v.generic) AS p (id)
    UNION ALL
    SELECT v.specialist_id::text, NULL, NULL,
           ARRAY['contacts'] || CASE WHEN x.fits_plan THEN ARRAY['known', 'reflecting'] WHEN NOT x.fits_plan THEN ARRAY['known'] ELSE '{}' END,
           NULL, NULL, v.employer_id, 'visit', v.id, x.client_id, london_day(v.at)
      FROM reported_visits(s) AS v JOIN visit_client x ON x.visit_id = v.id
     WHERE v.mode = 'in_person'
$$;

-- ---- job starts: items 19, 20 and 21 ----

CREATE FUNCTION jobs_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT (specialist_line(p.id)).* FROM reported_specialists(s) AS p
    UNION ALL
    SELECT (l.f).key, (l.f).sort, (l.f).labels,
           ARRAY['starts', 'types', 'employers']
               || CASE WHEN j.competitive AND (job_terms_on(j.id, j.starts_on)).permanent THEN ARRAY['competitive'] ELSE '{}' END,
           NULL, j.soc, j.employer_id, 'job', j.id, j.client_id, j.starts_on
      FROM reported_jobs(s) AS j CROSS JOIN LATERAL (SELECT specialist_line(j.specialist_id)) AS l (f)
$$;

-- ---- time in the community: item 24 ----

CREATE FUNCTION community_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH minutes AS (SELECT (working_time_on(s.until_on)).contact_minutes AS n),
    person AS MATERIALIZED (SELECT p.id FROM reported_specialists(s) AS p)
    SELECT (specialist_line(p.id)).* FROM person p
    UNION ALL
    SELECT p.id::text, NULL, NULL, ARRAY['contracted'],
           contracted_between(p.id, s.from_on, s.now_on),
           NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM person p
    UNION ALL
    SELECT v.specialist_id::text, NULL, NULL, ARRAY['contacts', 'outside'], m.n / 60.0, NULL, v.employer_id, 'visit', v.id, NULL, london_day(v.at)
      FROM minutes m, reported_visits(s) AS v JOIN person p ON p.id = v.specialist_id
     WHERE v.mode = 'in_person'
    UNION ALL
    SELECT x.specialist_id::text, NULL, NULL, ARRAY['support', 'outside'], m.n / 60.0, NULL, NULL, 'support', x.id, x.client_id, london_day(x.at)
      FROM minutes m, support x JOIN person p ON p.id = x.specialist_id
     WHERE x.team_id = ANY (s.teams) AND x.at >= s.from_at AND x.at < s.before_at AND x.mode = 'in_person'
$$;

-- ---- caseload: item 1 ----

CREATE FUNCTION caseload_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT p.id::text, p.name, ARRAY[p.name], ARRAY['full_time'],
           contracted_on(p.id, s.now_on)::numeric / (working_time_on(s.now_on)).full_time_tenths,
           NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM reported_specialists(s) AS p
    UNION ALL
    SELECT (l.f).key, (l.f).sort, (l.f).labels,
           ARRAY['clients'] || CASE WHEN p.id IS NOT NULL THEN ARRAY['paused'] ELSE '{}' END,
           NULL, NULL, NULL, 'client', c.id, c.id, c.entered_on
      FROM reported_clients(s) AS c CROSS JOIN LATERAL (SELECT specialist_line(c.specialist_id)) AS l (f)
      LEFT JOIN LATERAL (SELECT x.id FROM client_pause x
                          WHERE x.client_id = c.id AND x.began_at < london_midnight(s.now_on + 1)
                            AND (x.ended_at IS NULL OR x.ended_at >= london_midnight(s.now_on + 1)) LIMIT 1) AS p ON true
     WHERE c.entered_on <= s.now_on AND (c.discharged_at IS NULL OR c.discharged_at >= london_midnight(s.now_on + 1))
$$;

-- ---- support on the rhythm: item 23 ----

-- Each stretch of days in which a job asked for support of the client, that ended by a day.
CREATE FUNCTION support_asked(j job, until_on date)
RETURNS TABLE (phase support_phase, from_on date, to_on date)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT 'before_start'::support_phase, j.starts_on - (support_rule_on('before_start', j.starts_on)).days, j.starts_on - 1
    UNION ALL
    SELECT 'after_start', j.starts_on, j.starts_on + (support_rule_on('after_start', j.starts_on)).days
    UNION ALL
    SELECT 'first_month', d::date, d::date + r.days - 1
      FROM (SELECT (support_rule_on('first_month', j.starts_on)).days) AS r (days),
           generate_series(j.starts_on::timestamp, first_month_ends(j.starts_on)::timestamp - make_interval(days => r.days), make_interval(days => r.days)) AS d
     WHERE d::date + r.days - 1 <= coalesce(j.ends_on, until_on)
    UNION ALL
    SELECT 'onward', d::date, d::date + r.days - 1
      FROM (SELECT (support_rule_on('onward', j.starts_on)).days) AS r (days),
           generate_series(first_month_ends(j.starts_on)::timestamp, coalesce(j.ends_on, until_on)::timestamp, make_interval(days => r.days)) AS d
     WHERE d::date + r.days - 1 <= coalesce(j.ends_on, until_on)
    UNION ALL
    SELECT 'after_loss', j.ends_on, j.ends_on + (support_rule_on('after_loss', j.ends_on)).days
     WHERE j.ends_on IS NOT NULL
$$;

CREATE FUNCTION support_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT p.phase::text, p.n::text, ARRAY[p.words], '{}', NULL::numeric, NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM (VALUES (1, 'before_start'::support_phase, 'before the start'), (2, 'after_start', 'just after the start'),
                   (3, 'first_month', 'in the first month'), (4, 'onward', 'after the first month'),
                   (5, 'after_loss', 'after the job ended')) AS p (n, phase, words)
    UNION ALL
    SELECT a.phase::text, NULL, NULL,
           CASE WHEN EXISTS (SELECT FROM support x WHERE x.client_id = j.client_id AND x.given_to = 'client'
                                AND x.at >= london_midnight(a.from_on) AND x.at < london_midnight(a.to_on + 1))
                THEN ARRAY['asked', 'given'] ELSE ARRAY['asked'] END,
           NULL, NULL, j.employer_id, 'job', j.id, j.client_id, a.to_on
      FROM job j JOIN client c ON c.id = j.client_id
     CROSS JOIN LATERAL support_asked(j, s.now_on) AS a
     WHERE j.team_id = ANY (s.teams) AND j.starts_on <= s.until_on + 31 AND coalesce(j.ends_on, s.until_on) >= s.from_on - 31
       AND (s.specialist_id IS NULL OR j.specialist_id = s.specialist_id)
       AND a.to_on BETWEEN s.from_on AND s.now_on - 1
       -- Whoever was discharged is not followed any more.
       AND (c.discharged_at IS NULL OR london_day(c.discharged_at) > a.to_on)
$$;

-- ---- outcomes by each funder's rule ----

-- Hours worked in a stretch of days, in tenths: the terms' hours a week by the day, without lost shifts.
CREATE FUNCTION worked_tenths(client uuid, days daterange) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT coalesce((SELECT sum((upper(x.days) - lower(x.days)) * x.hours_tenths / 7.0)
                       FROM (SELECT t.hours_tenths,
                                    daterange(t.from_on, lead(t.from_on) OVER (PARTITION BY t.job_id ORDER BY t.from_on))
                                    * daterange(j.starts_on, j.ends_on, '[]') * worked_tenths.days AS days
                               FROM job_terms t JOIN job j ON j.id = t.job_id WHERE j.client_id = client) AS x
                      WHERE NOT isempty(x.days)), 0)
           - coalesce((SELECT sum(l.hours_tenths) FROM lost_shift l WHERE l.client_id = client AND l.on_day <@ worked_tenths.days), 0)
$$;
COMMENT ON FUNCTION worked_tenths(uuid, daterange) IS 'Paid hours that a client worked in these days, all jobs together, in tenths.';

-- Weeks of a row that begins on a day, each pause of a week within it making it a week longer.
CREATE FUNCTION weeks_of_row(client uuid, starts_on date, weeks integer, pauses_extend boolean) RETURNS integer
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT weeks + CASE WHEN pauses_extend THEN coalesce((
        SELECT sum(greatest(0, least(london_day(p.ended_at), starts_on + 7 * weeks) - greatest(london_day(p.began_at), starts_on)))::integer / 7
          FROM client_pause p WHERE p.client_id = weeks_of_row.client AND p.began_at < london_midnight(starts_on + 7 * weeks)
           AND coalesce(p.ended_at, now()) > london_midnight(starts_on)), 0) ELSE 0 END
$$;

CREATE FUNCTION has_worked_weeks(client uuid, starts_on date, r outcome_rule, until_on date) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT count(*) FILTER (WHERE worked_tenths(client, daterange(starts_on + 7 * k, starts_on + 7 * k + 7)) >= r.week_tenths) >= r.weeks
      FROM generate_series(0, weeks_of_row(client, starts_on, r.weeks_among, r.pauses_extend) - 1) AS k
     WHERE starts_on + 7 * k + 7 <= until_on + 1
$$;
COMMENT ON FUNCTION has_worked_weeks(uuid, date, outcome_rule, date) IS 'Whether the row of weeks from a day on, as far as it is over, has as many with the hours as the rule asks.';

CREATE FUNCTION outcomes_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    r outcome_rule;
    today date := london_today();
BEGIN
    FOR r IN SELECT * FROM outcome_rule o
              WHERE o.effective_from <= s.until_on AND (o.effective_until IS NULL OR o.effective_until > s.until_on) ORDER BY o.place LOOP
        RETURN NEXT (r.name, r.place, ARRAY[r.funder, r.title], '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL)::report_fact;
        IF r.benchmark IS NOT NULL THEN
            RETURN NEXT (r.name, NULL, NULL, ARRAY['benchmark'], r.benchmark, NULL, NULL, NULL, NULL, NULL, NULL)::report_fact;
        END IF;
        RETURN QUERY
        WITH cohort AS (
            SELECT c.id, c.entered_on AS since, NULL::uuid AS job_id FROM reported_clients(s) AS c
             WHERE r.cohort = 'entered' AND c.entered_on >= s.from_on
               AND NOT EXISTS (SELECT FROM job j WHERE j.client_id = c.id AND j.starts_on < c.entered_on AND coalesce(j.ends_on, c.entered_on) >= c.entered_on)
            UNION ALL
            (SELECT DISTINCT ON (j.client_id) j.client_id, j.starts_on, j.id FROM reported_jobs(s) AS j
              WHERE r.cohort = 'started' ORDER BY j.client_id, j.starts_on, j.id)
        ), tested AS (
            SELECT k.*,
                   CASE WHEN r.start_from IS NOT NULL THEN
                             (job_terms_on(k.job_id, k.since)).hours_tenths >= r.start_from
                             AND (r.start_below IS NULL OR (job_terms_on(k.job_id, k.since)).hours_tenths < r.start_below)
                        WHEN r.paid_tenths IS NOT NULL THEN
                             worked_tenths(k.id, daterange(k.since, least(today + 1, k.since + r.within_days))) >= r.paid_tenths
                        WHEN r.cohort = 'started' THEN has_worked_weeks(k.id, k.since, r, today)
                        ELSE EXISTS (SELECT FROM job j WHERE j.client_id = k.id AND j.starts_on >= k.since
                                        AND (r.within_days IS NULL OR j.starts_on < k.since + r.within_days)
                                        AND has_worked_weeks(k.id, j.starts_on, r, today)) END AS is_reached,
                   -- Not over: a row of weeks, or the days after entry.
                   CASE WHEN r.start_from IS NOT NULL THEN false
                        WHEN r.cohort = 'started' THEN k.since + 7 * weeks_of_row(k.id, k.since, r.weeks_among, r.pauses_extend) > today
                        WHEN r.within_days IS NOT NULL THEN k.since + r.within_days > today
                        ELSE EXISTS (SELECT FROM job j WHERE j.client_id = k.id AND j.ends_on IS NULL AND r.weeks IS NOT NULL
                                        AND j.starts_on + 7 * weeks_of_row(k.id, j.starts_on, r.weeks_among, r.pauses_extend) > today) END AS is_open
              FROM cohort k
        )
        SELECT r.name, NULL::text, NULL::text[],
               CASE WHEN t.is_reached THEN ARRAY['clients', 'reached'] WHEN t.is_open THEN ARRAY['clients', 'open'] ELSE ARRAY['clients'] END,
               NULL::numeric, NULL::text, NULL::uuid, CASE WHEN t.job_id IS NULL THEN 'client' ELSE 'job' END, coalesce(t.job_id, t.id), t.id, t.since
          FROM tested t;
    END LOOP;
END
$$;

-- ---- status at entry and now: figure 1 ----

CREATE FUNCTION status_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT x.key, x.n::text, ARRAY[x.words], '{}', NULL::numeric, NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM (VALUES (1, 'in_work', 'in work'), (2, 'on_trial', 'on a trial'), (3, 'looking', 'looking for work'), (4, 'paused', 'paused'),
                   (5, 'left_in_work', 'left, in work'), (6, 'left', 'left, not in work')) AS x (n, key, words)
    UNION ALL
    SELECT CASE WHEN EXISTS (SELECT FROM job j WHERE j.client_id = c.id AND j.starts_on < c.entered_on AND coalesce(j.ends_on, c.entered_on) >= c.entered_on)
                THEN 'in_work' ELSE 'looking' END,
           NULL, NULL, ARRAY['entry'], NULL, NULL, NULL, 'client', c.id, c.id, c.entered_on
      FROM reported_clients(s) AS c WHERE c.discharged_at IS NULL OR c.discharged_at >= s.from_at
    UNION ALL
    SELECT CASE WHEN c.discharged_at < london_midnight(s.now_on + 1) THEN CASE WHEN c.discharge_reason = 'in_work' THEN 'left_in_work' ELSE 'left' END
                WHEN EXISTS (SELECT FROM job j WHERE j.client_id = c.id AND j.starts_on <= s.now_on AND coalesce(j.ends_on, s.now_on) >= s.now_on) THEN 'in_work'
                WHEN EXISTS (SELECT FROM client_pause p WHERE p.client_id = c.id AND p.began_at < london_midnight(s.now_on + 1)
                                AND (p.ended_at IS NULL OR p.ended_at >= london_midnight(s.now_on + 1))) THEN 'paused'
                WHEN EXISTS (SELECT FROM trial t WHERE t.client_id = c.id AND t.began_at IS NOT NULL AND t.kind <> 'taster'
                                AND s.now_on BETWEEN t.starts_on AND least(t.ends_on, coalesce(london_day(t.ended_at), t.ends_on))) THEN 'on_trial'
                ELSE 'looking' END,
           NULL, NULL, ARRAY['now'], NULL, NULL, NULL, 'client', c.id, c.id, c.entered_on
      FROM reported_clients(s) AS c WHERE c.discharged_at IS NULL OR c.discharged_at >= s.from_at
$$;

-- ---- job starts by SOC major group: figure 2 ----

CREATE FUNCTION soc_major(n integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (ARRAY['Managers, directors and senior officials', 'Professional', 'Associate professional', 'Administrative and secretarial',
              'Skilled trades', 'Caring, leisure and other service', 'Sales and customer service', 'Process, plant and machine operatives',
              'Elementary'])[n];
COMMENT ON FUNCTION soc_major(integer) IS 'The nine major groups of SOC 2020.';

CREATE FUNCTION starts_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT n::text, n::text, ARRAY[n::text, soc_major(n)], '{}', NULL::numeric, NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM generate_series(1, 9) AS n
    UNION ALL
    SELECT left(j.soc, 1), NULL, NULL, ARRAY['starts'], NULL, NULL, j.employer_id, 'job', j.id, j.client_id, j.starts_on
      FROM reported_jobs(s) AS j
$$;

-- ---- breadth ----

CREATE FUNCTION breadth_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH one AS MATERIALIZED (
        SELECT 'contacts' AS key, left(v.role_soc, 1) AS major, 'visit' AS subject, v.id, NULL::uuid AS client_id, v.employer_id, london_day(v.at) AS on_day
          FROM reported_visits(s) AS v WHERE v.role_soc IS NOT NULL AND v.mode = 'in_person'
        UNION ALL
        SELECT 'trials', left(t.soc, 1), 'trial', t.id, t.client_id, t.employer_id, t.starts_on
          FROM trial t WHERE t.team_id = ANY (s.teams) AND t.starts_on BETWEEN s.from_on AND s.until_on AND t.began_at IS NOT NULL AND t.soc IS NOT NULL
           AND (s.specialist_id IS NULL OR t.specialist_id = s.specialist_id)
        UNION ALL
        SELECT 'jobs', left(j.soc, 1), 'job', j.id, j.client_id, j.employer_id, j.starts_on FROM reported_jobs(s) AS j
    ), share AS (
        SELECT o.key, count(*)::numeric / sum(count(*)) OVER (PARTITION BY o.key) AS p FROM one o GROUP BY o.key, o.major
    ), spread AS (SELECT h.key, 1 / sum(h.p * h.p) AS breadth, 100 * max(h.p) AS largest FROM share h GROUP BY h.key)
    SELECT x.key, x.n::text, ARRAY[x.words], '{}', NULL::numeric, NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM (VALUES (1, 'contacts', 'contacts with a role in mind'), (2, 'trials', 'trials'), (3, 'jobs', 'job starts')) AS x (n, key, words)
    UNION ALL SELECT h.key, NULL, NULL, ARRAY['breadth'], h.breadth, NULL, NULL, NULL, NULL, NULL, NULL FROM spread h
    UNION ALL SELECT h.key, NULL, NULL, ARRAY['largest'], h.largest, NULL, NULL, NULL, NULL, NULL, NULL FROM spread h
    UNION ALL
    SELECT o.key, NULL, NULL, ARRAY['n', 'groups'], NULL, o.major, o.employer_id, o.subject, o.id, o.client_id, o.on_day FROM one o
$$;

-- ---- trials to jobs ----

CREATE FUNCTION trials_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT x.key, x.n::text, ARRAY[x.words], '{}', NULL::numeric, NULL, NULL::uuid, NULL, NULL::uuid, NULL::uuid, NULL::date
      FROM (VALUES (1, 'jobcentre_plus', 'Jobcentre Plus'), (2, 'private_unpaid', 'private, unpaid'), (3, 'paid', 'paid'), (4, 'taster', 'taster')) AS x (n, key, words)
    UNION ALL
    SELECT t.kind::text, NULL, NULL,
           ARRAY['trials'] || CASE WHEN t.ended_at IS NOT NULL THEN ARRAY['ended'] ELSE '{}' END
               || CASE WHEN t.outcome = 'offer' THEN ARRAY['offers'] ELSE '{}' END
               || CASE WHEN EXISTS (SELECT FROM job j WHERE j.trial_id = t.id) THEN ARRAY['jobs'] ELSE '{}' END,
           NULL, NULL, t.employer_id, 'trial', t.id, t.client_id, t.starts_on
      FROM trial t
     WHERE t.team_id = ANY (s.teams) AND t.starts_on BETWEEN s.from_on AND s.until_on AND t.began_at IS NOT NULL
       AND (s.specialist_id IS NULL OR t.specialist_id = s.specialist_id)
$$;

-- ---- the network ----

-- Of the borough of whoever asks: what it shared with others and they used, and what it used of theirs.
CREATE FUNCTION network_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH one AS (
        SELECT h.to_borough_id AS other, 'given' AS measure, 'share' AS subject, h.id, h.employer_id, london_day(h.given_at) AS on_day
          FROM contact_share h
         WHERE h.borough_id = s.borough_id AND h.given_at >= s.from_at AND h.given_at < s.before_at
           AND (s.specialist_id IS NULL OR h.given_by = s.specialist_id)
        UNION ALL
        SELECT u.borough_id, 'used_by_them', 'use', u.id, u.employer_id, london_day(u.at) FROM contact_use u
         WHERE u.owner_id = s.borough_id AND u.at >= s.from_at AND u.at < s.before_at AND s.specialist_id IS NULL
        UNION ALL
        SELECT h.borough_id, 'taken', 'share', h.id, h.employer_id, london_day(h.given_at) FROM contact_share h
         WHERE h.to_borough_id = s.borough_id AND h.given_at >= s.from_at AND h.given_at < s.before_at
           AND (s.specialist_id IS NULL OR h.to_specialist_id = s.specialist_id)
        UNION ALL
        SELECT u.owner_id, 'used_by_us', 'use', u.id, u.employer_id, london_day(u.at) FROM contact_use u
         WHERE u.borough_id = s.borough_id AND u.at >= s.from_at AND u.at < s.before_at
           AND (s.specialist_id IS NULL OR u.specialist_id = s.specialist_id)
    )
    SELECT o.other, b.name, ARRAY[b.name], ARRAY[o.measure], NULL::numeric, NULL, o.employer_id, o.subject, o.id, NULL::uuid, o.on_day
      FROM one o JOIN borough b ON b.id = o.other
$$;

-- ---- fidelity ----

CREATE FUNCTION fidelity_score(of_item integer, figure numeric, second numeric, d date) RETURNS integer
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    WITH scale AS (
        SELECT a.* FROM fidelity_anchor a
         WHERE a.item = of_item AND a.effective_from = (SELECT max(x.effective_from) FROM fidelity_anchor x WHERE x.item = of_item AND x.effective_from <= d)
    )
    -- What an anchor asks for besides takes the score down to the best that has it.
    SELECT max(a.score) FROM scale a
     WHERE a.score <= (SELECT x.score FROM scale x WHERE x.figures @> figure)
       AND (a.second_least IS NULL OR coalesce(second, 0) >= a.second_least)
$$;
COMMENT ON FUNCTION fidelity_score(integer, numeric, numeric, date) IS 'The score of a figure by the anchors that hold on a day.';

-- The total lines of the reports that measure an item, as the caller may read them.
CREATE FUNCTION fidelity_facts(s report_scope) RETURNS SETOF report_fact
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d report_definition;
    i fidelity_item;
    cols report_column[];
    total report_line;
    figure numeric;
    second numeric;
BEGIN
    FOR d IN SELECT * FROM report_definition r WHERE r.name IN (SELECT f.report FROM fidelity_item f) ORDER BY r.place LOOP
        cols := report_columns(d.name);
        SELECT l.* INTO total FROM unnest(report_lines(d, s)) AS l WHERE l.is_total;
        FOR i IN SELECT * FROM fidelity_item f WHERE f.report = d.name LOOP
            figure := total.figures[(SELECT o FROM unnest(cols) WITH ORDINALITY AS c (report, place, key, h, w, p, q, a, b, e, f, g, o) WHERE c.key = i.figure)];
            second := total.figures[(SELECT o FROM unnest(cols) WITH ORDINALITY AS c (report, place, key, h, w, p, q, a, b, e, f, g, o) WHERE c.key = i.second_figure)];
            RETURN NEXT (i.item, i.item, ARRAY[i.item::text, i.title, i.unit], '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL)::report_fact;
            IF figure IS NOT NULL THEN
                RETURN NEXT (i.item, NULL, NULL, ARRAY['figure'], figure, NULL, NULL, NULL, NULL, NULL, NULL)::report_fact;
                RETURN NEXT (i.item, NULL, NULL, ARRAY['score'], fidelity_score(i.item, round(figure, 1), round(second, 1), s.until_on), NULL, NULL, NULL, NULL, NULL, NULL)::report_fact;
                RETURN NEXT (i.item, NULL, NULL, ARRAY['of'], 5, NULL, NULL, NULL, NULL, NULL, NULL)::report_fact;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- ---- the list ----

INSERT INTO report_definition (name, place, title, definition, facts, labels, has_total, max_days, plot, plot_of) VALUES
    ('fidelity', 1, 'Fidelity',
     'Items of the IPS fidelity scale that the log can measure, each from the total of its own report, with the score that the anchors of the last day give. The total is of these items only: at most 5 for each that has a figure. The other items of the 25 are a reviewer''s to score, so it is not the scale''s total and has no grade.',
     'fidelity_facts', '{Item,What,Unit}', true, 400, NULL, '{}'),
    ('contacts', 2, 'Contacts with employers',
     'Contacts that specialists recorded, by London weeks from Monday; corrections count once. Item 17 counts those face to face with one client in mind; a second one at the same employer in a week counts, the client may be there or not; calls and letters are logged and do not count. The target is that of the rules: 6, or twice the job seekers where there are fewer than 3. Job seekers are neither paused nor in work. Weeks that are over and wholly in the period are weighed: as item 17 counts, one with few job seekers as it stands to its own target, one without any not at all; in what leaves the team each as it is, because that would tell how few there are. Reviewed: a lead marked the week.',
     'contacts_facts', '{Specialist,Week}', true, 400, 'lines', '{for_client}'),
    ('first-contact', 3, 'From entry to the first contact',
     'Of clients who entered in the period: days from entry to the first face-to-face contact with an employer for that client, by the last day of the period. The mean is over those who had one (item 15).',
     'first_contact_facts', '{Specialist}', true, 1100, NULL, '{}'),
    ('plan', 4, 'Contacts that reflect the client''s plan',
     'Of face-to-face contacts for a client: those whose role in mind was within the client''s wishes when the visit was recorded, at any level of SOC 2020 (item 16). A visit without a role, or for a client without wishes, does not show that it reflects them.',
     'plan_facts', '{Specialist}', true, 1830, NULL, '{}'),
    ('jobs', 5, 'Job starts',
     'Jobs that began in the period; trials and tasters are none. Different job types are SOC 2020 unit groups, and their share is of job starts (item 19), as is that of different employers (item 20). Competitive and permanent: open to anyone at the minimum wage or more, and permanent by the terms it began with (item 21).',
     'jobs_facts', '{Specialist}', true, 1830, NULL, '{}'),
    ('community', 6, 'Time in the community',
     'Hours outside: face-to-face contacts with employers and face-to-face support, each with the minutes of the rules (an hour, the way there with it), of contracted hours in the period (item 24). Leave and travel beyond that are not known; where no hours were set, full time is taken.',
     'community_facts', '{Specialist}', true, 1100, NULL, '{}'),
    ('caseload', 7, 'Caseload',
     'Clients supported at the end of the period, paused ones with them, and for each full-time specialist by contracted hours; where none were set, full time is taken (item 1).',
     'caseload_facts', '{Specialist}', true, 1830, NULL, '{}'),
    ('support', 8, 'Support on the rhythm',
     'Stretches of days in which a job asked for support of the client and that ended in the period, by the rhythm of the rules: within a week before the start, within 3 days after it, weekly in the first month, monthly after that without an end, within 3 days after the job ended. Given: somebody was in touch with the client in that stretch, in any way (item 23).',
     'support_facts', '{When}', true, 1830, NULL, '{}'),
    ('outcomes', 9, 'Outcomes by each funder''s rule',
     'Each rule of the funders, as it holds on the last day of the period. Of clients: those who entered in the period out of work, or those who started a job in it (their first). Hours are those of the terms, by the day, without shifts that were lost; trials are no work. Not yet: can still be reached, so that the rate can still rise.',
     'outcomes_facts', '{Funder,Outcome}', false, 740, 'bars', '{share}'),
    ('status', 10, 'Status at entry and now',
     'Clients who were supported at some time in the period: what they did when they entered, and on the last day of the period. In work: a job that is held. On a trial: one that runs, tasters left out.',
     'status_facts', '{Status}', true, 1830, 'bars', '{entry,now}'),
    ('starts', 11, 'Job starts by kind of work',
     'Jobs that began in the period, by major group of SOC 2020.',
     'starts_facts', '{Group,Kind of work}', true, 1830, 'bars', '{starts}'),
    ('breadth', 12, 'Breadth of choice',
     'How widely contacts with a role in mind, trials and job starts of the period spread over the nine major groups of SOC 2020. The index is the number of groups that would give the same spread if they were equally large: 1 where all is one kind of work, 9 at most. The last column is the share of the largest group.',
     'breadth_facts', '{What}', false, 1830, NULL, '{}'),
    ('trials', 13, 'From trials to jobs',
     'Trials of each kind that began in the period, those that are over, that led to an offer, and to a job that is recorded as theirs. A trial is no job start; a taster is watching, and assesses nobody.',
     'trials_facts', '{Kind}', true, 1830, NULL, '{}'),
    ('network', 14, 'The network',
     'People to talk to that this borough shared with each other borough in the period, how often those were opened there, and the other way round. People of employers, no clients.',
     'network_facts', '{Borough}', true, 1830, NULL, '{}');

INSERT INTO report_column (report, place, key, heading, how, part, whole, of_clients, full_only, in_total, part_of, hides_with) VALUES
    ('fidelity', 1, 'figure', 'Figure', 'mean', NULL, NULL, false, false, false, NULL, NULL),
    ('fidelity', 2, 'score', 'Score', 'sum', NULL, NULL, false, false, true, NULL, NULL),
    ('fidelity', 3, 'of', 'Of', 'sum', NULL, NULL, false, false, true, NULL, NULL),
    ('contacts', 1, 'face_to_face', 'Face to face', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('contacts', 2, 'for_client', 'For a client', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('contacts', 3, 'other', 'In other ways', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('contacts', 4, 'job_seekers', 'Job seekers', 'sum', NULL, NULL, true, true, false, NULL, NULL),
    ('contacts', 5, 'target', 'Target', 'sum', NULL, NULL, false, true, true, NULL, NULL),
    ('contacts', 6, 'reached', 'Reached', 'count', NULL, NULL, false, true, true, NULL, NULL),
    ('contacts', 7, 'weeks', 'Weeks over', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('contacts', 8, 'reviewed', 'Reviewed', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('contacts', 9, 'reviewed_share', '% reviewed', 'share', 'reviewed', 'weeks', false, false, true, NULL, NULL),
    ('contacts', 10, 'pace', 'A week, as item 17 counts', 'mean', NULL, NULL, false, false, true, NULL, NULL),
    ('first-contact', 1, 'entered', 'Entered', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('first-contact', 2, 'met', 'Had a contact', 'count', NULL, NULL, true, false, true, 'entered', NULL),
    ('first-contact', 3, 'days', 'Mean days', 'mean', NULL, NULL, false, false, true, NULL, 'met'),
    ('plan', 1, 'contacts', 'Contacts', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('plan', 2, 'known', 'With role and wishes', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('plan', 3, 'reflecting', 'Reflecting them', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('plan', 4, 'share', '% of contacts', 'share', 'reflecting', 'contacts', false, false, true, NULL, NULL),
    ('jobs', 1, 'starts', 'Job starts', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('jobs', 2, 'types', 'Different types', 'tags', NULL, NULL, false, false, true, NULL, 'starts'),
    ('jobs', 3, 'types_share', '% different types', 'share', 'types', 'starts', false, false, true, NULL, NULL),
    ('jobs', 4, 'employers', 'Different employers', 'employers', NULL, NULL, false, false, true, NULL, 'starts'),
    ('jobs', 5, 'employers_share', '% different employers', 'share', 'employers', 'starts', false, false, true, NULL, NULL),
    ('jobs', 6, 'competitive', 'Competitive, permanent', 'count', NULL, NULL, true, false, true, 'starts', NULL),
    ('jobs', 7, 'competitive_share', '% competitive, permanent', 'share', 'competitive', 'starts', false, false, true, NULL, NULL),
    ('community', 1, 'contacts', 'Contacts', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('community', 2, 'support', 'Support', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('community', 3, 'outside', 'Hours outside', 'sum', NULL, NULL, false, false, true, NULL, 'support'),
    ('community', 4, 'contracted', 'Contracted hours', 'sum', NULL, NULL, false, false, true, NULL, NULL),
    ('community', 5, 'share', '% outside', 'share', 'outside', 'contracted', false, false, true, NULL, NULL),
    ('caseload', 1, 'clients', 'Clients', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('caseload', 2, 'paused', 'Of them paused', 'count', NULL, NULL, true, false, true, 'clients', NULL),
    ('caseload', 3, 'full_time', 'Full-time posts', 'sum', NULL, NULL, false, false, true, NULL, NULL),
    ('caseload', 4, 'per_full_time', 'For each full-time post', 'ratio', 'clients', 'full_time', false, false, true, NULL, NULL),
    ('support', 1, 'asked', 'Asked for', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('support', 2, 'given', 'Given', 'count', NULL, NULL, true, false, true, 'asked', NULL),
    ('support', 3, 'share', '% given', 'share', 'given', 'asked', false, false, true, NULL, NULL),
    ('outcomes', 1, 'clients', 'Clients', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('outcomes', 2, 'reached', 'Reached', 'count', NULL, NULL, true, false, true, 'clients', NULL),
    ('outcomes', 3, 'open', 'Not yet', 'count', NULL, NULL, true, true, true, NULL, NULL),
    ('outcomes', 4, 'share', 'Rate', 'share', 'reached', 'clients', false, false, true, NULL, NULL),
    ('outcomes', 5, 'benchmark', 'Benchmark, %', 'mean', NULL, NULL, false, false, true, NULL, NULL),
    ('status', 1, 'entry', 'At entry', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('status', 2, 'entry_share', '% at entry', 'of_total', 'entry', NULL, false, false, true, NULL, NULL),
    ('status', 3, 'now', 'Now', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('status', 4, 'now_share', '% now', 'of_total', 'now', NULL, false, false, true, NULL, NULL),
    ('starts', 1, 'starts', 'Job starts', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('starts', 2, 'share', '%', 'of_total', 'starts', NULL, false, false, true, NULL, NULL),
    ('breadth', 1, 'n', 'How many', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('breadth', 2, 'groups', 'Groups', 'tags', NULL, NULL, false, false, true, NULL, 'n'),
    ('breadth', 3, 'breadth', 'Breadth index', 'mean', NULL, NULL, false, false, true, NULL, 'n'),
    ('breadth', 4, 'largest', 'Largest group, %', 'mean', NULL, NULL, false, false, true, NULL, 'n'),
    ('trials', 1, 'trials', 'Trials', 'count', NULL, NULL, true, false, true, NULL, NULL),
    ('trials', 2, 'ended', 'Over', 'count', NULL, NULL, true, false, true, 'trials', NULL),
    ('trials', 3, 'offers', 'Offers', 'count', NULL, NULL, true, false, true, 'ended', NULL),
    ('trials', 4, 'jobs', 'Jobs', 'count', NULL, NULL, true, false, true, 'offers', NULL),
    ('trials', 5, 'share', '% to a job', 'share', 'jobs', 'ended', false, false, true, NULL, NULL),
    ('network', 1, 'given', 'Shared with them', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('network', 2, 'used_by_them', 'Opened by them', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('network', 3, 'taken', 'Shared with us', 'count', NULL, NULL, false, false, true, NULL, NULL),
    ('network', 4, 'used_by_us', 'Opened by us', 'count', NULL, NULL, false, false, true, NULL, NULL);

COMMIT;
