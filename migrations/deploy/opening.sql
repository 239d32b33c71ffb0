-- Deploy canvass:opening to pg

-- Openings: jobs that can be filled, and hidden leads. A borough's own until it marks them for the
-- network. Its rules read trial_rule and minimum_wage, so they hold by the day, not by the release.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE driving AS ENUM ('none', 'g1', 'g2');
COMMENT ON TYPE driving IS 'Licence group: 1 cars, 2 lorries and buses.';
CREATE TYPE check_level AS ENUM ('none', 'basic', 'standard', 'enhanced');
COMMENT ON TYPE check_level IS 'Level of a criminal record check.';
CREATE TYPE job_feature AS ENUM ('nights', 'heavy_lifting', 'drug_testing', 'alcohol_on_site',
    'cash_handling', 'lone_working', 'heights', 'customer_facing', 'outdoors', 'noise');
COMMENT ON TYPE job_feature IS 'What a job brings with it; excludes nobody by itself.';

CREATE TABLE opening (
    id               uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id       text COLLATE "C" NOT NULL REFERENCES borough,
    employer_id      uuid NOT NULL CONSTRAINT opening_employer_known REFERENCES employer,
    site_id          uuid,
    title            text NOT NULL,
    soc              text COLLATE "C" CONSTRAINT opening_soc_known REFERENCES occupation,
    hidden           boolean NOT NULL DEFAULT false,
    hours_min_tenths integer NOT NULL DEFAULT 0,
    hours_max_tenths integer NOT NULL DEFAULT 0,
    pay_pence_hour   integer NOT NULL DEFAULT 0,
    shifts           jsonb NOT NULL DEFAULT '[]',
    shift_bits       bytea GENERATED ALWAYS AS (span_bits(shifts)) STORED,
    driving          driving,
    check_level      check_level,
    features         job_feature[] NOT NULL DEFAULT '{}',
    permanent        boolean NOT NULL DEFAULT false,
    starts_on        date,
    closes_on        date,
    places           integer NOT NULL DEFAULT 1,
    trial            trial_kind,
    trial_days       integer NOT NULL DEFAULT 0,
    notes            text,
    network          boolean NOT NULL DEFAULT false,
    -- Boroughs that see it beside the own one; sorted, each once. Empty for an opening of the network.
    seen_by          text[] COLLATE "C" NOT NULL DEFAULT '{}',
    expected_weeks   integer NOT NULL DEFAULT 0,
    closed_at        timestamptz,
    closed_reason    text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    created_by       uuid,
    created_by_name  text NOT NULL,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    updated_by       uuid,
    updated_by_name  text NOT NULL,
    version          bigint NOT NULL DEFAULT 1,
    CONSTRAINT opening_site_of_employer FOREIGN KEY (employer_id, site_id) REFERENCES site (employer_id, id),
    CONSTRAINT opening_title_length CHECK (char_length(title) BETWEEN 1 AND 120),
    CONSTRAINT opening_soc_unit CHECK (length(soc) = 4),
    CONSTRAINT opening_soc_given CHECK (hidden OR soc IS NOT NULL),
    CONSTRAINT opening_hours_given CHECK (hidden OR hours_min_tenths > 0),
    CONSTRAINT opening_hours_range CHECK (hours_min_tenths BETWEEN 0 AND 800),
    CONSTRAINT opening_hours_order CHECK (hours_max_tenths BETWEEN hours_min_tenths AND 800),
    -- The matcher keeps pay in two bytes, and so a date.
    CONSTRAINT opening_pay_range CHECK (pay_pence_hour BETWEEN 0 AND 60000),
    CONSTRAINT opening_places_range CHECK (places BETWEEN 1 AND 99),
    CONSTRAINT opening_weeks_range CHECK (expected_weeks BETWEEN 0 AND 520),
    CONSTRAINT opening_permanent_without_end CHECK (NOT permanent OR expected_weeks = 0),
    CONSTRAINT opening_dates_order CHECK (closes_on >= '2000-01-01' AND closes_on < '2100-01-01'),
    CONSTRAINT opening_starts_range CHECK (starts_on >= '2000-01-01' AND starts_on < '2100-01-01'),
    CONSTRAINT opening_trial_days_range CHECK (trial_days BETWEEN 0 AND 365),
    CONSTRAINT opening_trial_days_kind CHECK (trial_days = 0 OR coalesce(trial, 'none') <> 'none'),
    CONSTRAINT opening_notes_length CHECK (char_length(notes) BETWEEN 1 AND 2000),
    CONSTRAINT opening_seen_by_form CHECK (array_to_string(seen_by, ' ', '') ~ '^(E090000[0-9]{2}( |$))*$'),
    CONSTRAINT opening_seen_by_or_network CHECK (NOT network OR seen_by = '{}'),
    CONSTRAINT opening_closed_reason_given CHECK ((closed_at IS NULL) = (closed_reason IS NULL)),
    CONSTRAINT opening_closed_reason_length CHECK (char_length(closed_reason) BETWEEN 1 AND 200)
);
CREATE INDEX opening_employer ON opening (employer_id);
CREATE INDEX opening_live ON opening (coalesce(closes_on, 'infinity'), id) WHERE closed_at IS NULL;
COMMENT ON TABLE opening IS 'Jobs that can be filled, and hidden leads: an employer who would take somebody though nothing is advertised.';
COMMENT ON COLUMN opening.shifts IS 'Weekly pattern as span_of() gives it; empty: flexible or not known.';
COMMENT ON COLUMN opening.trial IS 'NULL: the employer was not asked.';
COMMENT ON CONSTRAINT opening_pkey ON opening IS 'opening.id: There is an opening with this id already.';
COMMENT ON CONSTRAINT opening_employer_known ON opening IS 'opening.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT opening_site_of_employer ON opening IS 'opening.site_id: This employer has no such site.';
COMMENT ON CONSTRAINT opening_title_length ON opening IS 'opening.title: Give the job a title of 1 to 120 characters, as the employer calls it.';
COMMENT ON CONSTRAINT opening_soc_known ON opening IS 'opening.soc: There is no such SOC 2020 unit group in the list.';
COMMENT ON CONSTRAINT opening_soc_unit ON opening IS 'opening.soc: An opening is one SOC 2020 unit group, four digits, like 8214.';
COMMENT ON CONSTRAINT opening_soc_given ON opening IS 'opening.soc: Say which SOC 2020 unit group it is, or mark it as a hidden lead.';
COMMENT ON CONSTRAINT opening_hours_given ON opening IS 'opening.hours_min_tenths: Say how many hours a week, or mark it as a hidden lead.';
COMMENT ON CONSTRAINT opening_hours_range ON opening IS 'opening.hours_min_tenths: Hours a week are tenths of an hour from 1 to 800: 375 is 37.5 hours.';
COMMENT ON CONSTRAINT opening_hours_order ON opening IS 'opening.hours_max_tenths: The most hours are at least the fewest, and at most 80 a week.';
COMMENT ON CONSTRAINT opening_pay_range ON opening IS 'opening.pay_pence_hour: Pay is pence an hour before tax, at most £600, 0 where it is not known: £12.71 is 1271.';
COMMENT ON CONSTRAINT opening_places_range ON opening IS 'opening.places: An opening has 1 to 99 places.';
COMMENT ON CONSTRAINT opening_weeks_range ON opening IS 'opening.expected_weeks: Give the weeks that the job lasts, at most 520; 0 for a job without end.';
COMMENT ON CONSTRAINT opening_permanent_without_end ON opening IS 'opening.expected_weeks: A permanent job has no end; leave the weeks out or say that it is not permanent.';
COMMENT ON CONSTRAINT opening_dates_order ON opening IS 'opening.closes_on: Give a day of this century.';
COMMENT ON CONSTRAINT opening_starts_range ON opening IS 'opening.starts_on: Give a day of this century.';
COMMENT ON CONSTRAINT opening_trial_days_range ON opening IS 'opening.trial_days: A trial has 1 to 365 days.';
COMMENT ON CONSTRAINT opening_trial_days_kind ON opening IS 'opening.trial_days: Days belong to a trial; say which kind it is, too.';
COMMENT ON CONSTRAINT opening_notes_length ON opening IS 'opening.notes: Keep the notes to 2,000 characters.';
COMMENT ON CONSTRAINT opening_seen_by_form ON opening IS 'opening.borough_ids: Boroughs have codes from E09000001 to E09000033.';
COMMENT ON CONSTRAINT opening_seen_by_or_network ON opening IS 'opening.borough_ids: An opening for the network is seen by every borough; name boroughs or the network, not both.';
COMMENT ON CONSTRAINT opening_closed_reason_length ON opening IS 'reason: Keep the reason to 200 characters.';

