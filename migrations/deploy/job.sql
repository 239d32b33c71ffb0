-- Deploy canvass:job to pg

-- Jobs that clients start, change and lose. Whether a wage is lawful hangs on the day and the client's
-- age band, so it is asked of minimum_wage; a place of an opening goes with the job that takes it,
-- whichever borough noted the opening.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- pay days ----

-- A month keeps the day of the first one as far as it has it: 31 January, 28 February, 31 March.
CREATE FUNCTION next_pay_day(first_on date, rhythm pay_rhythm, d date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN first_on >= d THEN first_on
            WHEN rhythm = 'monthly' THEN
                (SELECT min(p.day)
                   FROM (SELECT (first_on + make_interval(months => m))::date AS day
                           FROM (SELECT (12 * (date_part('year', d) - date_part('year', first_on))
                                         + date_part('month', d) - date_part('month', first_on))::integer AS months) AS since,
                                generate_series(since.months, since.months + 1) AS m) AS p
                  WHERE p.day >= d)
            ELSE (SELECT first_on + (d - first_on + r.days - 1) / r.days * r.days
                    FROM (SELECT CASE rhythm WHEN 'weekly' THEN 7 WHEN 'fortnightly' THEN 14
                                             WHEN 'four_weekly' THEN 28 END AS days) AS r) END;
COMMENT ON FUNCTION next_pay_day(date, pay_rhythm, date) IS
    'The first pay day that is not before d; NULL where the rhythm is not known and the first one has been.';

-- Money in the hand after a long time is a hard day for some (DOMAIN.md section 7, feature 9). The
-- sentence says nothing of that: it may be read over a shoulder.
CREATE FUNCTION first_pay_days_on(d date, ahead integer)
RETURNS TABLE (job_id uuid, client_id uuid, employer_id uuid, pay_on date, sentence text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT j.id, j.client_id, j.employer_id, j.first_pay_on,
               format('First pay day %s: be in touch before it, and let the team know', said_day(j.first_pay_on, d))
          FROM client c
          JOIN job j ON j.client_id = c.id
         WHERE c.team_id = team() AND c.specialist_id = actor() AND c.status <> 'discharged'
           AND j.first_pay_on BETWEEN d AND d + ahead
           AND coalesce(j.ends_on, d) >= d
         ORDER BY j.first_pay_on, j.id;
END
$$;
COMMENT ON FUNCTION first_pay_days_on(date, integer) IS
    'First pay days of the caller''s own caseload from d on, so many days ahead.';

-- ---- wages ----

CREATE FUNCTION said_low_pay(pence integer, band age_band, d date) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    rates minimum_wage := minimum_wage_on(d);
    -- Of a client whose age band is not known, the lowest rate is all that can be said.
    lowest integer := coalesce(minimum_wage_pence(band, rates), least(rates.apprentice_pence, rates.under_18_pence));
BEGIN
    RETURN CASE WHEN pence < lowest THEN
        format('%s an hour is below %s: %s.', said_pence(pence),
               CASE WHEN band IS NULL THEN 'every minimum wage from ' || said_date(rates.effective_from)
                    ELSE minimum_wage_words(band, rates) END, said_pence(lowest)) END;
END
$$;
COMMENT ON FUNCTION said_low_pay(integer, age_band, date) IS
    'That a wage is below the minimum of an age band on a day, in a sentence; NULL where it is not.';

CREATE FUNCTION put_terms(j job, band age_band, from_on date, hours_tenths integer, pay_pence_hour integer,
                          permanent boolean, prefix text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    low text := said_low_pay(pay_pence_hour, band, from_on);
BEGIN
    IF low IS NOT NULL THEN
        PERFORM fail('CV003', prefix || 'pay_pence_hour', '%s Ask the employer what they pay from that day.', low);
    END IF;
    INSERT INTO job_terms (job_id, client_id, from_on, hours_tenths, pay_pence_hour, permanent)
        VALUES (j.id, j.client_id, from_on, hours_tenths, pay_pence_hour, permanent);
END
$$;
COMMENT ON FUNCTION put_terms(job, age_band, date, integer, integer, boolean, text) IS
    'Terms of a job from a day, at the minimum wage of that day or more.';

-- ---- a job as a message ----

CREATE FUNCTION said_job(j job) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT format('%s at %s', j.title, e.name) FROM employer e WHERE e.id = j.employer_id $$;
COMMENT ON FUNCTION said_job(job) IS 'Van driver at Stockwell Tool Hire.';

CREATE FUNCTION support_due_json(j job, given support_to, due_on date, sentence text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'job_id', j.id, 'title', j.title, 'client_id', saw_client(j.client_id), 'client_ref', c.ref,
            'specialist_id', c.specialist_id, 'specialist', specialist_name(c.specialist_id), 'employer_id', j.employer_id,
            'employer', e.name, 'given_to', given, 'due_on', due_on, 'sentence', sentence,
            'overdue', due_on < london_today()))
          FROM client c, employer e WHERE c.id = j.client_id AND e.id = j.employer_id);
END
$$;
COMMENT ON FUNCTION support_due_json(job, support_to, date, text) IS
    'Support that is due as message canvass.v1.SupportDue; that its client was shown is noted.';

-- Lists leave out the terms, the shifts and what comes next.
CREATE FUNCTION job_json(j job, whole boolean DEFAULT true) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    today date := london_today();
    c client;
    t job_terms := job_terms_on(j.id, least(j.ends_on, today));
BEGIN
    SELECT * INTO c FROM client x WHERE x.id = j.client_id;
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', j.id, 'client_id', saw_client(j.client_id), 'client_ref', c.ref,
            'employer_id', j.employer_id, 'employer', e.name, 'site_id', j.site_id,
            'site', coalesce(s.name, s.address[1], s.postcode), 'opening_id', j.opening_id, 'trial_id', j.trial_id,
            'title', j.title, 'soc', j.soc, 'soc_title', occupation_title(j.soc), 'starts_on', j.starts_on,
            'hours_tenths', t.hours_tenths, 'pay_pence_hour', t.pay_pence_hour, 'permanent', t.permanent,
            'competitive', j.competitive, 'pay_rhythm', j.pay_rhythm, 'first_pay_on', j.first_pay_on,
            'next_pay_on', CASE WHEN j.ends_on IS NULL THEN next_pay_day(j.first_pay_on, j.pay_rhythm, today) END,
            'ends_on', j.ends_on, 'end_reason', j.end_reason,
            'weeks', greatest(0, (least(j.ends_on, today) - j.starts_on + 1) / 7),
            'terms', CASE WHEN whole THEN
                (SELECT jsonb_agg(jsonb_build_object('from_on', x.from_on, 'hours_tenths', x.hours_tenths,
                            'pay_pence_hour', x.pay_pence_hour, 'permanent', x.permanent) ORDER BY x.from_on)
                   FROM job_terms x WHERE x.job_id = j.id) END,
            'lost_shifts', CASE WHEN whole THEN
                (SELECT jsonb_agg(jsonb_build_object('on', l.on_day, 'hours_tenths', l.hours_tenths,
                            'reason', l.reason, 'by', specialist_name(l.recorded_by)) ORDER BY l.on_day)
                   FROM lost_shift l WHERE l.job_id = j.id) END,
            'support_due', CASE WHEN whole AND c.status <> 'discharged' THEN
                (SELECT jsonb_agg(support_due_json(j, g.given_to, n.due_on, n.sentence) ORDER BY n.due_on, g.given_to)
                   FROM supported_in(j) AS g (given_to)
                  CROSS JOIN LATERAL support_next(j, g.given_to, today) AS n
                  WHERE n.due_on IS NOT NULL) END,
            'low_pay', CASE WHEN j.ends_on IS NULL
                            THEN said_low_pay(t.pay_pence_hour, c.age_band, greatest(j.starts_on, today)) END,
            'specialist_id', j.specialist_id, 'specialist', specialist_name(j.specialist_id), 'etag', j.version::text))
          FROM employer e LEFT JOIN site s ON s.id = j.site_id
         WHERE e.id = j.employer_id);
