-- Verify canvass:rules on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT kind, effective_from, max_days, min_hours_tenths, min_weeks FROM trial_rule WHERE false;

DO $$
BEGIN
    ASSERT (minimum_wage_on('2026-04-01')).main_pence = 1271, 'from the day itself';
    ASSERT (minimum_wage_on('2026-03-31')).main_pence = 1221, 'until the day before';
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('trial_rule'::regclass, 'minimum_wage'::regclass)), 'row-level security';
END
$$;

ROLLBACK;
