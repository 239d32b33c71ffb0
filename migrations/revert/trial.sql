-- Revert canvass:trial from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION erase_client(id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    DELETE FROM client_occupation x WHERE x.client_id = erase_client.id;
    DELETE FROM client_wishes x WHERE x.client_id = erase_client.id;
    DELETE FROM client_constraints x WHERE x.client_id = erase_client.id;
    DELETE FROM client_unavailable x WHERE x.client_id = erase_client.id;
    DELETE FROM client_pause x WHERE x.client_id = erase_client.id;
    DELETE FROM plan_client l USING plan p WHERE l.client_id = erase_client.id AND p.id = l.plan_id AND p.visit_id IS NULL;
    DELETE FROM hold h WHERE h.client_id = erase_client.id;
    DELETE FROM disclosure d WHERE d.client_id = erase_client.id;
    -- Trials, jobs and contacts stay as counts: kinds, days, hours, no text.
    UPDATE trial t SET jcp_ref = NULL, override_reason = NULL, unpaid_reason = NULL, observer = NULL, tasks = NULL,
           adjustments = NULL, outcome_reason = NULL, employer_feedback = NULL, client_feedback = NULL
     WHERE t.client_id = erase_client.id;
    UPDATE support s SET about = NULL WHERE s.client_id = erase_client.id AND s.about IS NOT NULL;
    UPDATE lost_shift l SET reason = 'other' WHERE l.client_id = erase_client.id;
    -- The year stays, for counts of who was supported when.
    UPDATE client c
       SET ref = 'ERASED-' || lpad((random() * 1e9)::bigint::text, 10, '0'), initials = NULL, specialist_id = NULL,
           status = 'discharged', paused_until = NULL, age_band = NULL, home_postcode = NULL, home_easting = NULL,
           home_northing = NULL, home_approximate = false, entered_on = date_trunc('year', c.entered_on)::date,
           discharged_at = date_trunc('year', coalesce(c.discharged_at, now())),
           discharge_reason = coalesce(c.discharge_reason, 'other'), created_at = date_trunc('year', c.created_at),
           erased_at = now(), updated_at = now(), updated_by = actor(), updated_by_name = actor_name(), version = c.version + 1
     WHERE c.id = erase_client.id;
    PERFORM change_forget_client(erase_client.id), forget_answers(erase_client.id);
END
$$;

CREATE OR REPLACE FUNCTION opening_json(o opening) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
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
        'created', jsonb_build_object('at', o.created_at, 'by', o.created_by_name),
        'updated', jsonb_build_object('at', o.updated_at, 'by', o.updated_by_name),
        'etag', o.version::text))
      FROM employer e
      JOIN borough b ON b.id = o.borough_id
      LEFT JOIN site s ON s.id = o.site_id
     WHERE e.id = o.employer_id
$$;

DROP TRIGGER trials_discharged ON client;
DROP TRIGGER keep_places ON client;
DROP TRIGGER trial_not_blocked ON trial;
DROP TRIGGER trial_rules ON trial;
DROP FUNCTION trials_discharged(), stop_trials(uuid, text), keep_places(), trial_letter_of(jsonb), extend_trial(jsonb),
    cancel_trial(jsonb), end_trial(jsonb), days_worked_of(jsonb, trial, date), begin_trial(jsonb), agree_trial(jsonb),
    update_trial(jsonb), check_client_free(trial, text), moment_of(date, text), put_trial(trial),
    trial_to_change(text, text, text, trial_status[]), said_status(trial), propose_trial(jsonb), check_on_trial(client, text),
    trial_kind_for(opening, date), trial_length(trial, opening), trial_with(trial, jsonb, text[]), trial_day(text, text),
    trial_paths(), text_for_employer(text, text, text), trial_letter(trial), said_from_to(date, date), trial_answer(trial),
    trial_warnings(trial), trial_json(trial), places_taken(opening), trial_place(trial, text),
    check_opening_takes(opening, date, text), trial_span(trial), nth_job_day(jsonb, date, integer),
    job_days(jsonb, date, date), is_job_day(jsonb, date), trial_rules(), trial_judged(trial), trial_stops(trial),
    trial_pay_stop(trial), trial_answers_missing(trial), trial_is_work(trial), trial_days_before(trial);
DELETE FROM change_field WHERE table_name = 'trial' AND field IN ('place', 'hours_tenths', 'expected_weeks', 'watch_tenths');
ALTER TABLE trial
    DROP COLUMN watch_tenths,
    DROP CONSTRAINT trial_taster_judges_nobody,
    DROP CONSTRAINT trial_outcome_given,
    ADD CONSTRAINT trial_outcome_given CHECK ((status IN ('completed', 'ended_early')) = (outcome IS NOT NULL)),
    DROP CONSTRAINT trial_hours_range,
    DROP CONSTRAINT trial_weeks_range;
COMMENT ON CONSTRAINT trial_outcome_given ON trial IS 'outcome: Say what the trial led to: offer, no offer, declined, left or extended.';

COMMIT;
