-- Deploy canvass:trial to pg

-- Work trials and tasters: proposed, agreed, running, over. What the law and the schemes ask stands
-- in trial_stops(), with the limits of trial_rule and minimum_wage on the trial's own days; a trigger
-- holds it whoever writes. What was lawful when it was written stays: only a change of what the
-- rules speak of is judged again.
--
-- A draft may lack what is still to be asked for; agreed, a trial has its whole record. Days add up
-- over all trials of one kind of a client at an opening, so that two short ones are no longer one.
-- Days over the limit of a scheme are recorded by a lead: one stored version of the rules allows
-- them by prior agreement, another drops it (DOMAIN.md section 2), so it is nobody's to decide alone.
--
-- A place is taken under a lock of its opening, whoever's opening it is; the exclusion constraints
-- of trial are the last guard. A pause of the client keeps the place until its last day, or the day
-- before somebody else has it; a discharge cancels what has not begun and waits for what runs.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- A taster assesses nobody: it has hours of watching, and may end without an outcome.
ALTER TABLE trial
    ADD COLUMN watch_tenths integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT trial_watch_range CHECK (watch_tenths BETWEEN 0 AND 800),
    ADD CONSTRAINT trial_watch_kind CHECK (watch_tenths = 0 OR kind = 'taster'),
    ADD CONSTRAINT trial_taster_judges_nobody CHECK (kind <> 'taster' OR outcome IS NULL OR outcome NOT IN ('offer', 'no_offer')),
    DROP CONSTRAINT trial_outcome_given,
    ADD CONSTRAINT trial_outcome_given CHECK
        (CASE WHEN status IN ('completed', 'ended_early') THEN kind = 'taster' OR outcome IS NOT NULL ELSE outcome IS NULL END),
    ADD CONSTRAINT trial_hours_range CHECK (hours_tenths BETWEEN 0 AND 800),
    ADD CONSTRAINT trial_weeks_range CHECK (expected_weeks BETWEEN 0 AND 520);
COMMENT ON COLUMN trial.watch_tenths IS 'Of a taster: hours of watching, in tenths.';
COMMENT ON CONSTRAINT trial_watch_range ON trial IS 'trial.watch_tenths: Hours of watching are tenths of an hour, at most 800: 20 is 2 hours.';
COMMENT ON CONSTRAINT trial_watch_kind ON trial IS 'trial.watch_tenths: Hours of watching belong to a taster; say that it is one.';
COMMENT ON CONSTRAINT trial_taster_judges_nobody ON trial IS 'outcome: A taster assesses nobody: no offer comes of it, and none is refused. Propose a trial next.';
COMMENT ON CONSTRAINT trial_outcome_given ON trial IS 'outcome: Say what the trial led to: offer, no offer, declined, left or extended.';
COMMENT ON CONSTRAINT trial_hours_range ON trial IS 'trial.hours_tenths: Hours a week of the job are tenths of an hour, at most 800: 160 is 16 hours.';
COMMENT ON CONSTRAINT trial_weeks_range ON trial IS 'trial.expected_weeks: Give the weeks that the job lasts, at most 520; 0 for a job without end.';

INSERT INTO change_field (table_name, field, title, form) VALUES
    ('trial', 'place', 'the place', 'number'),
    ('trial', 'hours_tenths', 'the job''s hours', 'tenths'),
    ('trial', 'expected_weeks', 'the job''s weeks', 'number'),
    ('trial', 'watch_tenths', 'the hours of watching', 'tenths');

-- ---- what the rules say ----

CREATE FUNCTION trial_days_before(t trial) RETURNS integer
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT coalesce(sum(coalesce(o.days_worked, o.days)), 0)::integer FROM trial o
     WHERE o.client_id = t.client_id AND o.opening_id = t.opening_id AND o.kind = t.kind AND o.id <> t.id
       AND o.status NOT IN ('proposed', 'cancelled')
$$;
COMMENT ON FUNCTION trial_days_before(trial) IS 'Days of the client''s other trials of this kind at this opening: they count against the same limit.';

-- What each of the six answers on the minimum wage says where it makes the trial work.
CREATE FUNCTION trial_is_work(t trial) RETURNS TABLE (field text, sentence text)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT 'trial.' || q.field, q.why || ': that is work, and has to be paid at the minimum wage. Make it a paid trial.'
      FROM (VALUES ('is_recruiting', t.is_recruiting = false, 'The employer is not recruiting for a job'),
                   ('is_longer', t.is_longer, 'It is longer than testing needs'),
                   ('is_observed', t.is_observed = false, 'Nobody watches how it goes'),
                   ('is_matching', t.is_matching = false, 'The tasks are not those of the job'),
                   ('is_valuable', t.is_valuable, 'It has value to the employer beyond the test'),
                   ('is_saving', t.is_saving, 'It saves the employer labour')) AS q (field, is_so, why)
     WHERE q.is_so
$$;

CREATE FUNCTION trial_answers_missing(t trial) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT string_agg(q.said, ', ')
      FROM (VALUES (t.is_recruiting, 'whether it recruits'), (t.is_longer, 'whether it is longer than needed'),
                   (t.is_observed, 'whether it is observed'), (t.is_matching, 'whether the tasks are the job''s'),
                   (t.is_valuable, 'whether it has value beyond the test'),
                   (t.is_saving, 'whether it saves labour')) AS q (answer, said)
     WHERE q.answer IS NULL
$$;

-- The wage on the first day and on the last: a trial may go over the day on which it rises.
CREATE FUNCTION trial_pay_stop(t trial) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT format('%s an hour is below %s: %s.%s', said_pence(t.pay_pence_hour), minimum_wage_said(b.band, d.day),
                  said_pence(minimum_wage_for(b.band, d.day)),
                  CASE WHEN b.known IS NULL THEN ' No age band is noted for this client, so the rate from 21 counts.' ELSE '' END)
      FROM (SELECT c.age_band AS known, coalesce(c.age_band, '21_and_over') AS band
              FROM client c WHERE c.id = t.client_id) AS b
     CROSS JOIN unnest(ARRAY[t.starts_on, t.ends_on]) AS d (day)
     WHERE t.pay_pence_hour > 0 AND t.pay_pence_hour < minimum_wage_for(b.band, d.day)
     ORDER BY d.day LIMIT 1
$$;

-- Everything that stands against a trial, the gravest first. is_late: it may be filled in until the
-- trial is agreed; anything else stops a draft, too.
CREATE FUNCTION trial_stops(t trial) RETURNS TABLE (field text, sentence text, is_late boolean)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    rule trial_rule := trial_rule_on(t.kind, t.starts_on);
    most integer := trial_days_for(rule, t.expected_weeks);
    earlier integer := trial_days_before(t);
    adds_up text := CASE WHEN earlier > 0 THEN format(' With the %s before, this makes %s.', said_days(earlier), earlier + t.days) ELSE '' END;
    is_over boolean := earlier + t.days > most;