END
$$;
COMMENT ON FUNCTION job_json(job, boolean) IS
    'A job as message canvass.v1.Job, whole or without terms, lost shifts and support; that its client was shown is noted.';

-- ---- which job ----

-- By its id; or the client's: the one of that day, without a day the one they hold, and where there is
-- none the last one.
CREATE FUNCTION job_of(request jsonb, on_day date DEFAULT NULL) RETURNS job
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client;
    j job;
    found job[];
BEGIN
    IF tidy(request ->> 'job_id') IS NOT NULL THEN
        SELECT * INTO j FROM job WHERE id = given_id(request ->> 'job_id', 'job_id');
        IF j.id IS NULL THEN
            PERFORM fail('CV005', 'job_id', 'Your team has no such job.');
        END IF;
        PERFORM saw_client(j.client_id);
        RETURN j;
    END IF;
    c := client_of(request ->> 'client_id', request ->> 'client_ref', 'client_id', 'client_ref');
    found := ARRAY(SELECT x FROM job x
                    WHERE x.client_id = c.id
                      AND CASE WHEN on_day IS NULL THEN x.ends_on IS NULL
                               ELSE on_day BETWEEN x.starts_on AND coalesce(x.ends_on, 'infinity') END
                    ORDER BY x.starts_on, x.id);
    IF cardinality(found) = 0 THEN
        found := ARRAY(SELECT x FROM job x WHERE x.client_id = c.id ORDER BY x.starts_on DESC, x.id DESC LIMIT 1);
    END IF;
    IF cardinality(found) = 0 THEN
        PERFORM fail('CV005', 'client_id', '%s has started no job yet.', c.ref);
    ELSIF cardinality(found) > 1 THEN
        PERFORM fail('CV003', 'job_id', '%s holds %s jobs then; say which by its id: %s.', c.ref, cardinality(found)::text,
                     (SELECT string_agg(format('%s is %s', said_job(x), x.id), '; ') FROM unnest(found) AS x));
    END IF;
    RETURN found[1];
