-- Revert canvass:job from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- As in change history.
CREATE OR REPLACE FUNCTION undo_never(by_actor uuid, of_request uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT CASE
        WHEN bool_or(c.op <> 'insert' AND c.old IS NULL)
        THEN 'What it took away was not kept, so it cannot be put back.'
        WHEN bool_or(c.table_name = 'objection' AND c.op = 'insert' OR c.table_name = 'contact' AND c.new ->> 'objected_on' IS NOT NULL)
             AND NOT bool_or(c.table_name = 'employer_merge')
        THEN 'Somebody objected to being contacted, and an objection stays.'
        WHEN bool_or(c.table_name = 'contact_use' AND c.op = 'insert')
        THEN 'Details that were opened have been read, and their borough keeps on record by whom.'
        -- A request is both boroughs'.
        WHEN bool_or(c.team_id <> team()) OR bool_or(c.borough_id <> borough() AND c.table_name <> 'contact_request') AND NOT bool_or(c.table_name = 'employer_merge')
        THEN 'It was done for another team or borough; ask somebody there.' END
      FROM change c WHERE c.request_id = of_request AND c.actor = by_actor
$$;
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
DROP FUNCTION trial_of_job(text, client);
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