BEGIN
    IF NOT trial_fits(rule, t.hours_tenths, 0) THEN
        RETURN QUERY SELECT 'trial.hours_tenths', format('A %s trial is for a job of at least %s hours a week; this one has %s.',
            said_trial(t.kind), said_tenths(rule.min_hours_tenths), said_tenths(t.hours_tenths)), false;
    ELSIF rule.min_hours_tenths > 0 AND t.hours_tenths = 0 THEN
        RETURN QUERY SELECT 'trial.hours_tenths', format('Say how many hours a week the job has: a %s trial is for at least %s.',
            said_trial(t.kind), said_tenths(rule.min_hours_tenths)), true;
    END IF;
    IF NOT trial_fits(rule, 0, t.expected_weeks) THEN
        RETURN QUERY SELECT 'trial.expected_weeks', format('A %s trial is for a job of at least %s weeks; this one lasts %s.',
            said_trial(t.kind), rule.min_weeks, t.expected_weeks), false;
    END IF;
    IF t.kind = 'jobcentre_plus' THEN
        IF is_over AND t.override_reason IS NULL THEN
            RETURN QUERY SELECT 'trial.days', format('A %s trial lasts at most %s%s.%s If Jobcentre Plus agreed to more beforehand, a lead of your team records why.',
                said_trial(t.kind), said_days(most), CASE WHEN most = rule.short_max_days
                THEN format(' where the job lasts under %s weeks', rule.short_under_weeks) ELSE '' END, adds_up), false;
        END IF;
        IF t.jcp_agreed_on > least(t.starts_on, london_day(t.agreed_at)) THEN
            RETURN QUERY SELECT 'trial.jcp_agreed_on', format('Jobcentre Plus agrees before the trial is offered and begins; %s is too late.', said_date(t.jcp_agreed_on)), false;
        END IF;
        RETURN QUERY SELECT q.field, q.sentence, true
          FROM (VALUES (t.jcp_ref IS NULL, 'trial.jcp_ref', 'Give Jobcentre Plus''s reference: they agree before the trial is offered.'),
                       (t.jcp_agreed_on IS NULL, 'trial.jcp_agreed_on', 'Say on which day Jobcentre Plus agreed.'),
                       (NOT t.interviewed, 'trial.interviewed', 'A Jobcentre Plus work trial comes after an interview; say that there was one.'),
                       (NOT t.volunteer, 'trial.volunteer', 'A Jobcentre Plus work trial is for volunteers; say that the client is one.'),
                       (NOT t.sole_candidate, 'trial.sole_candidate', 'A Jobcentre Plus work trial is for the only candidate; say that the client is.')) AS q (is_so, field, sentence)
         WHERE q.is_so;
    ELSIF t.kind = 'private_unpaid' THEN
        RETURN QUERY SELECT w.field, w.sentence, false FROM trial_is_work(t) AS w;
        IF is_over AND t.unpaid_reason IS NULL THEN
            RETURN QUERY SELECT 'trial.unpaid_reason', format('More than %s without pay normally has to be paid at the minimum wage.%s Write down why this one is not, or make it a paid trial.',
                said_days(most), adds_up), false;
        ELSIF is_over AND trial_answers_missing(t) IS NOT NULL THEN
            RETURN QUERY SELECT 'trial.unpaid_reason', format('More than %s without pay: answer all six questions of the minimum wage. Still to say: %s.',
                said_days(most), trial_answers_missing(t)), false;
        END IF;
    ELSIF t.kind = 'paid' AND t.pay_pence_hour = 0 THEN
        RETURN QUERY SELECT 'trial.pay_pence_hour', 'Say what the trial pays an hour.', true;
    ELSIF t.kind = 'paid' AND trial_pay_stop(t) IS NOT NULL THEN
        RETURN QUERY SELECT 'trial.pay_pence_hour', trial_pay_stop(t), false;
    ELSIF t.kind = 'taster' AND t.watch_tenths = 0 THEN
        RETURN QUERY SELECT 'trial.watch_tenths', 'Say how many hours the client will watch: a taster is hours of watching, and assesses nobody.', true;
    END IF;
    IF t.tasks IS NULL THEN
        RETURN QUERY SELECT 'trial.tasks', 'Say what the client will do, or watch.', true;
    END IF;
END
$$;
COMMENT ON FUNCTION trial_stops(trial) IS
    'What DOMAIN.md section 2 has against a trial: field, sentence, and whether a draft may still lack it.';

-- What the rules speak of.
CREATE FUNCTION trial_judged(t trial) RETURNS jsonb
LANGUAGE sql IMMUTABLE
RETURN to_jsonb(t) - ARRAY['id', 'borough_id', 'team_id', 'client_id', 'specialist_id', 'employer_id', 'site_id', 'opening_id',
    'place', 'title', 'soc', 'days_worked', 'kept_until', 'status', 'observer', 'adjustments', 'travel_paid', 'meals_pence_day',
    'insured', 'benefits_told', 'outcome', 'outcome_reason', 'employer_feedback', 'client_feedback', 'extends_id', 'created_at',
    'agreed_at', 'began_at', 'ended_at', 'updated_at', 'updated_by', 'updated_by_name', 'version']
    || jsonb_build_object('is_agreed', t.status NOT IN ('proposed', 'cancelled'));

CREATE FUNCTION trial_rules() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
DECLARE
    stop record;
BEGIN
    IF NEW.override_reason IS NOT NULL AND actor() IS NOT NULL AND NOT has_role('lead')
       AND (TG_OP = 'INSERT' OR NEW.override_reason IS DISTINCT FROM OLD.override_reason) THEN
        PERFORM fail('CV007', 'trial.override_reason', 'Days over the limit are for a lead of your team to record, once Jobcentre Plus has agreed to them.');
    ELSIF NEW.status = 'cancelled'
          OR TG_OP = 'UPDATE' AND (trial_judged(NEW) = trial_judged(OLD) OR OLD.status IN ('completed', 'ended_early')
                                                                             AND NEW.status = OLD.status) THEN
        RETURN NEW;
    END IF;
    SELECT s.* INTO stop FROM trial_stops(NEW) AS s WHERE NOT s.is_late OR NEW.status <> 'proposed' ORDER BY s.is_late LIMIT 1;
    IF FOUND THEN
        PERFORM fail('CV003', stop.field, '%s', stop.sentence);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER trial_rules BEFORE INSERT OR UPDATE ON trial FOR EACH ROW EXECUTE FUNCTION trial_rules();
