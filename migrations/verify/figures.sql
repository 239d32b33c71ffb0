-- Verify canvass:figures on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT visit_id, client_id, fits_plan FROM visit_client WHERE false;
SELECT item, title, report, figure, second_figure, unit FROM fidelity_item WHERE false;
SELECT item, effective_from, score, figures, second_least FROM fidelity_anchor WHERE false;
SELECT name, effective_from, effective_until, cohort, within_days, paid_tenths, week_tenths, weeks, weeks_among FROM outcome_rule WHERE false;

DO $$
DECLARE
    c report_column;
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('fidelity_item'::regclass, 'fidelity_anchor'::regclass, 'outcome_rule'::regclass)), 'row-level security';
    ASSERT (SELECT count(*) >= 14 FROM report_definition), 'reports';
    -- Columns speak of columns that are there.
    FOR c IN SELECT * FROM report_column LOOP
        ASSERT (SELECT count(*) FROM report_column x WHERE x.report = c.report AND x.key IN (c.part, c.whole, c.part_of, c.hides_with))
               = (SELECT count(DISTINCT k) FROM unnest(ARRAY[c.part, c.whole, c.part_of, c.hides_with]) AS k), c.report || '.' || c.key;
    END LOOP;
    ASSERT NOT EXISTS (SELECT FROM fidelity_item i WHERE NOT EXISTS (
        SELECT FROM report_column x WHERE x.report = i.report AND x.key = i.figure)), 'items are measured';
END
$$;

ROLLBACK;
