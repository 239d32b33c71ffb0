-- Revert canvass:placement from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION job_terms_on(uuid, date);
DROP TABLE support, lost_shift, job_terms, job, trial;
DROP VIEW standing_disclosure;
DROP TABLE disclosure;
DROP TYPE support_to, lost_shift_reason, pay_rhythm, job_end, trial_outcome, trial_status, disclosure_level;
ALTER TABLE client DROP CONSTRAINT client_of_team;

COMMIT;