-- A proposal leads to a contact.
CREATE TRIGGER trial_not_blocked BEFORE INSERT ON trial FOR EACH ROW EXECUTE FUNCTION employer_not_blocked('trial.opening_id');

-- ---- days ----

-- The days of a job that has a weekly pattern; else Monday to Friday. Days, not hours: a week in
-- which the clocks change is a week.
CREATE FUNCTION is_job_day(shifts jsonb, day date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_array_length(shifts) = 0 THEN extract(isodow FROM day) < 6
            ELSE EXISTS (SELECT FROM jsonb_array_elements(shifts) AS s
                          WHERE weekday_number(s ->> 'weekday') + 1 = extract(isodow FROM day)) END;

CREATE FUNCTION job_days(shifts jsonb, first date, last date) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT count(*) FROM generate_series(0, last - first) AS n WHERE is_job_day(shifts, first + n))::integer;
COMMENT ON FUNCTION job_days(jsonb, date, date) IS 'Days of work from one day to another, by the job''s weekly pattern.';

CREATE FUNCTION nth_job_day(shifts jsonb, first date, n integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT first + i FROM generate_series(0, 7 * n + 7) AS i WHERE is_job_day(shifts, first + i)
         ORDER BY i OFFSET greatest(n, 1) - 1 LIMIT 1);
COMMENT ON FUNCTION nth_job_day(jsonb, date, integer) IS 'The last day of a trial of n days of work that begins then.';

-- ---- places ----

CREATE FUNCTION trial_span(t trial) RETURNS daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN daterange(t.starts_on, greatest(t.ends_on, t.kept_until), '[]');
COMMENT ON FUNCTION trial_span(trial) IS 'The days for which a trial has its place, as the constraint trial_place_once has it.';

CREATE FUNCTION check_opening_takes(o opening, first date, field text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF first >= london_day(o.closed_at) THEN
        PERFORM fail('CV009', field, 'This opening closed %s: %s.', said_when(o.closed_at), o.closed_reason);
    ELSIF o.closes_on < least(first, london_today()) THEN
        PERFORM fail('CV009', field, 'The last day to put somebody forward for this opening was %s.', said_date(o.closes_on));
    ELSIF first < o.starts_on THEN
        PERFORM fail('CV003', 'trial.starts_on', 'The opening begins on %s; a trial on %s comes before it. Give a later day, or have the opening changed.',
                     said_date(o.starts_on), said_date(first));
    END IF;
END
$$;
COMMENT ON FUNCTION check_opening_takes(opening, date, text) IS
    'CV009 where an opening was closed on the first day of a trial, CV003 where it had not begun.';

-- As the owner: places are taken by teams that know nothing of each other, and learn no more than
-- until when. Who comes second waits here for who came first.
CREATE FUNCTION trial_place(t trial, field text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening;
    taken integer[];
    until date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('opening %s', t.opening_id), 0));
    SELECT * INTO o FROM opening x WHERE x.id = t.opening_id FOR SHARE;
    -- An opening that was hidden since keeps its word.
    IF o.id IS NULL OR NOT has_role('specialist', 'lead')
       OR NOT opening_is_seen(o)
          AND NOT EXISTS (SELECT FROM trial x WHERE x.id IN (t.id, t.extends_id) AND x.opening_id = o.id AND x.team_id = team()
                             AND x.status <> 'proposed') THEN
        PERFORM fail('CV005', field, 'There is no such opening.');
    END IF;
    PERFORM check_opening_takes(o, t.starts_on, field);
    SELECT array_agg(p.place), min(p.until) INTO taken, until
      FROM (SELECT x.place, max(upper(trial_span(x))) - 1 AS until FROM trial x
             WHERE x.opening_id = t.opening_id AND x.id <> t.id AND x.status IN ('agreed', 'running')
               AND trial_span(x) && trial_span(t)
             GROUP BY x.place) AS p;
    IF cardinality(taken) >= o.places THEN
        PERFORM fail('CV006', field, CASE o.places WHEN 1 THEN 'The place is taken until %s; give later days, or another opening.'
                                          ELSE 'All places are taken on these days, the first until %s; give later days, or another opening.' END, said_date(until));
    END IF;
    RETURN (SELECT min(n) FROM generate_series(1, 99) AS n WHERE n <> ALL (coalesce(taken, '{}')));
END
$$;
COMMENT ON FUNCTION trial_place(trial, text) IS
    'The lowest place of its opening that is free on a trial''s days, under the opening''s lock; CV006 with until when all are taken.';

-- As the owner, whose trials they are: that places are taken is for everybody who sees the opening.
CREATE OR REPLACE FUNCTION places_taken(o opening) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT nullif(count(DISTINCT x.place), 0) FROM trial x
             WHERE x.opening_id = o.id AND x.status IN ('agreed', 'running') AND upper(trial_span(x)) > london_today()
               AND opening_is_seen(o) AND has_role('specialist', 'lead'));
END
$$;

-- ---- answers ----

CREATE FUNCTION trial_json(t trial) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(to_jsonb(t) - ARRAY['borough_id', 'team_id', 'created_at', 'updated_at', 'updated_by',
                                                         'updated_by_name', 'version']
        || jsonb_build_object('client_id', saw_client(c.id), 'client_ref', c.ref, 'specialist', specialist_name(t.specialist_id),
            'employer', e.name, 'postcode', s.postcode, 'soc_title', occupation_title(t.soc),
            'missing', (SELECT jsonb_agg(x.sentence) FROM trial_stops(t) AS x WHERE x.is_late AND t.status = 'proposed'),
            'updated', jsonb_build_object('at', t.updated_at, 'by', t.updated_by_name), 'etag', t.version::text))
          FROM client c CROSS JOIN employer e LEFT JOIN site s ON s.id = t.site_id
         WHERE c.id = t.client_id AND e.id = t.employer_id);
END
$$;
COMMENT ON FUNCTION trial_json(trial) IS 'A trial as message canvass.v1.Trial.';

-- What to think of, that stops nothing.
CREATE FUNCTION trial_warnings(t trial) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    card jsonb := disclosure_card(t.client_id, t.employer_id);
    said_stance stance := (SELECT r.stance FROM relationship r WHERE r.employer_id = t.employer_id AND r.borough_id = borough());
