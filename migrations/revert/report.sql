-- Revert canvass:report from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DELETE FROM audit_method WHERE prefix = 'canvass.v1.ReportService/Export';
DROP FUNCTION contracted_between(uuid, date, date), contracted_on(uuid, date), set_contracted_hours(jsonb), contracted_json(contracted_hours),
    report_fact_json(text, uuid, uuid, uuid, date, text), report_behind(jsonb, text, text), export_report(jsonb), get_report(jsonb),
    report_table(report_definition, report_scope), report_json(report_definition), report_named(text),
    report_cell(report_how, numeric, boolean, boolean), report_lines(report_definition, report_scope),
    report_columns(text), work_out_lines(report_column[], report_line[]), hide_teams(report_definition, report_scope, report_column[]),
    hide_derived(report_column[], report_line[]), hide_lines(report_column[], boolean, report_line[], suppression_rule), count_facts(report_definition, report_scope),
    hide_cells(numeric[], numeric, boolean, boolean[], integer, integer), said_scope(report_scope),
    scope_of_report(report_definition, jsonb, boolean), check_period_hidden(date, date), working_time_on(date), suppression_on(date);
DROP TYPE report_line, report_fact, report_scope;
DROP TABLE contracted_hours, working_time_rule, suppression_rule, report_column, report_definition;
DROP TYPE report_how;

COMMIT;