ALTER TABLE opening ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON opening TO canvass_owner USING (true);
CREATE POLICY seen ON opening FOR SELECT TO canvass_app
    USING ((network OR borough_id = (SELECT canvass.borough()) OR (SELECT canvass.borough()) = ANY (seen_by))
           AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY add ON opening FOR INSERT TO canvass_app
    WITH CHECK (borough_id = (SELECT canvass.borough())
                AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY change ON opening FOR UPDATE TO canvass_app
    USING (borough_id = (SELECT canvass.borough())
           AND (SELECT canvass.has_role('specialist', 'lead')));
GRANT SELECT, INSERT, UPDATE ON opening TO canvass_app;

-- DOMAIN.md section 2 (trials) and 6 (minimum wage), whoever writes the row. What was lawful when
-- it was written stays: only a change of what the rule speaks of is judged again.
CREATE FUNCTION opening_rules() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
DECLARE
    today date := london_today();
    wage minimum_wage;
    rule trial_rule;
    most integer;
    lowest integer;
BEGIN
    IF NEW.pay_pence_hour > 0
       AND (TG_OP = 'INSERT' OR NEW.pay_pence_hour <> OLD.pay_pence_hour
            OR NEW.starts_on IS DISTINCT FROM OLD.starts_on) THEN
        wage := minimum_wage_on(greatest(NEW.starts_on, today));
        lowest := least(wage.apprentice_pence, wage.under_18_pence);
        -- Between the lowest rate and the main one the job is lawful for some ages only; the
        -- match reads it beside the client's band.
        IF NEW.pay_pence_hour < lowest THEN
            PERFORM fail('CV003', 'opening.pay_pence_hour',
                '%s an hour is below every minimum wage since %s: the lowest is %s, from 21 it is '
                '%s. Ask the employer; leave the pay out until it is clear.',
                said_pence(NEW.pay_pence_hour), said_date(wage.effective_from),
                said_pence(lowest), said_pence(wage.from_21_pence));
        END IF;
    END IF;

    IF NEW.trial IS NULL OR NEW.trial = 'none'
       OR TG_OP = 'UPDATE'
          AND (NEW.trial, NEW.trial_days, NEW.hours_min_tenths, NEW.expected_weeks)
              IS NOT DISTINCT FROM
              (OLD.trial, OLD.trial_days, OLD.hours_min_tenths, OLD.expected_weeks) THEN
        RETURN NEW;
    END IF;
    rule := trial_rule_on(NEW.trial, today);
    IF NOT trial_fits(rule, NEW.hours_min_tenths, 0) THEN
        PERFORM fail('CV003', 'opening.trial',
            'A %s trial is for a job of at least %s hours a week; this one has %s.',
            said_trial(NEW.trial), said_tenths(rule.min_hours_tenths),
            said_tenths(NEW.hours_min_tenths));
    ELSIF NOT trial_fits(rule, 0, NEW.expected_weeks) THEN
        PERFORM fail('CV003', 'opening.trial',
            'A %s trial is for a job of at least %s weeks; this one lasts %s.',
            said_trial(NEW.trial), rule.min_weeks::text, NEW.expected_weeks::text);
    END IF;
    most := trial_days_for(rule, NEW.expected_weeks);
    IF NEW.trial_days > most AND NEW.trial = 'private_unpaid' THEN
        PERFORM fail('CV003', 'opening.trial_days',
            'An unpaid private trial of more than %s normally has to be paid at the minimum '
            'wage; offer a paid trial instead.', said_days(most));
    ELSIF NEW.trial_days > most THEN
        PERFORM fail('CV003', 'opening.trial_days',
            'A %s trial lasts at most %s%s.', said_trial(NEW.trial), said_days(most),
            CASE WHEN most = rule.short_max_days
                 THEN format(' where the job lasts under %s weeks', rule.short_under_weeks)
                 ELSE '' END);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER opening_rules BEFORE INSERT OR UPDATE ON opening
    FOR EACH ROW EXECUTE FUNCTION opening_rules();

CREATE FUNCTION said_trial(kind trial_kind) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind WHEN 'jobcentre_plus' THEN 'Jobcentre Plus work'
                 WHEN 'private_unpaid' THEN 'private unpaid'
                 ELSE kind::text END;

CREATE FUNCTION said_tenths(tenths integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_char(tenths / 10, 'FM9990') || CASE WHEN tenths % 10 = 0 THEN ''
                                              ELSE '.' || tenths % 10 END;
COMMENT ON FUNCTION said_tenths(integer) IS 'Tenths of an hour as hours: 375 is 37.5.';

CREATE FUNCTION occupation_title(code text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT o.title FROM occupation o WHERE o.code = occupation_title.code);
END
$$;
COMMENT ON FUNCTION occupation_title(text) IS 'Title of a SOC 2020 group; NULL where it is not in the list.';

-- A SOC code of a request, at any level or of a unit group; NULL where none is given.
CREATE FUNCTION soc_of(given text, field text, units_only boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF tidy(given) IS NULL THEN
        RETURN NULL;
    ELSIF units_only AND tidy(given) !~ '^[1-9][0-9]{3}$' THEN
        PERFORM fail('CV003', field, 'Give a SOC 2020 unit group, four digits like 8214.');
    ELSIF occupation_title(tidy(given)) IS NULL THEN
        PERFORM fail('CV003', field, 'There is no SOC 2020 group "%s" in the list.',
                     left(tidy(given), 20));
    END IF;
    RETURN tidy(given);
END
$$;
COMMENT ON FUNCTION soc_of(text, text, boolean) IS
    'A SOC code of a request, checked against the list; CV003 with its path.';

CREATE FUNCTION employer_of(given text, field text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT e.id INTO found_id FROM employer e WHERE e.id = given_id(given, field);
    IF found_id IS NULL THEN
        PERFORM fail('CV005', field, 'There is no such employer.');
    END IF;
    RETURN found_id;
END
$$;
COMMENT ON FUNCTION employer_of(text, text) IS 'The employer that a request names; CV005 where there is none.';

-- The site that a request names; unnamed, the employer's only or main one: in the caller's
-- borough if there is any, the oldest of those.
CREATE FUNCTION site_of(given text, employer uuid, field text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    IF coalesce(given, '') = '' THEN
        RETURN (SELECT s.id FROM site s
                 WHERE s.employer_id = employer AND NOT s.closed
                 ORDER BY s.borough_id IS NOT DISTINCT FROM borough() DESC, s.created_at, s.id
                 LIMIT 1);
    END IF;
    SELECT s.id INTO found_id FROM site s
     WHERE s.id = given_id(given, field) AND s.employer_id = employer;
    IF found_id IS NULL THEN
        PERFORM fail('CV003', field, 'This employer has no such site.');
    END IF;
    RETURN found_id;
END
$$;
COMMENT ON FUNCTION site_of(text, uuid, text) IS
    'The site that a request names, or the employer''s main site; CV003 where it is another''s.';

-- For what runs as the owner; tests/sql/scope.sql holds it and the policy together.
CREATE FUNCTION opening_is_seen(o opening) RETURNS boolean
LANGUAGE sql STABLE
RETURN o.network OR o.borough_id = borough() OR borough() = ANY (o.seen_by);
COMMENT ON FUNCTION opening_is_seen(opening) IS 'Whether the caller''s borough sees this opening, as the policy "seen" has it.';

-- The boroughs that a request names, beside the caller's own.
CREATE FUNCTION boroughs_of(list jsonb, field text) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    ids text[] := ARRAY(SELECT DISTINCT tidy(value) COLLATE "C" AS id
                          FROM jsonb_array_elements_text(coalesce(nullif(list, 'null'), '[]')) ORDER BY id);
    unknown text := (SELECT x FROM unnest(ids) AS x WHERE NOT EXISTS (SELECT FROM borough b WHERE b.id = x) LIMIT 1);
BEGIN
    IF borough() = ANY (ids) THEN
        PERFORM fail('CV003', field, 'Your own borough sees it as it is; name others.');
    ELSIF cardinality(ids) > 0 AND (unknown IS NOT NULL OR array_position(ids, NULL) IS NOT NULL) THEN
        PERFORM fail('CV003', field, 'No borough has the code "%s"; London''s are E09000001 to E09000033.',
                     left(coalesce(unknown, ''), 20));
    END IF;
    RETURN ids;
END
$$;

-- Change trial counts them; until then no place can be held.
CREATE FUNCTION places_taken(o opening) RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN NULL::integer;
COMMENT ON FUNCTION places_taken(opening) IS 'Places of an opening that are held for a trial, today or later; NULL for none.';

CREATE FUNCTION opening_json(o opening) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
                'id', o.id, 'employer_id', o.employer_id, 'employer', e.name, 'site_id', o.site_id,
                'postcode', s.postcode, 'title', o.title, 'soc', o.soc,
                'soc_title', occupation_title(o.soc), 'hidden', o.hidden,
                'hours_min_tenths', o.hours_min_tenths, 'hours_max_tenths', o.hours_max_tenths,
                'pay_pence_hour', o.pay_pence_hour, 'shifts', o.shifts, 'driving', o.driving,
                'check', o.check_level, 'features', o.features, 'permanent', o.permanent,
                'starts_on', o.starts_on, 'closes_on', o.closes_on, 'places', o.places,
                'trial', o.trial, 'trial_days', o.trial_days, 'notes', o.notes, 'network', o.network,
                'borough_ids', to_jsonb(nullif(o.seen_by, '{}')),
                'boroughs', (SELECT jsonb_agg(x.name ORDER BY x.name) FROM borough x WHERE x.id = ANY (o.seen_by)),
                'borough', b.name, 'expected_weeks', o.expected_weeks, 'closed_at', o.closed_at,
                'closed_reason', o.closed_reason)
                || jsonb_build_object(
                'places_taken', places_taken(o),
                'created', jsonb_build_object('at', o.created_at, 'by', o.created_by_name),
                'updated', jsonb_build_object('at', o.updated_at, 'by', o.updated_by_name),
                'etag', o.version::text))
              FROM employer e
              JOIN borough b ON b.id = o.borough_id
              LEFT JOIN site s ON s.id = o.site_id
             WHERE e.id = o.employer_id);
END
$$;
COMMENT ON FUNCTION opening_json(opening) IS 'An opening as message canvass.v1.Opening.';

-- The fields of a message that a mask names, put on a row.
CREATE FUNCTION opening_with(o opening, m jsonb, paths text[]) RETURNS opening
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    path text;
BEGIN
    FOREACH path IN ARRAY paths LOOP
        CASE path
        WHEN 'site_id' THEN
            o.site_id := site_of(m ->> 'site_id', o.employer_id, 'opening.site_id');
        WHEN 'title' THEN o.title := coalesce(tidy(m ->> 'title'), '');
        WHEN 'soc' THEN o.soc := soc_of(m ->> 'soc', 'opening.soc', true);
        WHEN 'hidden' THEN o.hidden := coalesce((m ->> 'hidden')::boolean, false);
        WHEN 'hours_min_tenths' THEN
            o.hours_min_tenths := coalesce((m ->> 'hours_min_tenths')::integer, 0);
        WHEN 'hours_max_tenths' THEN
            o.hours_max_tenths := coalesce((m ->> 'hours_max_tenths')::integer, 0);
        WHEN 'pay_pence_hour' THEN
            o.pay_pence_hour := coalesce((m ->> 'pay_pence_hour')::integer, 0);
        WHEN 'shifts' THEN o.shifts := spans_of(m -> 'shifts', 'opening.shifts');
        WHEN 'driving' THEN o.driving := (m ->> 'driving')::driving;
        WHEN 'check' THEN o.check_level := (m ->> 'check')::check_level;
        WHEN 'features' THEN o.features := features_of(m -> 'features');
        WHEN 'permanent' THEN o.permanent := coalesce((m ->> 'permanent')::boolean, false);
        WHEN 'starts_on' THEN o.starts_on := (m ->> 'starts_on')::date;
        WHEN 'closes_on' THEN
            o.closes_on := (m ->> 'closes_on')::date;
            IF o.closes_on < london_today() THEN
                PERFORM fail('CV003', 'opening.closes_on',
                             '%s has passed; give the last day on which somebody can be put '
                             'forward, or leave it out.', said_date(o.closes_on));
            END IF;
        WHEN 'places' THEN o.places := coalesce(nullif((m ->> 'places')::integer, 0), 1);
        WHEN 'trial' THEN o.trial := (m ->> 'trial')::trial_kind;
        WHEN 'trial_days' THEN o.trial_days := coalesce((m ->> 'trial_days')::integer, 0);
        WHEN 'notes' THEN o.notes := tidy(m ->> 'notes');
        WHEN 'network' THEN
            o.network := coalesce((m ->> 'network')::boolean, false);
            IF o.network AND 'borough_ids' <> ALL (paths) THEN
                o.seen_by := '{}';
            END IF;
        WHEN 'borough_ids' THEN
            o.seen_by := boroughs_of(m -> 'borough_ids', 'opening.borough_ids');
        WHEN 'expected_weeks' THEN
            o.expected_weeks := coalesce((m ->> 'expected_weeks')::integer, 0);
        END CASE;
    END LOOP;
    -- One figure for the hours says both.
    IF 'hours_min_tenths' = ANY (paths) AND o.hours_max_tenths = 0 THEN
        o.hours_max_tenths := o.hours_min_tenths;
    END IF;
    RETURN o;
END
$$;

CREATE FUNCTION features_of(list jsonb) RETURNS job_feature[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT value::job_feature AS feature
               FROM jsonb_array_elements_text(coalesce(nullif(list, 'null'), '[]'))
              ORDER BY feature);

CREATE FUNCTION opening_paths() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['site_id', 'title', 'soc', 'hidden', 'hours_min_tenths', 'hours_max_tenths',
             'pay_pence_hour', 'shifts', 'driving', 'check', 'features', 'permanent', 'starts_on',
             'closes_on', 'places', 'trial', 'trial_days', 'notes', 'network', 'borough_ids',
             'expected_weeks'];
COMMENT ON FUNCTION opening_paths() IS 'The fields of an opening that a caller sets.';

CREATE FUNCTION create_opening(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'opening', '{}');
    o opening;
BEGIN
    o.employer_id := employer_of(m ->> 'employer_id', 'opening.employer_id');
    o := opening_with(o, m, opening_paths());
    o.id := chosen_id(m ->> 'id', 'opening.id');
    INSERT INTO opening (id, borough_id, employer_id, site_id, title, soc, hidden,
            hours_min_tenths, hours_max_tenths, pay_pence_hour, shifts, driving, check_level,
            features, permanent, starts_on, closes_on, places, trial, trial_days, notes, network,
            seen_by, expected_weeks, created_by, created_by_name, updated_by, updated_by_name)
        VALUES (o.id, borough(), o.employer_id, o.site_id, o.title, o.soc, o.hidden,
            o.hours_min_tenths, o.hours_max_tenths, o.pay_pence_hour, o.shifts, o.driving,
            o.check_level, o.features, o.permanent, o.starts_on, o.closes_on, o.places, o.trial,
            o.trial_days, o.notes, o.network, coalesce(o.seen_by, '{}'), o.expected_weeks, actor(), actor_name(), actor(),
            actor_name())
        RETURNING * INTO o;
    RETURN opening_json(o);
END
$$;
COMMENT ON FUNCTION create_opening(jsonb) IS 'OpeningService/CreateOpening: the opening.';

-- The opening of that id for changing, locked. Another borough's can be seen, not changed.
CREATE FUNCTION opening_to_change(given text, field text, etag text) RETURNS opening
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening;
BEGIN
    SELECT * INTO o FROM opening WHERE id = given_id(given, field);
    IF o.id IS NULL THEN
        PERFORM fail('CV005', field, 'There is no such opening.');
    ELSIF o.borough_id <> borough() THEN
        PERFORM fail('CV007', field, 'This opening belongs to %s; only they can change it.',
                     (SELECT b.name FROM borough b WHERE b.id = o.borough_id));
    END IF;
    SELECT * INTO o FROM opening WHERE id = o.id FOR NO KEY UPDATE;
    PERFORM check_etag(etag, o.version, 'opening', o.updated_by_name, o.updated_at);
    RETURN o;
END
$$;

CREATE FUNCTION update_opening(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'opening', '{}');
    paths text[] := mask_of(request, VARIADIC opening_paths());
    o opening := opening_to_change(m ->> 'id', 'opening.id', m ->> 'etag');
BEGIN
    o := opening_with(o, m, paths);
    UPDATE opening u
       SET (site_id, title, soc, hidden, hours_min_tenths, hours_max_tenths, pay_pence_hour,
            shifts, driving, check_level, features, permanent, starts_on, closes_on, places,
            trial, trial_days, notes, network, seen_by, expected_weeks)
         = (o.site_id, o.title, o.soc, o.hidden, o.hours_min_tenths, o.hours_max_tenths,
            o.pay_pence_hour, o.shifts, o.driving, o.check_level, o.features, o.permanent,
            o.starts_on, o.closes_on, o.places, o.trial, o.trial_days, o.notes, o.network,
            o.seen_by, o.expected_weeks),
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = u.version + 1
     WHERE u.id = o.id
    RETURNING u.* INTO o;
    RETURN opening_json(o);
END
$$;
COMMENT ON FUNCTION update_opening(jsonb) IS 'OpeningService/UpdateOpening: the opening.';

CREATE FUNCTION close_opening(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening := opening_to_change(request ->> 'opening_id', 'opening_id', request ->> 'etag');
BEGIN
    IF o.closed_at IS NOT NULL THEN
        PERFORM fail('CV009', 'opening_id', 'This opening was closed %s: %s.',
                     said_when(o.closed_at), o.closed_reason);
    ELSIF tidy(request ->> 'reason') IS NULL THEN
        PERFORM fail('CV003', 'reason', 'Say why it closes: filled, withdrawn, or other words.');
    END IF;
    UPDATE opening u
       SET closed_at = now(), closed_reason = tidy(request ->> 'reason'), updated_at = now(),
           updated_by = actor(), updated_by_name = actor_name(), version = u.version + 1
     WHERE u.id = o.id
    RETURNING u.* INTO o;
    RETURN opening_json(o);
END
$$;
COMMENT ON FUNCTION close_opening(jsonb) IS 'OpeningService/CloseOpening: the opening.';

GRANT EXECUTE ON FUNCTION opening_rules(), said_trial(trial_kind), said_tenths(integer),
    occupation_title(text), soc_of(text, text, boolean), employer_of(text, text),
    site_of(text, uuid, text), opening_is_seen(opening), boroughs_of(jsonb, text), places_taken(opening),
    opening_json(opening), opening_with(opening, jsonb, text[]),
    features_of(jsonb), opening_paths(), create_opening(jsonb),
    opening_to_change(text, text, text), update_opening(jsonb), close_opening(jsonb)
    TO canvass_app;

COMMIT;