BEGIN
    IF t.status NOT IN ('proposed', 'agreed', 'running') THEN
        RETURN '{}';
    END IF;
    RETURN array_remove(ARRAY[
        CASE WHEN NOT (card ->> 'may_call')::boolean
             THEN 'The client has agreed to nothing here: nobody rings or writes to this employer about them. The client takes the proposal along.' END,
        CASE WHEN said_stance IN ('cold', 'declined') AND t.status = 'proposed' THEN format('The employer was last %s; ask before you propose it.', said_stance) END,
        CASE WHEN t.observer IS NULL AND t.kind <> 'taster' THEN 'Nobody is named who watches how it goes.' END,
        CASE WHEN NOT t.insured THEN 'That health and safety and insurance are seen to is not confirmed.' END,
        CASE WHEN NOT t.benefits_told THEN 'What it means for their benefits is not told to the client yet.' END,
        CASE WHEN t.adjustments IS NOT NULL AND card ->> 'level' NOT IN ('partial', 'full')
             THEN 'The adjustments are left out of the letter: the client did not agree that the employer may know of them.' END], NULL)
        || text_warnings(concat_ws(' ', t.tasks, t.observer));
END
$$;

CREATE FUNCTION trial_answer(t trial) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT jsonb_build_object('trial', trial_json(t), 'card', disclosure_card(t.client_id, t.employer_id),
                                'warnings', to_jsonb(trial_warnings(t))) $$;
COMMENT ON FUNCTION trial_answer(trial) IS 'The answer to whatever changes a trial: the trial, the card, what to think of.';

