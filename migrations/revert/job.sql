-- Revert canvass:job from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION remove_lost_shift(jsonb);
DROP FUNCTION add_lost_shift(jsonb);
DROP FUNCTION end_job(jsonb);
DROP FUNCTION after_job(job);
DROP FUNCTION change_terms(jsonb);
DROP FUNCTION update_job(jsonb);
DROP FUNCTION move_start(job, date, age_band);
DROP FUNCTION start_job(jsonb);
DROP FUNCTION check_job_is_new(client, job);
DROP FUNCTION job_from(jsonb, client, trial, opening);
DROP FUNCTION trial_of_job(jsonb, client);
DROP FUNCTION employer_hired(uuid);
DROP FUNCTION take_place(job);
DROP FUNCTION job_day(text, text, integer, text);
DROP FUNCTION job_changed(uuid);
DROP FUNCTION job_to_change(jsonb, date, boolean);
DROP FUNCTION job_of(jsonb, date);
DROP FUNCTION job_json(job, boolean);
DROP FUNCTION support_due_json(job, support_to, date, text);
DROP FUNCTION said_job(job);
DROP FUNCTION put_terms(job, age_band, date, integer, integer, boolean, text);
DROP FUNCTION said_low_pay(integer, age_band, date);
DROP FUNCTION first_pay_days_on(date, integer);
DROP FUNCTION next_pay_day(date, pay_rhythm, date);

COMMIT;