END
$$;
COMMENT ON FUNCTION job_of(jsonb, date) IS
    'The job of the caller''s team that a request names by job_id, client_id or client_ref; CV005 where there is none.';

-- For changing: locked, of the version that the caller read. The job of somebody who was discharged
-- can still be ended.
CREATE FUNCTION job_to_change(request jsonb, on_day date DEFAULT NULL, is_ending boolean DEFAULT false) RETURNS job
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    j job := job_of(request, on_day);
    c client;
BEGIN
    SELECT * INTO j FROM job WHERE id = j.id FOR NO KEY UPDATE;
    PERFORM check_etag(request ->> 'etag', j.version, 'job', j.updated_by_name, j.updated_at);
    SELECT * INTO c FROM client WHERE id = j.client_id;
    IF c.status = 'discharged' AND NOT is_ending THEN
        PERFORM fail('CV009', 'job_id', '%s was discharged %s; only the end of a job can still be recorded.', c.ref,
                     said_when(c.discharged_at));
    END IF;
    RETURN j;
END
$$;

CREATE FUNCTION job_changed(job uuid) RETURNS job
LANGUAGE sql VOLATILE
SET search_path = canvass, pg_temp
AS $$
    UPDATE job u
       SET updated_at = now(), updated_by = actor(), updated_by_name = actor_name(), version = u.version + 1
     WHERE u.id = job_changed.job
    RETURNING u
$$;
COMMENT ON FUNCTION job_changed(uuid) IS 'The last step of every change: who, when, the next version.';

-- ---- starting ----

-- A day of a request: not longer ago than the house keeps books open, and not out of reach ahead.
CREATE FUNCTION job_day(given text, field text, ahead integer, missing text) RETURNS date
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d date := given::date;
BEGIN
    IF d IS NULL THEN
        PERFORM fail('CV003', field, missing);
    ELSIF d > london_today() AND ahead = 0 THEN
        PERFORM fail('CV003', field, '%s lies in the future: record it when it has happened.', said_date(d));
    ELSIF d > london_today() + ahead THEN
        PERFORM fail('CV003', field, '%s is more than %s ahead.', said_date(d), said_days(ahead));
    ELSIF d < london_today() - 400 THEN
        PERFORM fail('CV003', field, '%s is more than 400 days ago.', said_date(d));
    END IF;
    RETURN d;
END
$$;

-- The place of an opening that somebody starts on: any borough's that the caller may see, or that their
-- client's trial was for. Whoever comes second for the last one waits here and is refused. Places that
-- are held for others' trials are theirs until the trial is over.
CREATE FUNCTION take_place(j job) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening;
    held bigint;
