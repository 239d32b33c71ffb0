-- Deploy canvass:support to pg

-- How often a client in work, and an employer whom they agreed to have supported, is spoken to. The
-- rhythm (fidelity item 23, DOMAIN.md section 1) is rows with the day from which they hold; support
-- itself has no end date. All is counted in days of London: a clock change moves nothing.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE support_phase AS ENUM ('before_start', 'after_start', 'first_month', 'onward', 'after_loss');
COMMENT ON TYPE support_phase IS 'Parts of a job that support follows, in their order.';

CREATE TABLE support_rule (
    phase          support_phase NOT NULL,
    effective_from date NOT NULL,
    -- Before the start, within so many days of it; after the start or the loss, within so many days;
    -- in between, so many days after the last contact.
    days           integer NOT NULL CHECK (days BETWEEN 1 AND 366),
    source         text NOT NULL,
    PRIMARY KEY (phase, effective_from)
);
COMMENT ON TABLE support_rule IS 'Within how many days support is due in each part of a job, by the day from which it holds.';

ALTER TABLE support_rule ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON support_rule TO canvass_owner USING (true);
CREATE POLICY callers ON support_rule FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON support_rule TO canvass_app;

INSERT INTO support_rule (phase, effective_from, days, source)
SELECT r.phase, '2015-01-01', r.days, 'IPS fidelity scale, item 23: ' || r.words
  FROM (VALUES ('before_start'::support_phase, 7, 'within a week before the start'),
               ('after_start', 3, 'within 3 days after the start'),
               ('first_month', 7, 'weekly in the first month'),
               ('onward', 31, 'monthly after that, without an end date'),
               ('after_loss', 3, 'within 3 days after the job is lost')) AS r (phase, days, words);

CREATE FUNCTION support_rule_on(phase support_phase, d date) RETURNS support_rule
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT r FROM support_rule r
     WHERE r.phase = support_rule_on.phase
     ORDER BY r.effective_from <= d DESC, r.effective_from DESC
     LIMIT 1
$$;
COMMENT ON FUNCTION support_rule_on(support_phase, date) IS 'The rhythm of a part of a job on a day.';

