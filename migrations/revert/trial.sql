-- Revert canvass:trial from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION stop_before_erasing(of_client uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$ BEGIN END $$;

CREATE OR REPLACE FUNCTION places_taken(o opening) RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN NULL::integer;

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
    trial_warnings(trial), trial_json(trial), trial_place(trial, text),
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