BEGIN
    SELECT * INTO o FROM opening WHERE id = j.opening_id FOR NO KEY UPDATE;
    IF o.id IS NULL OR NOT has_role('specialist', 'lead')
       OR NOT opening_is_seen(o)
          AND NOT EXISTS (SELECT FROM trial t WHERE t.id = j.trial_id AND t.opening_id = o.id AND t.team_id = team()) THEN
        PERFORM fail('CV005', 'job.opening_id', 'There is no such opening.');
    ELSIF o.closed_at IS NOT NULL AND j.trial_id IS NOT NULL THEN
        RETURN NULL;
    ELSIF o.closed_at IS NOT NULL THEN
        PERFORM fail('CV009', 'job.opening_id', 'This opening was closed %s: %s. Name the employer alone to record the job.',
                     said_when(o.closed_at), o.closed_reason);
    END IF;
    SELECT count(*) INTO held FROM trial t
     WHERE t.opening_id = o.id AND t.status IN ('agreed', 'running') AND t.client_id <> j.client_id
       AND greatest(t.ends_on, t.kept_until) >= london_today();
    IF held >= o.places AND j.trial_id IS NULL THEN
        PERFORM fail('CV009', 'job.opening_id', 'Each place of this opening is held for a trial. Name the employer alone to record the job.');
    END IF;
    UPDATE opening u
       SET places = greatest(u.places - 1, 1),
           closed_at = CASE WHEN u.places = 1 THEN now() END, closed_reason = CASE WHEN u.places = 1 THEN 'filled' END,
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(), version = u.version + 1
     WHERE u.id = o.id;
    RETURN CASE o.places WHEN 1 THEN 'That was the last place: the opening is closed as filled.'
                         WHEN 2 THEN '1 place of the opening is left.'
                         ELSE format('%s places of the opening are left.', o.places - 1) END;
END
$$;
COMMENT ON FUNCTION take_place(job) IS 'One place of the opening that a job came from goes; what is left, in a sentence.';

-- An employer that hired has come to the second depth (DOMAIN.md section 1, "Relationship depth"). The
-- depths above it are for people to judge.
CREATE FUNCTION employer_hired(employer uuid) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = canvass, pg_temp
AS $$
    INSERT INTO relationship AS r (employer_id, borough_id, stage, lead_id, updated_by, updated_by_name)
        VALUES (employer, borough(), 'hired', actor(), actor(), actor_name())
        ON CONFLICT ON CONSTRAINT relationship_pkey DO UPDATE
        SET stage = 'hired', updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
            version = r.version + 1
      WHERE coalesce(r.stage, 'fair') = 'fair'
$$;

-- The trial that led to the job, of the same client and with an offer: the one that is named, or
-- else the last one there that no job followed yet.
CREATE FUNCTION trial_of_job(m jsonb, c client) RETURNS trial
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial;
BEGIN
    IF tidy(m ->> 'trial_id') IS NULL THEN
        SELECT * INTO t FROM trial x
         WHERE x.client_id = c.id AND x.outcome = 'offer' AND NOT EXISTS (SELECT FROM job j WHERE j.trial_id = x.id)
           AND (tidy(m ->> 'opening_id') IS NULL OR x.opening_id = given_id(m ->> 'opening_id', 'job.opening_id'))
           AND (tidy(m ->> 'employer_id') IS NULL
                OR x.employer_id = standing_employer(given_id(m ->> 'employer_id', 'job.employer_id')))
         ORDER BY x.ended_at DESC, x.id LIMIT 1;
        RETURN t;
    END IF;
    SELECT * INTO t FROM trial WHERE id = given_id(m ->> 'trial_id', 'job.trial_id');
    IF t.id IS NULL THEN
        PERFORM fail('CV005', 'job.trial_id', 'Your team has no such trial.');
    ELSIF t.client_id <> c.id THEN
        PERFORM fail('CV003', 'job.trial_id', 'This trial is another client''s, not that of %s.', c.ref);
    ELSIF t.outcome IS NULL THEN
        PERFORM fail('CV009', 'job.trial_id', 'This trial has no outcome yet; complete it with the offer first.');
    ELSIF t.outcome <> 'offer' THEN
        PERFORM fail('CV009', 'job.trial_id', 'This trial led to no offer (%s); name the employer alone to record the job.',
                     replace(t.outcome::text, '_', ' '));
    END IF;
    RETURN t;
END
$$;