CREATE FUNCTION first_month_ends(starts_on date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (starts_on + interval '1 month')::date;
COMMENT ON FUNCTION first_month_ends(date) IS 'The day on which the first month of a job is over.';

CREATE FUNCTION said_rhythm(days integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN days = 7 THEN 'weekly' WHEN days BETWEEN 28 AND 31 THEN 'monthly'
            ELSE 'every ' || said_days(days) END;

CREATE FUNCTION said_ago(d date, today date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE today - d WHEN 0 THEN 'today' WHEN 1 THEN 'yesterday' ELSE today - d || ' days ago' END;
COMMENT ON FUNCTION said_ago(date, date) IS 'A day that has been, as seen from another: today, yesterday, 9 days ago.';

-- A contact with the client counts for each job they hold; one with an employer for its own job, and
-- for the trial that led to it.
CREATE FUNCTION last_support(j job, given support_to, d date) RETURNS date
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT max(london_day(s.at)) FROM support s
     WHERE s.client_id = j.client_id AND s.given_to = given AND s.at < london_midnight(d + 1)
       AND (given = 'client' OR j.id = s.job_id OR j.trial_id = s.trial_id)
$$;
COMMENT ON FUNCTION last_support(job, support_to, date) IS 'The last day until d on which somebody was in touch.';

-- from_on: when to begin to think of it; due_on: the last day on which it still keeps the rhythm. A
-- contact that was missed before the start is not made up after it. Of a job that was lost somebody
-- asks once, and for a month; what follows is a new search.
CREATE FUNCTION support_next(j job, given support_to, d date, OUT from_on date, OUT due_on date, OUT sentence text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    last date := last_support(j, given, d);
    days integer;
BEGIN
    IF j.ends_on IS NOT NULL THEN
        IF given = 'client' AND coalesce(last < j.ends_on, true) AND d < first_month_ends(j.ends_on) THEN
            days := (support_rule_on('after_loss', d)).days;
            from_on := j.ends_on;
            due_on := j.ends_on + days;
            sentence := format('Within %s after the job ended %s', said_days(days), said_day(j.ends_on, d));
        END IF;
        RETURN;
    END IF;
    days := (support_rule_on('before_start', d)).days;
    IF d < j.starts_on AND coalesce(last < j.starts_on - days, true) THEN
        from_on := j.starts_on - days;
        due_on := j.starts_on - 1;
        sentence := format('Within %s before the job starts %s', said_days(days), said_day(j.starts_on, d));
    ELSIF coalesce(last < j.starts_on, true) THEN
        days := (support_rule_on('after_start', d)).days;
        from_on := j.starts_on;
        due_on := j.starts_on + days;
        sentence := format('Within %s after the start %s', said_days(days), said_day(j.starts_on, d));
    ELSE
        days := (support_rule_on('first_month', d)).days;
        IF last + days < first_month_ends(j.starts_on) THEN
            sentence := said_rhythm(days) || ' in the first month';
        ELSE
            days := (support_rule_on('onward', d)).days;
            sentence := said_rhythm(days) || ' after the first month';
        END IF;
        from_on := last + days;
        due_on := from_on;
        sentence := format('%s%s: last contact %s', upper(left(sentence, 1)), substr(sentence, 2), said_ago(last, d));
    END IF;
END
$$;
COMMENT ON FUNCTION support_next(job, support_to, date, OUT date, OUT date, OUT text) IS
    'The next support of a job as seen on a day, and why; NULL for none.';

-- Whom to support in a job: the client; the employer, where they agreed to be called about by the
-- client and did not ask to be left alone.
CREATE FUNCTION supported_in(j job) RETURNS SETOF support_to
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT 'client'::support_to
    UNION ALL
    SELECT 'employer' FROM standing_disclosure d JOIN employer e ON e.id = d.employer_id
     WHERE d.client_id = j.client_id AND d.employer_id = j.employer_id
       AND d.level >= 'may_call' AND e.blocked_on IS NULL
$$;

-- Of whose clients: one specialist's, or with NULL the team's. Whoever was discharged is not
-- followed any more; a pause ends no support. The day's list reads it with ahead 0.
CREATE FUNCTION support_due_of(specialist uuid, d date, ahead integer)
RETURNS TABLE (job_id uuid, client_id uuid, employer_id uuid, site_id uuid, given_to support_to, due_on date, sentence text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT j.id, j.client_id, j.employer_id, j.site_id, g.given_to, n.due_on, n.sentence
          FROM client c
          JOIN job j ON j.client_id = c.id
         CROSS JOIN LATERAL supported_in(j) AS g (given_to)
         CROSS JOIN LATERAL support_next(j, g.given_to, d) AS n
         WHERE c.team_id = team() AND c.status <> 'discharged'
           AND (specialist IS NULL OR c.specialist_id = specialist)
           AND coalesce(j.ends_on, d) > d - 32
           AND n.from_on <= d + ahead
         ORDER BY n.due_on, j.id, g.given_to;
END
$$;

CREATE FUNCTION support_due_on(d date)
RETURNS TABLE (job_id uuid, client_id uuid, employer_id uuid, site_id uuid, given_to support_to, due_on date, sentence text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT * FROM support_due_of(actor(), d, 0);
END
$$;
COMMENT ON FUNCTION support_due_on(date) IS
    'Support that a day asks of the caller''s own caseload, overdue first; due_on may lie ahead where several days will do.';

GRANT EXECUTE ON FUNCTION support_rule_on(support_phase, date), first_month_ends(date), said_rhythm(integer),
    said_ago(date, date), last_support(job, support_to, date), support_next(job, support_to, date),
    supported_in(job), support_due_of(uuid, date, integer), support_due_on(date) TO canvass_app;

COMMIT;
