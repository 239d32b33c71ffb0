-- Deploy canvass:report to pg

-- Reports as data. A report is a row of report_definition, its columns in report_column, and a
-- function that gives facts (report_fact): one for each visit, client, job and the like that counts,
-- with the line it belongs to and the columns in which it counts. Counting, totals, shares and the
-- hiding of small numbers are done here, once for all reports; the lines behind a figure are its
-- facts. So a new report is rows and a function, and nothing else.
--
-- Whose facts: report_scope(), which alone reads who calls, gives a specialist their own, a lead the
-- own team's, an auditor those of the teams of their borough, hidden where small. Functions of facts
-- ask the tables as the owner, because a policy asked a row at a time costs more than the count; they
-- are not the application's to call.
--
-- Small numbers (DOMAIN.md section 5). Before figures leave the team, of columns that count clients:
-- * a number below suppression_rule.threshold, nought too, is "*"; others are rounded;
-- * shares and means are worked out from what is shown, and are "*" where that is;
-- * where the cells of a column add up to a total, or parts of a line to a whole, and the rest would
--   tell a hidden one, all of them are hidden and the total alone stays (hide_cells());
-- * the period is one whole quarter that is over, so that no two reports overlap;
-- * nobody takes a part of a team or borough out, and figures of a borough with several teams are the
--   sums of what those teams show, so that a team's export beside the borough's adds nothing.
-- Not closed: who puts lines, parts and several reports of one period together may narrow what each of
-- them leaves open, and who asks again after something was recorded late sees what moved. Counts of
-- employers and of contacts are not counts of clients.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE report_how AS ENUM ('count', 'sum', 'mean', 'tags', 'employers', 'share', 'ratio', 'of_total');
COMMENT ON TYPE report_how IS 'How a column is worked out from facts: how many, the sum or mean of their amounts, how many different tags or employers; or from two columns: a percentage, a ratio, a percentage of the total.';