-- What a job takes over from its trial or opening, and the request may say otherwise.
CREATE FUNCTION job_from(m jsonb, c client, t trial, o opening) RETURNS job
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    j job;
    is_named boolean := tidy(m ->> 'employer_id') IS NOT NULL;
BEGIN
    j.employer_id := CASE WHEN is_named THEN employer_of(m ->> 'employer_id', 'job.employer_id')
                          ELSE coalesce(t.employer_id, o.employer_id) END;
    IF j.employer_id IS NULL THEN
        PERFORM fail('CV003', 'job.employer_id', 'Say at which employer the job is, or which trial or opening led to it.');
    ELSIF j.employer_id <> coalesce(t.employer_id, o.employer_id, j.employer_id) THEN
        PERFORM fail('CV003', 'job.employer_id', 'The %s is at another employer; name one of the two.',
                     CASE WHEN t.id IS NULL THEN 'opening' ELSE 'trial' END);
    END IF;
    j.site_id := CASE WHEN tidy(m ->> 'site_id') IS NULL AND coalesce(t.site_id, o.site_id) IS NOT NULL
                      THEN coalesce(t.site_id, o.site_id)
                      ELSE site_of(m ->> 'site_id', j.employer_id, 'job.site_id') END;
    j.title := coalesce(tidy(m ->> 'title'), t.title, o.title, '');
    j.soc := coalesce(soc_of(m ->> 'soc', 'job.soc', true), t.soc, o.soc);
    IF j.soc IS NULL THEN
        PERFORM fail('CV003', 'job.soc', 'Say which SOC 2020 unit group the job is, four digits like 8214.');
    END IF;
    j.opening_id := coalesce(o.id, t.opening_id);
    j.trial_id := t.id;
    j.starts_on := job_day(m ->> 'starts_on', 'job.starts_on', 400, 'Say on which day the job starts.');
    IF j.starts_on < c.entered_on THEN
        PERFORM fail('CV003', 'job.starts_on', 'Support of %s began on %s; a job from before that is no job start.', c.ref,
                     said_date(c.entered_on));
    END IF;
    j.competitive := coalesce((m ->> 'competitive')::boolean, true);
    j.pay_rhythm := (m ->> 'pay_rhythm')::pay_rhythm;
    j.first_pay_on := (m ->> 'first_pay_on')::date;
    RETURN j;
END
$$;

-- Nobody holds one job twice, whoever of the team is quicker.
CREATE FUNCTION check_job_is_new(c client, j job) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    other job;
BEGIN
    SELECT * INTO other FROM job x
     WHERE x.client_id = c.id AND x.employer_id = j.employer_id AND coalesce(x.ends_on, 'infinity') >= j.starts_on
     ORDER BY x.starts_on LIMIT 1;
    IF other.id IS NOT NULL THEN
        PERFORM fail('CV006', 'job.starts_on', '%s has a job there already: %s, since %s%s.', c.ref, said_job(other),
                     said_date(other.starts_on), coalesce(' until ' || said_date(other.ends_on), ''));
    END IF;
END
$$;

CREATE FUNCTION start_job(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'job', '{}');
    c client := client_of(m ->> 'client_id', m ->> 'client_ref', 'job.client_id', 'job.client_ref');
    t trial;
    o opening;
    j job;
    hours integer;
    pay integer;
    said text[] := '{}';
