-- Revert canvass:figures from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DELETE FROM report_column;
DELETE FROM report_definition;
DROP FUNCTION fidelity_facts(report_scope), fidelity_score(integer, numeric, numeric, date), network_facts(report_scope),
    trials_facts(report_scope), breadth_facts(report_scope), starts_facts(report_scope), soc_major(integer), status_facts(report_scope),
    outcomes_facts(report_scope), has_worked_weeks(uuid, date, outcome_rule, date), weeks_of_row(uuid, date, integer, boolean),
    worked_tenths(uuid, daterange), support_facts(report_scope), support_asked(job, date), caseload_facts(report_scope),
    community_facts(report_scope), jobs_facts(report_scope), plan_facts(report_scope), first_contact_facts(report_scope),
    contacts_facts(report_scope), specialist_line(uuid), reported_specialists(report_scope), reported_jobs(report_scope),
    reported_clients(report_scope), reported_visits(report_scope);
DROP TABLE outcome_rule, fidelity_anchor, fidelity_item;
DROP TYPE outcome_cohort;
DROP INDEX visit_team;
DROP TRIGGER fits_plan ON visit_client;
DROP FUNCTION visit_fits_plan(), fits_plan(uuid, text);
ALTER TABLE visit_client DROP COLUMN fits_plan;

COMMIT;
