-- Verify canvass:report on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT name, place, title, definition, facts, labels, has_total, max_days, plot, plot_of FROM report_definition WHERE false;
SELECT report, place, key, heading, how, part, whole, of_clients, full_only, in_total, part_of, hides_with FROM report_column WHERE false;
SELECT specialist_id, team_id, from_on, hours_tenths, set_by, set_by_name, set_at FROM contracted_hours WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('report_definition'::regclass, 'report_column'::regclass, 'suppression_rule'::regclass,
                           'working_time_rule'::regclass, 'contracted_hours'::regclass)), 'row-level security';
    ASSERT NOT has_function_privilege('canvass_app', 'count_facts(report_definition, report_scope)', 'EXECUTE'), 'facts are the owner''s to ask';
    ASSERT (suppression_on(CURRENT_DATE)).threshold > 0, 'a rule';
END
$$;

ROLLBACK;