BEGIN
    c := client_to_change(c.id::text, 'job.client_id', NULL);
    t := trial_of_job(m, c);
    -- A trial's opening may be hidden from the team by now.
    SELECT * INTO o FROM opening
     WHERE id = coalesce(t.opening_id, CASE WHEN tidy(m ->> 'opening_id') IS NOT NULL
                                            THEN given_id(m ->> 'opening_id', 'job.opening_id') END);
    IF o.id IS NULL AND t.id IS NULL AND tidy(m ->> 'opening_id') IS NOT NULL THEN
        PERFORM fail('CV005', 'job.opening_id', 'There is no such opening.');
    ELSIF t.id IS NOT NULL AND coalesce(tidy(m ->> 'opening_id'), t.opening_id::text) <> t.opening_id::text THEN
        PERFORM fail('CV003', 'job.opening_id', 'The trial was for another opening; name one of the two.');
    END IF;
    j := job_from(m, c, t, o);
    j.id := chosen_id(m ->> 'id', 'job.id');
    PERFORM check_job_is_new(c, j);
    hours := coalesce(nullif((m ->> 'hours_tenths')::integer, 0), nullif(t.hours_tenths, 0),
                      CASE WHEN o.hours_min_tenths = o.hours_max_tenths THEN nullif(o.hours_min_tenths, 0) END);
    pay := coalesce(nullif((m ->> 'pay_pence_hour')::integer, 0), nullif(o.pay_pence_hour, 0));
    IF hours IS NULL THEN
        PERFORM fail('CV003', 'job.hours_tenths', 'Say how many hours a week the job has.');
    ELSIF pay IS NULL THEN
        PERFORM fail('CV003', 'job.pay_pence_hour', 'Say what the job pays an hour before tax.');
    END IF;
    INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, site_id, opening_id, trial_id, title,
            soc, starts_on, competitive, pay_rhythm, first_pay_on, updated_by, updated_by_name)
        VALUES (j.id, borough(), c.team_id, c.id, coalesce(c.specialist_id, actor()), j.employer_id, j.site_id, j.opening_id,
            j.trial_id, j.title, j.soc, j.starts_on, j.competitive, j.pay_rhythm, j.first_pay_on, actor(), actor_name())
        RETURNING * INTO j;
    PERFORM put_terms(j, c.age_band, j.starts_on, hours, pay,
                      coalesce((m ->> 'permanent')::boolean, o.permanent, false), 'job.');
    IF j.opening_id IS NOT NULL THEN
        said := array_append(said, take_place(j));
    END IF;
    PERFORM employer_hired(j.employer_id);
    RETURN jsonb_build_object('job', job_json(j), 'follow_up', to_jsonb(array_remove(said, NULL)));
END
$$;
COMMENT ON FUNCTION start_job(jsonb) IS 'JobService/StartJob: the whole response.';

-- ---- changing ----

-- The first terms begin with the job, so they move with its start.
CREATE FUNCTION move_start(j job, starts_on date, band age_band) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    first job_terms;
    next_on date := (SELECT min(t.from_on) FROM job_terms t WHERE t.job_id = j.id AND t.from_on > j.starts_on);
    lost_on date := (SELECT min(l.on_day) FROM lost_shift l WHERE l.job_id = j.id);
BEGIN
    IF starts_on >= next_on THEN
        PERFORM fail('CV003', 'job.starts_on', 'Terms changed on %s; the job started before that.', said_date(next_on));
    ELSIF starts_on > lost_on THEN
        PERFORM fail('CV003', 'job.starts_on', 'A shift of %s was lost; the job had started by then.', said_date(lost_on));
    END IF;
    DELETE FROM job_terms t WHERE t.job_id = j.id AND t.from_on = j.starts_on RETURNING t.* INTO first;
    PERFORM put_terms(j, band, starts_on, first.hours_tenths, first.pay_pence_hour, first.permanent, 'job.');
END
$$;

CREATE FUNCTION update_job(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'job', '{}');
    paths text[] := mask_of(request, 'site_id', 'title', 'soc', 'starts_on', 'competitive', 'pay_rhythm', 'first_pay_on');
    j job := job_to_change(jsonb_build_object('job_id', m -> 'id', 'client_id', m -> 'client_id',
                                              'client_ref', m -> 'client_ref', 'etag', m -> 'etag'));
    c client;
    starts_on date;