CREATE FUNCTION said_from_to(first date, last date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN first = last THEN 'on ' || said_date(first) ELSE format('from %s to %s', said_date(first), said_date(last)) END;

-- For the employer's eyes: no reference, no initials, neither benefits nor why there is support. The
-- service stands in it where the client agreed that it may call, the adjustments from a part on.
CREATE FUNCTION trial_letter(t trial) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    d standing_disclosure;
    agreed disclosure_level;
    service text := (SELECT x.known_as FROM team x WHERE x.id = t.team_id);
    lines text[];
BEGIN
    SELECT * INTO d FROM standing_disclosure s WHERE s.client_id = t.client_id AND s.employer_id = t.employer_id;
    agreed := coalesce(d.level, 'nothing');
    lines := ARRAY[CASE WHEN agreed >= 'may_call' THEN service END, said_date(london_today()), '',
        'To ' || (SELECT concat_ws(', ', e.name, array_to_string(s.address, ', '), s.postcode)
                    FROM employer e LEFT JOIN site s ON s.id = t.site_id WHERE e.id = t.employer_id), '',
        format('%s: %s', CASE t.kind WHEN 'taster' THEN 'Proposal of a taster' ELSE 'Proposal of a work trial' END, t.title), '',
        CASE t.kind WHEN 'taster'
             THEN format('A taster in the job of %s, %s: %s of watching how the work is done. Nobody is assessed, and no work is done.',
                         t.title, said_from_to(t.starts_on, t.ends_on),
                         CASE t.watch_tenths WHEN 0 THEN 'some hours' WHEN 10 THEN '1 hour' ELSE said_tenths(t.watch_tenths) || ' hours' END)
             ELSE format('A work trial of %s in the job of %s, %s.', said_days(t.days), t.title, said_from_to(t.starts_on, t.ends_on)) END,
        CASE t.kind
             WHEN 'jobcentre_plus' THEN 'It is voluntary and without pay, it is agreed with Jobcentre Plus first, and it ends as soon as it is '
                                        'clear whether the job suits. Whoever leaves it, or declines the job, loses nothing by it.'
             WHEN 'private_unpaid' THEN 'It is voluntary and without pay, and no longer than it takes to see whether the job suits. The tasks '
                                        'are those of the job, somebody watches how it goes, and nobody''s paid work is replaced.'
             WHEN 'paid' THEN CASE t.pay_pence_hour WHEN 0 THEN 'It is paid, at the minimum wage or more.'
                              ELSE format('It is paid: %s an hour before tax.', said_pence(t.pay_pence_hour)) END
             ELSE 'It is voluntary and without pay.' END,
        '', 'Tasks: ' || t.tasks, 'Who watches: ' || t.observer,
        'The job: ' || nullif(concat_ws(', ', CASE WHEN t.hours_tenths > 0 THEN said_tenths(t.hours_tenths) || ' hours a week' END,
                                         CASE WHEN t.expected_weeks > 0 THEN t.expected_weeks || ' weeks' END), ''),
        CASE WHEN agreed >= 'partial' THEN 'Adjustments: ' || t.adjustments END,
        'Please confirm that your insurance and your health and safety rules cover these days.'];
    IF agreed >= 'may_call' THEN
        lines := lines || ARRAY['', d.wording, CASE WHEN d.wording IS NOT NULL THEN '' END,
                                format('%s, %s', specialist_name(t.specialist_id), service)];
    END IF;
    RETURN array_to_string(lines, E'\n');
END
$$;
COMMENT ON FUNCTION trial_letter(trial) IS 'The proposal to the employer, as plain text that keeps to what the client agreed.';

-- ---- drafts ----

-- What the employer reads names no client, by initials no more than by reference.
CREATE FUNCTION text_for_employer(given text, field text, initials text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF length(initials) > 1 AND given ~ ('\m' || initials || '\M') THEN
        PERFORM fail('CV003', field, 'Leave the initials "%s" out: the employer reads this.', initials);
    END IF;
    RETURN text_without_client(given, field);
END
$$;
COMMENT ON FUNCTION text_for_employer(text, text, text) IS 'A text that an employer reads; CV003 where it holds a reference of the team''s clients, or the client''s initials.';

CREATE FUNCTION trial_paths() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['site_id', 'kind', 'starts_on', 'ends_on', 'days', 'hours_tenths', 'expected_weeks', 'jcp_ref', 'jcp_agreed_on',
             'interviewed', 'sole_candidate', 'volunteer', 'override_reason', 'unpaid_reason', 'is_recruiting', 'is_longer',
             'is_observed', 'is_matching', 'is_valuable', 'is_saving', 'pay_pence_hour', 'watch_tenths', 'observer', 'tasks',
             'adjustments', 'travel_paid', 'meals_pence_day', 'insured', 'benefits_told', 'employer_feedback', 'client_feedback'];
COMMENT ON FUNCTION trial_paths() IS 'The fields of a trial that a caller sets.';

CREATE FUNCTION trial_day(given text, field text) RETURNS date
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF given::date NOT BETWEEN london_today() - 400 AND london_today() + 400 THEN
        PERFORM fail('CV003', field, '%s is more than 400 days away.', said_date(given::date));
    END IF;
    RETURN given::date;
END
$$;

-- The fields of a message that a mask names, put on a row.
CREATE FUNCTION trial_with(t trial, m jsonb, paths text[]) RETURNS trial
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    path text;
    field text;
    initials text := (SELECT c.initials FROM client c WHERE c.id = t.client_id);
BEGIN
    FOREACH path IN ARRAY paths LOOP
        field := 'trial.' || path;
        CASE path
        WHEN 'site_id' THEN t.site_id := site_of(m ->> path, t.employer_id, field);
        WHEN 'kind' THEN t.kind := (m ->> path)::trial_kind;
        WHEN 'starts_on' THEN t.starts_on := trial_day(m ->> path, field);
        WHEN 'ends_on' THEN t.ends_on := trial_day(m ->> path, field);
        WHEN 'days' THEN t.days := nullif((m ->> path)::integer, 0);
        WHEN 'hours_tenths' THEN t.hours_tenths := coalesce((m ->> path)::integer, 0);
        WHEN 'expected_weeks' THEN t.expected_weeks := coalesce((m ->> path)::integer, 0);
        WHEN 'jcp_ref' THEN t.jcp_ref := tidy(m ->> path);
        WHEN 'jcp_agreed_on' THEN
            t.jcp_agreed_on := (m ->> path)::date;
            PERFORM check_past_day(t.jcp_agreed_on, field);
        WHEN 'interviewed' THEN t.interviewed := coalesce((m ->> path)::boolean, false);
        WHEN 'sole_candidate' THEN t.sole_candidate := coalesce((m ->> path)::boolean, false);
        WHEN 'volunteer' THEN t.volunteer := coalesce((m ->> path)::boolean, false);
        WHEN 'override_reason' THEN t.override_reason := tidy(m ->> path);
        WHEN 'unpaid_reason' THEN t.unpaid_reason := tidy(m ->> path);
        WHEN 'is_recruiting' THEN t.is_recruiting := (m ->> path)::boolean;
        WHEN 'is_longer' THEN t.is_longer := (m ->> path)::boolean;
        WHEN 'is_observed' THEN t.is_observed := (m ->> path)::boolean;
        WHEN 'is_matching' THEN t.is_matching := (m ->> path)::boolean;
        WHEN 'is_valuable' THEN t.is_valuable := (m ->> path)::boolean;
        WHEN 'is_saving' THEN t.is_saving := (m ->> path)::boolean;
        WHEN 'pay_pence_hour' THEN t.pay_pence_hour := coalesce((m ->> path)::integer, 0);
        WHEN 'watch_tenths' THEN t.watch_tenths := coalesce((m ->> path)::integer, 0);
        WHEN 'observer' THEN t.observer := text_for_employer(m ->> path, field, initials);
        WHEN 'tasks' THEN t.tasks := text_for_employer(m ->> path, field, initials);
        WHEN 'adjustments' THEN t.adjustments := text_for_employer(m ->> path, field, initials);
        WHEN 'travel_paid' THEN t.travel_paid := coalesce((m ->> path)::boolean, false);
        WHEN 'meals_pence_day' THEN t.meals_pence_day := coalesce((m ->> path)::integer, 0);
        WHEN 'insured' THEN t.insured := coalesce((m ->> path)::boolean, false);
        WHEN 'benefits_told' THEN t.benefits_told := coalesce((m ->> path)::boolean, false);
        WHEN 'employer_feedback' THEN t.employer_feedback := tidy(m ->> path);
        WHEN 'client_feedback' THEN t.client_feedback := tidy(m ->> path);
        END CASE;
    END LOOP;
    RETURN t;
END
$$;

-- The last day from the days of work, or the days from the last day; of the days that the employer
-- offers, else of the usual length of the kind, where neither is said.
CREATE FUNCTION trial_length(t trial, o opening) RETURNS trial
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    rule trial_rule := trial_rule_on(t.kind, t.starts_on);
BEGIN
    IF t.ends_on < t.starts_on THEN
        PERFORM fail('CV003', 'trial.ends_on', '%s comes before the first day, %s.', said_date(t.ends_on), said_date(t.starts_on));
    END IF;
    IF t.ends_on IS NULL THEN
        t.days := coalesce(t.days, CASE WHEN o.trial = t.kind AND o.trial_days > 0 THEN o.trial_days END,
                           least(rule.short_max_days, rule.max_days), 1);
        IF t.days NOT BETWEEN 1 AND 366 THEN
            PERFORM fail('CV003', 'trial.days', 'A trial has 1 to 366 days.');
        END IF;
        t.ends_on := nth_job_day(o.shifts, t.starts_on, t.days);
    END IF;
    t.days := coalesce(t.days, greatest(job_days(o.shifts, t.starts_on, t.ends_on), 1));
    RETURN t;
END
$$;

-- The kind that the employer offers; else the lawful one, as trial_advice() suggests it.
CREATE FUNCTION trial_kind_for(o opening, day date) RETURNS trial_kind
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE WHEN coalesce(o.trial, 'none') <> 'none' THEN o.trial
                WHEN o.hours_min_tenths > 0
                     AND trial_fits(trial_rule_on('jobcentre_plus', day), o.hours_min_tenths, o.expected_weeks) THEN 'jobcentre_plus'
                ELSE 'private_unpaid' END::trial_kind
$$;

CREATE FUNCTION check_on_trial(c client, field text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF c.status = 'discharged' THEN
        PERFORM fail('CV009', field, '%s was discharged %s; nobody goes on a trial after that.', c.ref, said_when(c.discharged_at));
    ELSIF c.status = 'paused' THEN
        PERFORM fail('CV009', field, '%s is paused until %s: nothing is proposed or begun before that. Resume first.', c.ref, said_date(c.paused_until));
    END IF;
END
$$;

CREATE FUNCTION propose_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'trial', '{}');
    paths text[] := ARRAY(SELECT k FROM jsonb_object_keys(m) AS k WHERE k = ANY (trial_paths()) ORDER BY k);
    c client := client_of(m ->> 'client_id', m ->> 'client_ref', 'trial.client_id', 'trial.client_ref');
    o opening;
    t trial;
BEGIN
    SELECT * INTO c FROM client x WHERE x.id = c.id FOR NO KEY UPDATE;
    PERFORM check_on_trial(c, 'trial.client_id');
    SELECT * INTO o FROM opening x WHERE x.id = given_id(m ->> 'opening_id', 'trial.opening_id');
    IF o.id IS NULL THEN
        PERFORM fail('CV005', 'trial.opening_id', 'There is no such opening.');
    END IF;
    PERFORM check_not_blocked(o.employer_id, 'trial.opening_id');
    t.client_id := c.id;
    t.employer_id := o.employer_id;
    t.site_id := o.site_id;
    t.hours_tenths := o.hours_min_tenths;
    t.expected_weeks := o.expected_weeks;
    t.starts_on := nth_job_day(o.shifts, greatest(o.starts_on, london_today() + 1), 1);
    t := jsonb_populate_record(t, '{"interviewed": false, "sole_candidate": false, "volunteer": false, "pay_pence_hour": 0, "watch_tenths": 0,
                                    "travel_paid": false, "meals_pence_day": 0, "insured": false, "benefits_told": false}');
    t := trial_with(t, m, paths);
    t.kind := coalesce(t.kind, trial_kind_for(o, t.starts_on));
    IF t.kind = 'paid' AND t.pay_pence_hour = 0 THEN
        t.pay_pence_hour := greatest(o.pay_pence_hour, minimum_wage_for(coalesce(c.age_band, '21_and_over'), t.starts_on));
    END IF;
    t := trial_length(t, o);
    t.tasks := coalesce(t.tasks, CASE t.kind WHEN 'taster' THEN 'Watching the work of: ' ELSE 'The usual tasks of: ' END || o.title);
    PERFORM check_opening_takes(o, t.starts_on, 'trial.opening_id');
    t.id := chosen_id(m ->> 'id', 'trial.id');
    t.borough_id := borough();
    t.team_id := c.team_id;
    t.specialist_id := coalesce(c.specialist_id, actor());
    t.opening_id := o.id;
    t.title := o.title;
    t.soc := o.soc;
    t.status := 'proposed';
    t.created_at := now();
    t.updated_at := now();
    t.updated_by := actor();
    t.updated_by_name := actor_name();
    t.version := 1;
    INSERT INTO trial SELECT t.*;
    RETURN trial_answer(t) || jsonb_build_object('letter', trial_letter(t))
           || CASE WHEN 'kind' = ANY (paths) THEN '{}' ELSE jsonb_build_object('advice', trial_advice(o.employer_id, t.starts_on)) END;
END
$$;
COMMENT ON FUNCTION propose_trial(jsonb) IS 'TrialService/ProposeTrial: the whole response.';

-- ---- from one state to the next ----

CREATE FUNCTION said_status(t trial) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
RETURN CASE t.status
    WHEN 'proposed' THEN 'is proposed and not agreed yet'
    WHEN 'agreed' THEN 'is agreed and has not begun yet'
    WHEN 'running' THEN format('runs until %s', said_date(t.ends_on))
    WHEN 'cancelled' THEN format('was cancelled %s', said_when(t.ended_at))
    ELSE format('ended %s', said_when(t.ended_at)) END;

-- For changing: the client and then the trial are locked, as a pause or a discharge locks them.
CREATE FUNCTION trial_to_change(given text, field text, etag text, VARIADIC allowed trial_status[] DEFAULT '{}') RETURNS trial
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial;
BEGIN
    SELECT * INTO t FROM trial x WHERE x.id = given_id(given, field);
    IF t.id IS NULL THEN
        PERFORM fail('CV005', field, 'Your team has no such trial.');
    END IF;
    PERFORM FROM client c WHERE c.id = t.client_id FOR NO KEY UPDATE;
    SELECT * INTO t FROM trial x WHERE x.id = t.id FOR NO KEY UPDATE;
    PERFORM check_etag(etag, t.version, 'trial', t.updated_by_name, t.updated_at);
    IF cardinality(allowed) > 0 AND t.status <> ALL (allowed) THEN
        PERFORM fail('CV009', field, 'This trial %s.%s', said_status(t),
            CASE t.status WHEN 'proposed' THEN ' Agree it first.' WHEN 'agreed' THEN ' Begin it, change it or cancel it.'
                          WHEN 'running' THEN ' End it or extend it.' ELSE ' Propose another.' END);
    END IF;
    RETURN t;
END
$$;
COMMENT ON FUNCTION trial_to_change(text, text, text, trial_status[]) IS
    'A trial of the own team, locked, of the version that the caller read and in one of these states; CV005, CV009, CV010.';

-- The last step of every change. The row as it should read, but for who and when.
CREATE FUNCTION put_trial(t trial) RETURNS trial
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    UPDATE trial u
       SET (site_id, place, kind, starts_on, ends_on, days, days_worked, hours_tenths, expected_weeks, kept_until, status, jcp_ref,
            jcp_agreed_on, interviewed, sole_candidate, volunteer, override_reason, unpaid_reason, is_recruiting, is_longer,
            is_observed, is_matching, is_valuable, is_saving, pay_pence_hour, watch_tenths, observer, tasks, adjustments,
            travel_paid, meals_pence_day, insured, benefits_told, outcome, outcome_reason, employer_feedback, client_feedback,
            agreed_at, began_at, ended_at)
         = (t.site_id, t.place, t.kind, t.starts_on, t.ends_on, t.days, t.days_worked, t.hours_tenths, t.expected_weeks,
            t.kept_until, t.status, t.jcp_ref, t.jcp_agreed_on, t.interviewed, t.sole_candidate, t.volunteer, t.override_reason,
            t.unpaid_reason, t.is_recruiting, t.is_longer, t.is_observed, t.is_matching, t.is_valuable, t.is_saving,
            t.pay_pence_hour, t.watch_tenths, t.observer, t.tasks, t.adjustments, t.travel_paid, t.meals_pence_day, t.insured,
            t.benefits_told, t.outcome, t.outcome_reason, t.employer_feedback, t.client_feedback, t.agreed_at, t.began_at,
            t.ended_at),
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(), version = u.version + 1
     WHERE u.id = t.id
    RETURNING u.* INTO t;
    RETURN t;
END
$$;

-- When something happened: now, or at the beginning of an earlier day.
CREATE FUNCTION moment_of(day date, field text) RETURNS timestamptz
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM check_past_day(day, field);
    RETURN CASE WHEN day < london_today() THEN london_midnight(day) ELSE now() END;
END
$$;

CREATE FUNCTION check_client_free(t trial, field text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    other trial;
BEGIN
    SELECT * INTO other FROM trial x
     WHERE x.client_id = t.client_id AND x.id <> t.id AND x.status IN ('agreed', 'running')
       AND daterange(x.starts_on, x.ends_on, '[]') && daterange(t.starts_on, t.ends_on, '[]')
     ORDER BY x.starts_on LIMIT 1;
    IF FOUND THEN
        PERFORM fail('CV006', field, 'The client has another trial on these days: %s at %s, %s.', other.title,
                     (SELECT e.name FROM employer e WHERE e.id = other.employer_id), said_from_to(other.starts_on, other.ends_on));
    END IF;
END
$$;

CREATE FUNCTION update_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'trial', '{}');
    paths text[] := mask_of(request, VARIADIC trial_paths());
    was trial := trial_to_change(m ->> 'id', 'trial.id', m ->> 'etag');
    t trial := trial_with(was, m, paths);
    late text[] := ARRAY['employer_feedback', 'client_feedback', 'benefits_told'];
    o opening;
BEGIN
    IF was.status IN ('completed', 'ended_early', 'cancelled') AND NOT paths <@ late THEN
        PERFORM fail('CV009', 'trial.id', 'This trial %s; only feedback, and that benefits were told, are added to it.', said_status(was));
    ELSIF was.status <> 'proposed' AND 'kind' = ANY (paths) THEN
        PERFORM fail('CV009', 'trial.kind', 'This trial %s; cancel or end it and propose another of the other kind.', said_status(was));
    ELSIF was.status = 'running' AND paths && ARRAY['starts_on', 'ends_on', 'days'] THEN
        PERFORM fail('CV009', 'update_mask', 'This trial %s; extend it, or end it early.', said_status(was));
    END IF;
    IF paths && ARRAY['kind', 'starts_on', 'ends_on', 'days'] THEN
        SELECT * INTO o FROM opening x WHERE x.id = t.opening_id;
        o.shifts := coalesce(o.shifts, '[]');
        IF 'ends_on' <> ALL (paths) THEN
            t.ends_on := NULL;
        ELSIF 'days' <> ALL (paths) THEN
            t.days := NULL;
        END IF;
        t := trial_length(t, o);
    END IF;
    IF was.status = 'agreed' AND paths && ARRAY['starts_on', 'ends_on', 'days'] THEN
        PERFORM check_client_free(t, 'trial.starts_on');
        t.place := trial_place(t, 'trial.starts_on');
    END IF;
    RETURN trial_answer(put_trial(t));
END
$$;
COMMENT ON FUNCTION update_trial(jsonb) IS 'TrialService/UpdateTrial: the whole response.';

CREATE FUNCTION agree_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial := trial_to_change(request ->> 'trial_id', 'trial_id', request ->> 'etag', 'proposed');
BEGIN
    PERFORM check_on_trial(c, 'trial_id') FROM client c WHERE c.id = t.client_id;
    PERFORM check_not_blocked(t.employer_id, 'trial_id');
    PERFORM check_client_free(t, 'trial_id');
    t.agreed_at := moment_of(coalesce((request ->> 'on')::date, london_today()), 'on');
    t.place := trial_place(t, 'trial_id');
    t.status := 'agreed';
    RETURN trial_answer(put_trial(t));
END
$$;
COMMENT ON FUNCTION agree_trial(jsonb) IS 'TrialService/AgreeTrial: the whole response.';

CREATE FUNCTION begin_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial := trial_to_change(request ->> 'trial_id', 'trial_id', request ->> 'etag', 'agreed');
    first date := coalesce((request ->> 'on')::date, t.starts_on);
BEGIN
    PERFORM check_on_trial(c, 'trial_id') FROM client c WHERE c.id = t.client_id;
    IF first > london_today() THEN
        PERFORM fail('CV009', 'trial_id', 'This trial begins on %s; say so when it has, or change its days.', said_date(first));
    ELSIF first > t.ends_on THEN
        PERFORM fail('CV003', 'on', 'The last day was to be %s; change the days first.', said_date(t.ends_on));
    END IF;
    t.began_at := moment_of(first, 'on');
    t.starts_on := first;
    t.days := least(t.days, t.ends_on - first + 1);
    t.kept_until := NULL;
    PERFORM check_client_free(t, 'trial_id');
    t.place := trial_place(t, 'trial_id');
    t.status := 'running';
    RETURN trial_answer(put_trial(t));
END
$$;
COMMENT ON FUNCTION begin_trial(jsonb) IS 'TrialService/BeginTrial: the whole response.';

-- Days worked: as said; else the days agreed, as far as there were so many.
CREATE FUNCTION days_worked_of(request jsonb, t trial, last date) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given integer := (request ->> 'days_worked')::integer;
    most integer := last - t.starts_on + 1;
BEGIN
    IF given > most OR given < 0 THEN
        PERFORM fail('CV003', 'days_worked', 'From %s to %s there are %s; %s cannot have been worked.', said_date(t.starts_on),
                     said_date(last), said_days(most), said_days(given));
    END IF;
    RETURN coalesce(given, least(t.days, (SELECT job_days(coalesce(o.shifts, '[]'), t.starts_on, last)
                                            FROM (SELECT) AS one LEFT JOIN opening o ON o.id = t.opening_id)));
END
$$;

CREATE FUNCTION end_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial := trial_to_change(request ->> 'trial_id', 'trial_id', request ->> 'etag', 'running');
    last date := coalesce((request ->> 'on')::date, least(t.ends_on, london_today()));
BEGIN
    t.outcome := (request ->> 'outcome')::trial_outcome;
    t.outcome_reason := tidy(request ->> 'reason');
    IF last < t.starts_on THEN
        PERFORM fail('CV003', 'on', 'The trial began on %s; it cannot have ended on %s.', said_date(t.starts_on), said_date(last));
    ELSIF last > t.ends_on THEN
        PERFORM fail('CV003', 'on', 'The last day was %s; a longer trial is extended first.', said_date(t.ends_on));
    ELSIF t.outcome = 'extended' THEN
        PERFORM fail('CV003', 'outcome', 'Extend the trial: that ends this one and begins the next.');
    ELSIF t.outcome IN ('no_offer', 'declined', 'left') AND t.outcome_reason IS NULL THEN
        PERFORM fail('CV003', 'reason', 'Say why, in a few words: it is what the next trial learns from.');
    END IF;
    t.ended_at := moment_of(last, 'on');
    t.days_worked := days_worked_of(request, t, last);
    t.employer_feedback := coalesce(tidy(request ->> 'employer_feedback'), t.employer_feedback);
    t.client_feedback := coalesce(tidy(request ->> 'client_feedback'), t.client_feedback);
    t.benefits_told := coalesce((request ->> 'benefits_told')::boolean, t.benefits_told);
    t.status := CASE WHEN last < t.ends_on THEN 'ended_early' ELSE 'completed' END;
    RETURN trial_answer(put_trial(t));
END
$$;
COMMENT ON FUNCTION end_trial(jsonb) IS 'TrialService/EndTrial: the whole response.';

CREATE FUNCTION cancel_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial := trial_to_change(request ->> 'trial_id', 'trial_id', request ->> 'etag', 'proposed', 'agreed');
BEGIN
    t.outcome_reason := tidy(request ->> 'reason');
    IF t.outcome_reason IS NULL THEN
        PERFORM fail('CV003', 'reason', 'Say why it does not take place.');
    END IF;
    t.status := 'cancelled';
    t.ended_at := now();
    RETURN trial_answer(put_trial(t));
END
$$;
COMMENT ON FUNCTION cancel_trial(jsonb) IS 'TrialService/CancelTrial: the whole response.';

-- The one ends where the next begins, with the same record; together they keep to the limit.
CREATE FUNCTION extend_trial(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial := trial_to_change(request ->> 'trial_id', 'trial_id', request ->> 'etag', 'running');
    next trial := t;
    o opening;
BEGIN
    PERFORM check_on_trial(c, 'trial_id') FROM client c WHERE c.id = t.client_id;
    IF t.kind = 'taster' THEN
        PERFORM fail('CV009', 'trial_id', 'A taster is hours of watching; after it, propose a trial.');
    END IF;
    t.outcome := 'extended';
    t.outcome_reason := tidy(request ->> 'reason');
    t.ends_on := least(t.ends_on, london_today());
    t.days := least(t.days, t.ends_on - t.starts_on + 1);
    t.days_worked := days_worked_of(request, t, t.ends_on);
    t.status := 'completed';
    t.ended_at := moment_of(t.ends_on, 'trial_id');
    t := put_trial(t);

    SELECT * INTO o FROM opening x WHERE x.id = t.opening_id;
    o.shifts := coalesce(o.shifts, '[]');
    next.id := uuid_v7();
    next.extends_id := t.id;
    next.starts_on := nth_job_day(o.shifts, t.ends_on + 1, 1);
    next.ends_on := trial_day(request ->> 'until', 'until');
    next.days := nullif((request ->> 'days')::integer, 0);
    next.override_reason := tidy(request ->> 'override_reason');
    next.pay_pence_hour := coalesce(nullif((request ->> 'pay_pence_hour')::integer, 0), next.pay_pence_hour);
    IF num_nulls(next.ends_on, next.days) = 2 THEN
        PERFORM fail('CV003', 'until', 'Say until when, or for how many days of work.');
    ELSIF next.ends_on < next.starts_on THEN
        PERFORM fail('CV003', 'until', 'It goes on from %s; %s comes before that.', said_date(next.starts_on), said_date(next.ends_on));
    END IF;
    next := trial_length(next, o);
    PERFORM check_client_free(next, 'until');
    next.place := trial_place(next, 'until');
    next.kept_until := NULL;
    next.created_at := now();
    next.began_at := now();
    next.updated_at := now();
    next.updated_by := actor();
    next.updated_by_name := actor_name();
    next.version := 1;
    INSERT INTO trial SELECT next.*;
    RETURN trial_answer(next) || jsonb_build_object('extended', trial_json(t));
END
$$;
COMMENT ON FUNCTION extend_trial(jsonb) IS 'TrialService/ExtendTrial: the whole response.';

CREATE FUNCTION trial_letter_of(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial;
BEGIN
    SELECT * INTO t FROM trial x WHERE x.id = given_id(request ->> 'trial_id', 'trial_id');
    IF t.id IS NULL THEN
        PERFORM fail('CV005', 'trial_id', 'Your team has no such trial.');
    END IF;
    RETURN (trial_answer(t) - 'trial') || jsonb_build_object('text', trial_letter(t));
END
$$;
COMMENT ON FUNCTION trial_letter_of(jsonb) IS 'TrialService/GetLetter: the whole response.';

-- ---- pauses and discharges ----

-- As the owner: somebody else's booking of the place may be another team's.
CREATE FUNCTION keep_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t trial;
    until date;
BEGIN
    FOR t IN SELECT * FROM trial x WHERE x.client_id = NEW.id AND x.status IN ('agreed', 'running') ORDER BY x.opening_id, x.id LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(format('opening %s', t.opening_id), 0));
        until := least(NEW.paused_until, (SELECT min(x.starts_on) - 1 FROM trial x
                                           WHERE x.opening_id = t.opening_id AND x.place = t.place AND x.id <> t.id
                                             AND x.status IN ('agreed', 'running') AND x.starts_on > t.ends_on));
        UPDATE trial x SET kept_until = CASE WHEN NEW.status = 'paused' THEN until END, updated_at = now(), updated_by = actor(),
                           updated_by_name = coalesce(actor_name(), x.updated_by_name), version = x.version + 1
         WHERE x.id = t.id AND x.kept_until IS DISTINCT FROM CASE WHEN NEW.status = 'paused' THEN until END;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER keep_places AFTER UPDATE OF status, paused_until ON client
    FOR EACH ROW WHEN (NEW.status <> 'discharged' AND (NEW.status, NEW.paused_until) IS DISTINCT FROM (OLD.status, OLD.paused_until))
    EXECUTE FUNCTION keep_places();

-- A trial that runs is somebody at work: it has an end and an outcome before support ends.
CREATE FUNCTION stop_trials(of_client uuid, why text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM fail('CV009', 'client_id', '%s is on a trial at %s, which %s. End it first.', c.ref, e.name, said_status(t))
       FROM trial t JOIN client c ON c.id = t.client_id JOIN employer e ON e.id = t.employer_id
      WHERE t.client_id = of_client AND t.status = 'running';
    UPDATE trial t SET status = 'cancelled', kept_until = NULL, ended_at = now(), outcome_reason = why, updated_at = now(),
           updated_by = actor(), updated_by_name = coalesce(actor_name(), t.updated_by_name), version = t.version + 1
     WHERE t.client_id = of_client AND t.status IN ('proposed', 'agreed');
END
$$;
COMMENT ON FUNCTION stop_trials(uuid, text) IS 'Cancel a client''s trials that have not begun; CV009 where one runs.';

CREATE FUNCTION trials_discharged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM stop_trials(NEW.id, 'Support ended.');
    RETURN NULL;
END
$$;
CREATE TRIGGER trials_discharged AFTER UPDATE OF status ON client
    FOR EACH ROW WHEN (NEW.status = 'discharged' AND OLD.status <> 'discharged') EXECUTE FUNCTION trials_discharged();

-- As with a discharge.
CREATE OR REPLACE FUNCTION stop_before_erasing(of_client uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM stop_trials(of_client, NULL);
END
$$;

GRANT EXECUTE ON FUNCTION trial_days_before(trial), trial_is_work(trial), trial_answers_missing(trial), trial_pay_stop(trial),
    trial_stops(trial), trial_judged(trial), trial_rules(), is_job_day(jsonb, date), job_days(jsonb, date, date),
    nth_job_day(jsonb, date, integer), trial_span(trial), check_opening_takes(opening, date, text), trial_place(trial, text),
    trial_json(trial), trial_warnings(trial), trial_answer(trial), said_from_to(date, date),
    trial_letter(trial), text_for_employer(text, text, text), trial_paths(), trial_day(text, text),
    trial_with(trial, jsonb, text[]), trial_length(trial, opening), trial_kind_for(opening, date), check_on_trial(client, text),
    propose_trial(jsonb), said_status(trial), trial_to_change(text, text, text, trial_status[]), put_trial(trial),
    moment_of(date, text), check_client_free(trial, text), update_trial(jsonb), agree_trial(jsonb), begin_trial(jsonb),
    days_worked_of(jsonb, trial, date), end_trial(jsonb), cancel_trial(jsonb), extend_trial(jsonb), trial_letter_of(jsonb)
    TO canvass_app;

COMMIT;
