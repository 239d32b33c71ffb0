-- Revert canvass:support from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION support_due_on(date);
DROP FUNCTION support_due_of(uuid, date, integer);
DROP FUNCTION supported_in(job);
DROP FUNCTION support_next(job, support_to, date);
DROP FUNCTION last_support(job, support_to, date);
DROP FUNCTION said_ago(date, date);
DROP FUNCTION said_rhythm(integer);
DROP FUNCTION first_month_ends(date);
DROP FUNCTION support_rule_on(support_phase, date);
DROP TABLE support_rule;
DROP TYPE support_phase;

COMMIT;