BEGIN
    SELECT * INTO c FROM client x WHERE x.id = j.client_id;
    IF 'site_id' = ANY (paths) THEN j.site_id := site_of(m ->> 'site_id', j.employer_id, 'job.site_id'); END IF;
    IF 'title' = ANY (paths) THEN j.title := coalesce(tidy(m ->> 'title'), ''); END IF;
    IF 'soc' = ANY (paths) THEN
        j.soc := soc_of(m ->> 'soc', 'job.soc', true);
        IF j.soc IS NULL THEN
            PERFORM fail('CV003', 'job.soc', 'Say which SOC 2020 unit group the job is, four digits like 8214.');
        END IF;
    END IF;
    IF 'competitive' = ANY (paths) THEN j.competitive := coalesce((m ->> 'competitive')::boolean, true); END IF;
    IF 'pay_rhythm' = ANY (paths) THEN j.pay_rhythm := (m ->> 'pay_rhythm')::pay_rhythm; END IF;
    IF 'first_pay_on' = ANY (paths) THEN j.first_pay_on := (m ->> 'first_pay_on')::date; END IF;
    IF 'starts_on' = ANY (paths) THEN
        starts_on := job_day(m ->> 'starts_on', 'job.starts_on', 400, 'Say on which day the job starts.');
        IF starts_on < c.entered_on THEN
            PERFORM fail('CV003', 'job.starts_on', 'Support of %s began on %s; a job from before that is no job start.', c.ref,
                         said_date(c.entered_on));
        ELSIF starts_on <> j.starts_on THEN
            PERFORM move_start(j, starts_on, c.age_band);
            j.starts_on := starts_on;
        END IF;
    END IF;
    UPDATE job u
       SET (site_id, title, soc, starts_on, competitive, pay_rhythm, first_pay_on)
         = (j.site_id, j.title, j.soc, j.starts_on, j.competitive, j.pay_rhythm, j.first_pay_on)
     WHERE u.id = j.id;
    RETURN job_json(job_changed(j.id));
END
$$;
COMMENT ON FUNCTION update_job(jsonb) IS 'JobService/UpdateJob: the job.';