CREATE TABLE report_definition (
    name       text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z][a-z-]{1,30}$'),
    place      integer NOT NULL UNIQUE,
    title      text NOT NULL,
    -- What is counted and how, for whoever reads the figures.
    definition text NOT NULL,
    -- (report_scope) returns SETOF report_fact
    facts      regproc NOT NULL,
    -- What the words at the beginning of a line are.
    labels     text[] NOT NULL,
    has_total  boolean NOT NULL DEFAULT true,
    max_days   integer NOT NULL DEFAULT 1830 CHECK (max_days BETWEEN 1 AND 3660),
    -- Which column a plot shows, and of how many labels its name is made: bars, or a line over time.
    plot       text CHECK (plot IN ('bars', 'lines')),
    plot_of    text[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE report_definition IS 'The reports, with the sentence that stands beside each.';

CREATE TABLE report_column (
    report     text COLLATE "C" NOT NULL REFERENCES report_definition,
    place      integer NOT NULL,
    key        text COLLATE "C" NOT NULL,
    heading    text NOT NULL,
    how        report_how NOT NULL,
    -- Of shares and ratios.
    part       text,
    whole      text,
    -- A count of clients, or of what each client has one or two of: hidden where small.
    of_clients boolean NOT NULL DEFAULT false,
    -- Never in an answer that hides small numbers.
    full_only  boolean NOT NULL DEFAULT false,
    -- Adds up over the lines.
    in_total   boolean NOT NULL DEFAULT true,
    -- A part of this column, with others and a rest.
    part_of    text,
    -- "*" wherever this column is.
    hides_with text,
    PRIMARY KEY (report, place),
    UNIQUE (report, key),
    CHECK ((how IN ('share', 'ratio')) = (whole IS NOT NULL)),
    CHECK ((how IN ('share', 'ratio', 'of_total')) = (part IS NOT NULL))
);
COMMENT ON TABLE report_column IS 'The columns of figures of each report, in order.';

CREATE TABLE suppression_rule (
    effective_from date PRIMARY KEY,
    -- Numbers below are hidden.
    threshold      integer NOT NULL CHECK (threshold BETWEEN 1 AND 50),
    -- Others are rounded to a multiple of it; odd, so that as many lie above as below.
    rounding       integer NOT NULL CHECK (rounding BETWEEN 1 AND 49 AND rounding % 2 = 1),
    -- Periods of so many months, the first of a year from January.
    months         integer NOT NULL CHECK (months IN (1, 3, 6, 12)),
    source         text NOT NULL
);
COMMENT ON TABLE suppression_rule IS 'How small numbers of clients are hidden, by the day from which it holds.';
INSERT INTO suppression_rule (effective_from, threshold, rounding, months, source) VALUES
    ('2000-01-01', 5, 5, 3, 'NDTMS: fewer than 5 shown as "*"; NHS Digital, sub-national figures: rounded to 5');

CREATE TABLE working_time_rule (
    effective_from   date PRIMARY KEY,
    -- What a face-to-face contact takes, the way there with it.
    contact_minutes  integer NOT NULL CHECK (contact_minutes BETWEEN 1 AND 480),
    full_time_tenths integer NOT NULL CHECK (full_time_tenths BETWEEN 10 AND 600),
    source           text NOT NULL
);
COMMENT ON TABLE working_time_rule IS 'Minutes of a face-to-face contact and hours of a full-time week, in tenths, by the day from which they hold.';
INSERT INTO working_time_rule (effective_from, contact_minutes, full_time_tenths, source) VALUES
    ('2000-01-01', 60, 375, 'Assumed: no published standard was found; full time as in the NHS');

CREATE TABLE contracted_hours (
    specialist_id uuid NOT NULL,
    team_id       uuid NOT NULL,
    -- They hold from here until the next row's day.
    from_on       date NOT NULL,
    hours_tenths  integer NOT NULL,
    set_by        uuid NOT NULL REFERENCES specialist,
    set_by_name   text NOT NULL,
    set_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (specialist_id, from_on),
    CONSTRAINT contracted_hours_of_team FOREIGN KEY (specialist_id, team_id) REFERENCES specialist (id, team_id),
    CONSTRAINT contracted_hours_range CHECK (hours_tenths BETWEEN 0 AND 600),
    CONSTRAINT contracted_hours_from_range CHECK (from_on BETWEEN '2000-01-01' AND '2199-12-31')
);
CREATE INDEX contracted_hours_team ON contracted_hours (team_id);
COMMENT ON TABLE contracted_hours IS 'Hours a week of each specialist, by the day from which they hold; none: full time.';
COMMENT ON CONSTRAINT contracted_hours_of_team ON contracted_hours IS 'hours.specialist_id: The specialist is somebody of your team.';
COMMENT ON CONSTRAINT contracted_hours_range ON contracted_hours IS 'hours.hours_tenths: Hours a week are tenths of an hour from 0 to 600: 375 is 37.5 hours.';
COMMENT ON CONSTRAINT contracted_hours_from_range ON contracted_hours IS 'hours.from_on: Give a day of this century.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['report_definition', 'report_column', 'suppression_rule', 'working_time_rule', 'contracted_hours'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        IF t <> 'contracted_hours' THEN
            EXECUTE format('CREATE POLICY callers ON %I FOR SELECT TO canvass_app
                                USING ((SELECT canvass.actor()) IS NOT NULL)', t);
            EXECUTE format('GRANT SELECT ON %I TO canvass_app', t);
        END IF;
    END LOOP;
END
$$;
CREATE POLICY between_two ON contracted_hours FOR SELECT TO canvass_app
    USING (team_id = (SELECT canvass.team())
           AND ((SELECT canvass.has_role('lead'))
                OR specialist_id = (SELECT canvass.actor()) AND (SELECT canvass.has_role('specialist'))));
CREATE POLICY lead ON contracted_hours TO canvass_app
    USING (team_id = (SELECT canvass.team()) AND (SELECT canvass.has_role('lead')))
    WITH CHECK (team_id = (SELECT canvass.team()) AND set_by = (SELECT canvass.actor())
                AND (SELECT canvass.has_role('lead')));
GRANT SELECT, INSERT, UPDATE ON contracted_hours TO canvass_app;

-- ---- whose, and of which days ----

CREATE TYPE report_scope AS (
    from_on       date,
    until_on      date,
    -- The same as moments: from the one, before the other.
    from_at       timestamptz,
    before_at     timestamptz,
    -- What is told of "now": the last day of the period, or today.
    now_on        date,
    borough_id    text,
    teams         uuid[],
    -- Of one specialist alone; NULL: of all.
    specialist_id uuid,
    -- Of the borough, as its auditor reads it.
    is_borough    boolean,
    is_hidden     boolean
);
CREATE TYPE report_fact AS (
    -- The line, how its name sorts, and its words; one fact of a line has the words.
    key         text,
    sort        text,
    labels      text[],
    -- The columns in which it counts; none: the line is there.
    measures    text[],
    amount      numeric,
    tag         text,
    employer_id uuid,
    -- What it is: visit, client, job, trial, support, share or use; NULL: nothing to look up.
    subject     text,
    id          uuid,
    client_id   uuid,
    on_day      date
);

CREATE FUNCTION suppression_on(d date) RETURNS suppression_rule
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT r FROM suppression_rule r ORDER BY r.effective_from <= d DESC, r.effective_from DESC LIMIT 1 $$;

CREATE FUNCTION working_time_on(d date) RETURNS working_time_rule
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT r FROM working_time_rule r ORDER BY r.effective_from <= d DESC, r.effective_from DESC LIMIT 1 $$;

-- Of a report that hides small numbers: one of the rule's periods, so that none overlaps another.
CREATE FUNCTION check_period_hidden(from_on date, until_on date) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m integer := (suppression_on(until_on)).months;
    first date := (date_trunc('year', from_on)::date + make_interval(months => (extract(month FROM from_on)::integer - 1) / m * m))::date;
    last date := (first + make_interval(months => m))::date - 1;
BEGIN
    IF from_on <> first OR until_on <> last THEN
        PERFORM fail('CV003', 'from', 'Figures with small numbers hidden are of one whole period of %s, like %s to %s: two that overlap could be compared to find one person.',
                     CASE m WHEN 1 THEN 'a month' WHEN 12 THEN 'a year' ELSE m || ' months' END, said_date(first), said_date(last));
    ELSIF until_on >= london_today() THEN
        PERFORM fail('CV003', 'until', 'Figures with small numbers hidden are of a period that is over; this one ends on %s.', said_date(until_on));
    END IF;
END
$$;

-- Who calls decides the rows; @wanted narrows a lead's, never an auditor's.
CREATE FUNCTION scope_of_report(d report_definition, request jsonb, is_hidden boolean) RETURNS report_scope
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    s report_scope;
    asked text := coalesce(nullif(request ->> 'scope', ''),
                           CASE WHEN has_role('lead') THEN 'team' WHEN has_role('specialist') THEN 'own' ELSE 'borough' END);
    wanted uuid := nullif(request ->> 'specialist_id', '')::uuid;
BEGIN
    s.from_on := (request ->> 'from')::date;
    s.until_on := coalesce((request ->> 'until')::date, london_today());
    IF s.from_on IS NULL THEN
        PERFORM fail('CV003', 'from', 'Say from which day on.');
    ELSIF s.until_on < s.from_on THEN
        PERFORM fail('CV003', 'until', 'The period ends on %s, before it begins on %s.', said_date(s.until_on), said_date(s.from_on));
    ELSIF s.from_on NOT BETWEEN '2000-01-01' AND '2199-12-31' THEN
        PERFORM fail('CV003', 'from', 'Give a day of this century.');
    ELSIF s.from_on > london_today() THEN
        PERFORM fail('CV003', 'from', 'This period has not begun.');
    ELSIF s.until_on - s.from_on >= d.max_days THEN
        PERFORM fail('CV003', 'until', '"%s" is of at most %s days; this is of %s.', d.title, d.max_days::text, (s.until_on - s.from_on + 1)::text);
    END IF;
    IF asked = 'borough' THEN
        IF NOT has_role('auditor') THEN
            PERFORM fail('CV007', 'scope', 'The borough''s figures are for its auditor: other teams'' clients are not yours to count.');
        ELSIF wanted IS NOT NULL THEN
            PERFORM fail('CV003', 'specialist_id', 'The borough''s figures are of the whole borough.');
        END IF;
    ELSIF asked = 'team' AND NOT has_role('lead') THEN
        PERFORM fail('CV007', 'scope', 'The team''s figures are for its lead; yours are your own.');
    ELSIF asked = 'own' AND NOT has_role('specialist', 'lead') THEN
        PERFORM fail('CV007', 'scope', 'You have no clients; an auditor reads the borough''s figures.');
    ELSIF asked = 'own' OR NOT has_role('lead') THEN
        IF wanted <> actor() THEN
            PERFORM fail('CV007', 'specialist_id', 'A lead of the team reads the figures of others.');
        END IF;
        wanted := actor();
    ELSIF wanted IS NOT NULL AND NOT EXISTS (SELECT FROM specialist x WHERE x.id = wanted AND x.team_id = team()) THEN
        PERFORM fail('CV005', 'specialist_id', 'Your team has no such specialist.');
    END IF;
    s.is_borough := asked = 'borough';
    s.is_hidden := is_hidden OR s.is_borough;
    IF s.is_hidden THEN
        IF NOT s.is_borough AND wanted IS NOT NULL THEN
            PERFORM fail('CV003', CASE WHEN asked = 'own' THEN 'scope' ELSE 'specialist_id' END,
                         'What leaves the team is of the whole team; its lead exports it.');
        END IF;
        PERFORM check_period_hidden(s.from_on, s.until_on);
    END IF;
    s.from_at := london_midnight(s.from_on);
    s.before_at := london_midnight(s.until_on + 1);
    s.now_on := least(s.until_on, london_today());
    s.borough_id := borough();
    -- An office without clients hides nothing of the others.
    s.teams := CASE WHEN s.is_borough
                    THEN ARRAY(SELECT t.id FROM team t WHERE t.borough_id = borough() AND EXISTS (SELECT FROM client c WHERE c.team_id = t.id))
                    ELSE ARRAY[team()] END;
    s.specialist_id := wanted;
    RETURN s;
END
$$;
COMMENT ON FUNCTION scope_of_report(report_definition, jsonb, boolean) IS 'Whose figures a request asks for, and of which days; CV007 where they are not the caller''s.';

CREATE FUNCTION said_scope(s report_scope) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT format('%s, %s to %s', CASE WHEN s.specialist_id IS NOT NULL THEN specialist_name(s.specialist_id)
                       WHEN s.is_borough THEN (SELECT b.name FROM borough b WHERE b.id = s.borough_id)
                       ELSE (SELECT t.name FROM team t WHERE t.id = s.teams[1]) END,
                  said_date(s.from_on), said_date(s.until_on))
$$;

-- ---- hiding small numbers ----

-- Which of the cells that add up to @total are "*": those below the threshold; and all of them, where
-- total and shown cells would rule out one of the numbers from nought to the threshold for one of
-- those. With @rest the cells are parts and leave a rest that is not shown, which is kept as open. That
-- is decided from what is shown alone, so that the decision tells nothing: whoever knows this function,
-- and tries all numbers, finds as many for each "*" as the threshold (tests/sql/report.sql does).
CREATE FUNCTION hide_cells(cells numeric[], total numeric, rest boolean, hidden boolean[], threshold integer, rounding integer)
RETURNS boolean[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(cardinality(cells), 0);
    off integer := rounding / 2;
    shown numeric;
    unknown integer := 0;
    -- What the hidden ones, and the rest, are together.
    most numeric := round(total / rounding) * rounding + off;
    fewest numeric := greatest(round(total / rounding) * rounding - off, threshold);
BEGIN
    FOR i IN 1 .. n LOOP
        hidden[i] := coalesce(hidden[i], false) OR coalesce(cells[i], 0) < threshold;
        IF hidden[i] THEN
            unknown := unknown + 1;
        ELSE
            shown := round(cells[i] / rounding) * rounding;
            most := most - greatest(shown - off, threshold);
            fewest := fewest - (shown + off);
        END IF;
    END LOOP;
    IF total IS NULL OR total < threshold OR unknown = n OR unknown = 0 AND NOT rest THEN
        RETURN hidden;
    END IF;
    fewest := fewest - (threshold - 1) * CASE WHEN rest THEN unknown ELSE unknown - 1 END;
    IF most >= threshold - 1
       AND (CASE WHEN rest THEN fewest >= threshold OR most - greatest(fewest, 0) >= threshold - 1 ELSE fewest <= 0 END) THEN
        RETURN hidden;
    END IF;
    RETURN array_fill(true, ARRAY[n]);
END
$$;
COMMENT ON FUNCTION hide_cells(numeric[], numeric, boolean, boolean[], integer, integer) IS
    'Which cells of a sum are hidden so that none can be reckoned back.';

-- ---- counting ----

CREATE TYPE report_line AS (
    key      text,
    is_total boolean,
    labels   text[],
    -- In the order of report_column.
    figures  numeric[],
    hidden   boolean[]
);

CREATE FUNCTION count_facts(d report_definition, s report_scope) RETURNS SETOF report_line
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        WITH fact AS MATERIALIZED (SELECT * FROM %s($1)),
        line AS (SELECT f.key, max(f.sort) AS sort, max(f.labels) AS labels FROM fact f GROUP BY f.key),
        col AS (SELECT c.place, c.key, c.how FROM report_column c WHERE c.report = $2),
        -- A fact counts once for its line and its columns together.
        figure AS (
            SELECT CASE grouping(f.key) WHEN 1 THEN 'total' ELSE f.key END AS key, m AS col, grouping(f.key) = 1 AS is_total, count(*) AS n, sum(f.amount) AS amount, avg(f.amount) AS mean
              FROM fact f CROSS JOIN unnest(f.measures) AS m
             GROUP BY GROUPING SETS ((f.key, m), (m))),
        differing AS (
            SELECT CASE grouping(f.key) WHEN 1 THEN 'total' ELSE f.key END AS key, c.key AS col, grouping(f.key) = 1 AS is_total,
                   count(DISTINCT CASE c.how WHEN 'tags' THEN f.tag ELSE f.employer_id::text END) AS n
              FROM col c JOIN fact f ON c.key = ANY (f.measures)
             WHERE c.how IN ('tags', 'employers')
             GROUP BY GROUPING SETS ((f.key, c.key), (c.key))),
        whole AS (SELECT l.key, false AS is_total, l.sort, l.labels FROM line l
                   UNION ALL SELECT 'total', true, NULL, ARRAY['Total'] WHERE $3 AND EXISTS (SELECT FROM line))
        SELECT w.key, w.is_total, w.labels,
               array_agg(CASE c.how WHEN 'sum' THEN f.amount WHEN 'mean' THEN f.mean
                                    WHEN 'tags' THEN coalesce(x.n, 0) WHEN 'employers' THEN coalesce(x.n, 0)
                                    WHEN 'count' THEN coalesce(f.n, 0) END::numeric ORDER BY c.place),
               array_agg(false ORDER BY c.place)
          FROM whole w CROSS JOIN col c
          LEFT JOIN figure f ON f.key = w.key AND f.is_total = w.is_total AND f.col = c.key
          LEFT JOIN differing x ON x.key = w.key AND x.is_total = w.is_total AND x.col = c.key
         GROUP BY w.key, w.is_total, w.sort, w.labels
         ORDER BY w.is_total, w.sort COLLATE natural_order, w.key $q$, d.facts::text)
        USING s, d.name, d.has_total;
END
$$;
COMMENT ON FUNCTION count_facts(report_definition, report_scope) IS 'The lines of a report with all that is counted in them; shares and ratios come later.';

-- What would tell of a hidden number goes with it, and what is left of it has no fractions.
CREATE FUNCTION hide_derived(cols report_column[], lines report_line[]) RETURNS report_line[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    whole integer;
BEGIN
    FOR j IN 1 .. cardinality(cols) LOOP
        CONTINUE WHEN cols[j].hides_with IS NULL;
        whole := (SELECT k FROM generate_series(1, cardinality(cols)) AS k WHERE cols[k].key = cols[j].hides_with);
        FOR i IN 1 .. coalesce(cardinality(lines), 0) LOOP
            lines[i].hidden[j] := lines[i].hidden[whole];
            lines[i].figures[j] := CASE WHEN NOT lines[i].hidden[whole] THEN round(lines[i].figures[j]) END;
        END LOOP;
    END LOOP;
    RETURN lines;
END
$$;

-- Marks what is hidden, and rounds what is shown.
CREATE FUNCTION hide_lines(cols report_column[], has_total boolean, lines report_line[], r suppression_rule)
RETURNS report_line[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(cardinality(lines), 0);
    n_rows integer := n - CASE WHEN has_total AND n > 0 THEN 1 ELSE 0 END;
    n_cols integer := cardinality(cols);
    hid boolean[];
    val numeric[];
    of_line boolean[];
    parts integer[];
    before boolean[];
    whole integer;
BEGIN
    IF n = 0 THEN
        RETURN lines;
    END IF;
    -- Flat: line i, column j is (i - 1) * n_cols + j.
    FOR i IN 1 .. n LOOP
        val := val || (lines[i]).figures;
    END LOOP;
    hid := array_fill(false, ARRAY[n * n_cols]);
    LOOP
        before := hid;
        FOR j IN 1 .. n_cols LOOP
            CONTINUE WHEN NOT cols[j].of_clients;
            -- Down the column.
            of_line := hide_cells(ARRAY(SELECT coalesce(val[(i - 1) * n_cols + j], 0) FROM generate_series(1, n_rows) AS i ORDER BY i),
                CASE WHEN n > n_rows AND cols[j].in_total AND cols[j].how IN ('count', 'sum') AND NOT hid[n_rows * n_cols + j]
                     THEN coalesce(val[n_rows * n_cols + j], 0) END,
                false, ARRAY(SELECT hid[(i - 1) * n_cols + j] FROM generate_series(1, n_rows) AS i ORDER BY i), r.threshold, r.rounding);
            FOR i IN 1 .. n_rows LOOP
                hid[(i - 1) * n_cols + j] := of_line[i];
            END LOOP;
            IF n > n_rows AND coalesce(val[n_rows * n_cols + j], 0) < r.threshold THEN
                hid[n_rows * n_cols + j] := true;
            END IF;
            -- Along each line: the parts of this column.
            parts := ARRAY(SELECT k FROM generate_series(1, n_cols) AS k WHERE cols[k].part_of = cols[j].key AND cols[k].of_clients ORDER BY k);
            CONTINUE WHEN parts = '{}';
            FOR i IN 1 .. n LOOP
                whole := (i - 1) * n_cols + j;
                of_line := hide_cells(ARRAY(SELECT coalesce(val[(i - 1) * n_cols + k], 0) FROM unnest(parts) WITH ORDINALITY AS p (k, o) ORDER BY o),
                    CASE WHEN NOT hid[whole] THEN coalesce(val[whole], 0) END, true,
                    ARRAY(SELECT hid[whole] OR hid[(i - 1) * n_cols + k] FROM unnest(parts) WITH ORDINALITY AS p (k, o) ORDER BY o),
                    r.threshold, r.rounding);
                FOR k IN 1 .. cardinality(parts) LOOP
                    hid[(i - 1) * n_cols + parts[k]] := of_line[k];
                END LOOP;
            END LOOP;
        END LOOP;
        EXIT WHEN hid = before;
    END LOOP;
    FOR i IN 1 .. n LOOP
        FOR j IN 1 .. n_cols LOOP
            IF cols[j].of_clients THEN
                lines[i].hidden[j] := hid[(i - 1) * n_cols + j];
                lines[i].figures[j] := CASE WHEN NOT hid[(i - 1) * n_cols + j]
                                            THEN round(coalesce(val[(i - 1) * n_cols + j], 0) / r.rounding) * r.rounding END;
            END IF;
        END LOOP;
    END LOOP;
    RETURN hide_derived(cols, lines);
END
$$;
COMMENT ON FUNCTION hide_lines(report_column[], boolean, report_line[], suppression_rule) IS 'Lines as they may leave the team: small numbers hidden, others rounded.';

-- Shares and ratios, of what is shown.
CREATE FUNCTION work_out_lines(cols report_column[], lines report_line[]) RETURNS report_line[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(cardinality(lines), 0);
    part integer;
    whole integer;
    a numeric;
    b numeric;
BEGIN
    FOR j IN 1 .. cardinality(cols) LOOP
        CONTINUE WHEN cols[j].how NOT IN ('share', 'ratio', 'of_total');
        part := (SELECT k FROM generate_series(1, cardinality(cols)) AS k WHERE cols[k].key = cols[j].part);
        whole := (SELECT k FROM generate_series(1, cardinality(cols)) AS k WHERE cols[k].key = cols[j].whole);
        FOR i IN 1 .. n LOOP
            a := lines[i].figures[part];
            b := CASE WHEN cols[j].how = 'of_total' THEN lines[n].figures[part] ELSE lines[i].figures[whole] END;
            lines[i].figures[j] := CASE WHEN cols[j].how = 'ratio' THEN a WHEN a > b THEN 100 * b ELSE 100 * a END / nullif(b, 0);
            lines[i].hidden[j] := lines[i].hidden[part]
                OR CASE WHEN cols[j].how = 'of_total' THEN lines[n].hidden[part] ELSE lines[i].hidden[whole] END;
        END LOOP;
    END LOOP;
    RETURN lines;
END
$$;

CREATE FUNCTION report_columns(report text) RETURNS report_column[]
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT array_agg(c ORDER BY c.place) FROM report_column c WHERE c.report = report_columns.report
$$;

-- Of several teams: each as it may leave the team, and of what counts clients their sums.
CREATE FUNCTION hide_teams(d report_definition, s report_scope, cols report_column[]) RETURNS report_line[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    r suppression_rule := suppression_on(s.until_on);
    teams uuid[] := s.teams;
    lines report_line[] := ARRAY(SELECT l FROM count_facts(d, s) AS l);
    of_team report_line[];
    shown report_line[];
    part report_line;
    t uuid;
BEGIN
    IF cardinality(teams) = 1 THEN
        RETURN hide_lines(cols, d.has_total, lines, r);
    END IF;
    FOREACH t IN ARRAY teams LOOP
        s.teams := ARRAY[t];
        of_team := hide_lines(cols, d.has_total, ARRAY(SELECT l FROM count_facts(d, s) AS l), r);
        shown := shown || of_team;
    END LOOP;
    FOR i IN 1 .. coalesce(cardinality(lines), 0) LOOP
        FOR j IN 1 .. cardinality(cols) LOOP
            CONTINUE WHEN NOT cols[j].of_clients;
            lines[i].figures[j] := 0;
            FOREACH part IN ARRAY shown LOOP
                IF part.key = lines[i].key THEN
                    lines[i].figures[j] := lines[i].figures[j] + part.figures[j];
                    lines[i].hidden[j] := lines[i].hidden[j] OR part.hidden[j];
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN hide_derived(cols, lines);
END
$$;

-- The lines of a report as whoever has this scope may read them.
CREATE FUNCTION report_lines(d report_definition, s report_scope) RETURNS report_line[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    cols report_column[] := report_columns(d.name);
BEGIN
    RETURN work_out_lines(cols, CASE WHEN s.is_hidden THEN hide_teams(d, s, cols) ELSE ARRAY(SELECT l FROM count_facts(d, s) AS l) END);
END
$$;

-- Without a SET clause, so that it becomes part of the statement: there are thousands.
CREATE FUNCTION report_cell(how report_how, figure numeric, is_hidden boolean, is_blank boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN is_hidden THEN '{"text": "*", "hidden": true}'::jsonb
            WHEN figure IS NULL OR is_blank THEN '{}'::jsonb
            ELSE jsonb_build_object('number', round(figure, 4), 'text',
                     CASE WHEN how IN ('share', 'of_total') THEN round(figure, 1) || ' %'
                          ELSE trim_scale(round(figure, 1))::text END) END;

CREATE FUNCTION report_named(given text) RETURNS report_definition
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d report_definition;
BEGIN
    SELECT * INTO d FROM report_definition r WHERE r.name = lower(tidy(given));
    IF d.name IS NULL THEN
        PERFORM fail('CV005', 'name', 'There is no report "%s"; there are %s.', left(coalesce(given, ''), 40),
                     (SELECT string_agg(r.name, ', ' ORDER BY r.place) FROM report_definition r));
    END IF;
    RETURN d;
END
$$;

CREATE FUNCTION report_json(d report_definition) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_build_object('name', d.name, 'title', d.title, 'definition', d.definition)
$$;
COMMENT ON FUNCTION report_json(report_definition) IS 'A report as message canvass.v1.Report.';

CREATE FUNCTION report_table(d report_definition, s report_scope) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    cols report_column[] := report_columns(d.name);
    lines report_line[] := report_lines(d, s);
    r suppression_rule := suppression_on(s.until_on);
BEGIN
    RETURN (WITH shown AS MATERIALIZED (
        SELECT c.key, c.heading, c.how, c.in_total, c.o
          FROM unnest(cols) WITH ORDINALITY AS c (report, place, key, heading, how, part, whole, of_clients, full_only, in_total, part_of, hides_with, o)
         WHERE NOT (s.is_hidden AND c.full_only))
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'report', report_json(d), 'from', s.from_on, 'until', s.until_on, 'scope', said_scope(s), 'hidden', s.is_hidden,
        'note', CASE WHEN cardinality(lines) = 0 THEN 'Nothing of this period counts.'
                     WHEN s.is_hidden AND EXISTS (SELECT FROM unnest(cols) AS c WHERE c.of_clients OR c.full_only)
                     THEN format('* stands for fewer than %s clients, or hides what would tell them; numbers of clients are rounded to %s, and shares are of what is shown.', r.threshold, r.rounding) END,
        'columns', (SELECT jsonb_agg(jsonb_build_object('heading', l, 'is_text', true) ORDER BY o) FROM unnest(d.labels) WITH ORDINALITY AS x (l, o))
                   || (SELECT jsonb_agg(jsonb_build_object('key', c.key, 'heading', c.heading, 'is_percent', c.how IN ('share', 'of_total')) ORDER BY c.o)
                         FROM shown AS c),
        'rows', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', l.key, 'total', l.is_total, 'cells',
                            (SELECT jsonb_agg(jsonb_build_object('text', coalesce(l.labels[i], '')) ORDER BY i) FROM generate_series(1, cardinality(d.labels)) AS i)
                            || (SELECT jsonb_agg(report_cell(c.how, l.figures[c.o], l.hidden[c.o], l.is_total AND NOT c.in_total) ORDER BY c.o)
                                  FROM shown AS c)) ORDER BY l.n), '[]')
                   FROM unnest(lines) WITH ORDINALITY AS l (key, is_total, labels, figures, hidden, n)),
        'plot', d.plot, 'plot_of', to_jsonb(d.plot_of))));
END
$$;
COMMENT ON FUNCTION report_table(report_definition, report_scope) IS 'A report as message canvass.v1.ReportTable.';

-- ---- methods ----

CREATE FUNCTION get_report(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d report_definition := report_named(request ->> 'name');
BEGIN
    RETURN report_table(d, scope_of_report(d, request, false));
END
$$;
COMMENT ON FUNCTION get_report(jsonb) IS 'ReportService/GetReport: the table.';

CREATE FUNCTION export_report(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d report_definition := report_named(request ->> 'name');
BEGIN
    RETURN report_table(d, scope_of_report(d, request, true));
END
$$;
COMMENT ON FUNCTION export_report(jsonb) IS 'ReportService/ExportReport: the table, with small numbers hidden.';

-- The facts behind a line, or behind one figure of it.
CREATE FUNCTION report_behind(request jsonb, of_key text, of_column text)
RETURNS TABLE (n bigint, subject text, id uuid, client_id uuid, employer_id uuid, on_day date, line text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d report_definition := report_named(request ->> 'name');
    s report_scope := scope_of_report(d, request, false);
BEGIN
    IF s.is_hidden THEN
        PERFORM fail('CV007', 'scope', 'What is behind a figure is for the team that supports the clients.');
    ELSIF tidy(of_column) IS NOT NULL AND NOT EXISTS (SELECT FROM report_column c WHERE c.report = d.name AND c.key = tidy(of_column)) THEN
        PERFORM fail('CV003', 'column', '"%s" has no column "%s"; it has %s.', d.title, left(of_column, 40),
                     (SELECT string_agg(c.key, ', ' ORDER BY c.place) FROM report_column c WHERE c.report = d.name));
    END IF;
    RETURN QUERY EXECUTE format($q$
        SELECT row_number() OVER (ORDER BY f.on_day DESC, f.id DESC, f.key), f.subject, f.id, coalesce(f.client_id, l.client_id), f.employer_id, f.on_day, f.key
          FROM %s($1) AS f
          LEFT JOIN visit_client l ON f.subject = 'visit' AND l.visit_id = f.id
         WHERE f.id IS NOT NULL AND (f.key = $2 OR $2 IS NULL)
           AND ($3 = ANY (f.measures) OR $3 IS NULL AND f.measures <> '{}')
         ORDER BY 1 $q$, d.facts::text)
        USING s, nullif(tidy(of_key), 'total'), tidy(of_column);
END
$$;
COMMENT ON FUNCTION report_behind(jsonb, text, text) IS 'What is behind a line of a report, or behind one figure of it, the latest first.';

-- Behind the policies: a client is the team's to name. That it was shown is noted.
CREATE FUNCTION report_fact_json(subject text, id uuid, client_id uuid, employer_id uuid, on_day date, line text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'kind', subject, 'id', id, 'day', on_day, 'client_id', saw_client(report_fact_json.client_id),
        'client_ref', (SELECT c.ref FROM client c WHERE c.id = report_fact_json.client_id),
        'employer_id', report_fact_json.employer_id,
        'employer', (SELECT e.name FROM employer e WHERE e.id = report_fact_json.employer_id), 'key', line));
END
$$;
COMMENT ON FUNCTION report_fact_json(text, uuid, uuid, uuid, date, text) IS 'What counts as message canvass.v1.ReportFact.';

CREATE FUNCTION contracted_json(h contracted_hours) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_build_object('specialist_id', h.specialist_id, 'specialist', specialist_name(h.specialist_id), 'from_on', h.from_on,
                              'hours_tenths', h.hours_tenths, 'set_by', h.set_by_name, 'set_at', h.set_at)
$$;

CREATE FUNCTION set_contracted_hours(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'hours', '{}');
    wanted uuid := given_id(m ->> 'specialist_id', 'hours.specialist_id');
    h contracted_hours;
BEGIN
    IF NOT EXISTS (SELECT FROM specialist s WHERE s.id = wanted AND s.team_id = team()) THEN
        PERFORM fail('CV005', 'hours.specialist_id', 'Your team has no such specialist.');
    END IF;
    INSERT INTO contracted_hours AS k (specialist_id, team_id, from_on, hours_tenths, set_by, set_by_name)
        VALUES (wanted, team(), coalesce((m ->> 'from_on')::date, london_today()), coalesce((m ->> 'hours_tenths')::integer, 0),
                actor(), actor_name())
        ON CONFLICT ON CONSTRAINT contracted_hours_pkey DO UPDATE
        SET hours_tenths = excluded.hours_tenths, team_id = excluded.team_id, set_by = excluded.set_by,
            set_by_name = excluded.set_by_name, set_at = now()
        RETURNING k.* INTO h;
    RETURN contracted_json(h);
END
$$;
COMMENT ON FUNCTION set_contracted_hours(jsonb) IS 'ReportService/SetContractedHours: the hours.';

-- A specialist's hours a week on a day, in tenths; full time where none were set.
CREATE FUNCTION contracted_on(of_specialist uuid, d date) RETURNS integer
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT coalesce((SELECT h.hours_tenths FROM contracted_hours h
                      WHERE h.specialist_id = of_specialist AND h.from_on <= d ORDER BY h.from_on DESC LIMIT 1),
                    (working_time_on(d)).full_time_tenths)
$$;

-- Hours of all days from the first to the last; a day is a seventh of a week.
CREATE FUNCTION contracted_between(of_specialist uuid, first date, last date) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT sum(greatest(0, least(h.ends_on, last + 1) - greatest(h.from_on, first)) * h.hours_tenths) / 70.0
      FROM (SELECT k.from_on, lead(k.from_on) OVER (ORDER BY k.from_on) AS ends_on, k.hours_tenths FROM contracted_hours k WHERE k.specialist_id = of_specialist
             UNION ALL
            SELECT first, (SELECT min(k.from_on) FROM contracted_hours k WHERE k.specialist_id = of_specialist), (working_time_on(last)).full_time_tenths) AS h
$$;

INSERT INTO audit_method (prefix, kind) VALUES ('canvass.v1.ReportService/Export', 'export');

GRANT EXECUTE ON FUNCTION get_report(jsonb), export_report(jsonb), report_behind(jsonb, text, text), report_json(report_definition),
    report_fact_json(text, uuid, uuid, uuid, date, text), contracted_json(contracted_hours), set_contracted_hours(jsonb) TO canvass_app;

COMMIT;