CREATE FUNCTION change_terms(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    from_on date := job_day(request ->> 'from_on', 'from_on', 400, 'Say from which day the new terms hold.');
    j job := job_to_change(request, from_on);
    was job_terms := job_terms_on(j.id, from_on);
    now_is job_terms := was;
BEGIN
    now_is.from_on := from_on;
    now_is.hours_tenths := coalesce(nullif((request ->> 'hours_tenths')::integer, 0), was.hours_tenths);
    now_is.pay_pence_hour := coalesce(nullif((request ->> 'pay_pence_hour')::integer, 0), was.pay_pence_hour);
    now_is.permanent := coalesce((request ->> 'permanent')::boolean, was.permanent);
    IF from_on < j.starts_on THEN
        PERFORM fail('CV003', 'from_on', 'The job started on %s; its terms change after that.', said_date(j.starts_on));
    ELSIF from_on > j.ends_on THEN
        PERFORM fail('CV003', 'from_on', 'The job ended on %s; its terms changed before that.', said_date(j.ends_on));
    ELSIF was.from_on < from_on AND (now_is.hours_tenths, now_is.pay_pence_hour, now_is.permanent)
                                    = (was.hours_tenths, was.pay_pence_hour, was.permanent) THEN
        PERFORM fail('CV003', '', 'These are the terms already; say what changes: hours, pay, or whether it is permanent.');
    END IF;
    PERFORM put_terms(j, (SELECT c.age_band FROM client c WHERE c.id = j.client_id), from_on, now_is.hours_tenths,
                      now_is.pay_pence_hour, now_is.permanent, '');
    RETURN job_json(job_changed(j.id));
END
$$;
COMMENT ON FUNCTION change_terms(jsonb) IS 'JobService/ChangeTerms: the job.';

-- ---- ending ----

-- What to do when a job has ended, in sentences. Nothing of the client's wishes is cleared: a new search
-- begins with them as they stand.
CREATE FUNCTION after_job(j job) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client;
    held job;
    due_on date := (support_next(j, 'client', london_today())).due_on;
BEGIN
    SELECT * INTO c FROM client x WHERE x.id = j.client_id;
    SELECT * INTO held FROM job x WHERE x.client_id = c.id AND x.ends_on IS NULL ORDER BY x.starts_on LIMIT 1;
    IF c.status = 'discharged' THEN
        RETURN ARRAY[format('%s was discharged; nobody is asked to follow.', c.ref)];
    END IF;
    RETURN array_remove(ARRAY[
        CASE WHEN due_on IS NOT NULL THEN format('Be in touch with %s by %s.', c.ref, said_date(due_on)) END,
        CASE WHEN held.id IS NOT NULL THEN format('%s still works: %s.', c.ref, said_job(held))
             WHEN c.status = 'paused' THEN format('%s is paused until %s; then the search begins again, with the wishes as they stand: canvass match %s',
                                                  c.ref, said_date(c.paused_until), c.ref)
             ELSE format('The search begins again, with the wishes as they stand: canvass match %s', c.ref) END], NULL);
END
$$;

CREATE FUNCTION end_job(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    j job := job_to_change(request, NULL, true);
    last_on date := job_day(request ->> 'ends_on', 'ends_on', 0, 'Say which day was the last one of work.');
    lost_on date := (SELECT max(l.on_day) FROM lost_shift l WHERE l.job_id = j.id);
BEGIN
    IF j.ends_on IS NOT NULL THEN
        PERFORM fail('CV009', 'job_id', '%s ended on %s already.', said_job(j), said_date(j.ends_on));
    ELSIF request ->> 'reason' IS NULL THEN
        PERFORM fail('CV003', 'reason', 'Say why: contract ended, resigned, dismissed, redundant, health, new job or other.');
    ELSIF last_on < lost_on THEN
        PERFORM fail('CV003', 'ends_on', 'A shift of %s is noted as lost; the job had not ended by then.', said_date(lost_on));
    END IF;
    UPDATE job u SET ends_on = last_on, end_reason = (request ->> 'reason')::job_end WHERE u.id = j.id;
    -- Terms agreed for a day that did not come.
    DELETE FROM job_terms t WHERE t.job_id = j.id AND t.from_on > last_on AND t.from_on > j.starts_on;
    j := job_changed(j.id);
    RETURN jsonb_build_object('job', job_json(j), 'follow_up', to_jsonb(after_job(j)));
END
$$;
COMMENT ON FUNCTION end_job(jsonb) IS 'JobService/EndJob: the whole response.';

-- ---- lost shifts ----

CREATE FUNCTION add_lost_shift(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    day date := job_day(request ->> 'on', 'on', 0, 'Say on which day the shift was lost.');
    j job := job_to_change(request, day);
BEGIN
    IF day < j.starts_on OR day > j.ends_on THEN
        PERFORM fail('CV003', 'on', '%s lies outside the job, which %s.', said_date(day),
                     CASE WHEN day < j.starts_on THEN 'started on ' || said_date(j.starts_on)
                          ELSE 'ended on ' || said_date(j.ends_on) END);
    ELSIF coalesce((request ->> 'hours_tenths')::integer, 0) = 0 THEN
        PERFORM fail('CV003', 'hours_tenths', 'Say how many hours the shift had.');
    ELSIF request ->> 'reason' IS NULL THEN
        PERFORM fail('CV003', 'reason', 'Say why: unwell, appointment, caring, employer or other.');
    END IF;
    INSERT INTO lost_shift (job_id, client_id, on_day, hours_tenths, reason, recorded_by)
        VALUES (j.id, j.client_id, day, (request ->> 'hours_tenths')::integer, (request ->> 'reason')::lost_shift_reason, actor());
    RETURN job_json(job_changed(j.id));
END
$$;
COMMENT ON FUNCTION add_lost_shift(jsonb) IS 'JobService/AddLostShift: the job.';

CREATE FUNCTION remove_lost_shift(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    day date := (request ->> 'on')::date;
    j job := job_to_change(request, day);
BEGIN
    IF day IS NULL THEN
        PERFORM fail('CV003', 'on', 'Say on which day the shift was.');
    END IF;
    DELETE FROM lost_shift l WHERE l.job_id = j.id AND l.on_day = day;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'on', 'No shift of %s is noted as lost.', said_date(day));
    END IF;
    RETURN job_json(job_changed(j.id));
END
$$;
COMMENT ON FUNCTION remove_lost_shift(jsonb) IS 'JobService/RemoveLostShift: the job.';

GRANT EXECUTE ON FUNCTION next_pay_day(date, pay_rhythm, date), first_pay_days_on(date, integer),
    said_low_pay(integer, age_band, date), put_terms(job, age_band, date, integer, integer, boolean, text), said_job(job),
    support_due_json(job, support_to, date, text), job_json(job, boolean), job_of(jsonb, date), job_to_change(jsonb, date, boolean), job_changed(uuid),
    job_day(text, text, integer, text), take_place(job), employer_hired(uuid), trial_of_job(jsonb, client),
    job_from(jsonb, client, trial, opening), check_job_is_new(client, job), start_job(jsonb),
    move_start(job, date, age_band), update_job(jsonb), change_terms(jsonb), after_job(job), end_job(jsonb),
    add_lost_shift(jsonb), remove_lost_shift(jsonb) TO canvass_app;

COMMIT;
