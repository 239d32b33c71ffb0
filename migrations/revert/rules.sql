-- Revert canvass:rules from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION trial_fits(trial_rule, integer, integer);
DROP FUNCTION trial_days_for(trial_rule, integer);
DROP FUNCTION trial_rule_on(trial_kind, date);
DROP FUNCTION minimum_wage_said(age_band, date), minimum_wage_for(age_band, date),
    minimum_wage_words(age_band, minimum_wage), minimum_wage_pence(age_band, minimum_wage);
DROP FUNCTION minimum_wage_on(date);
DROP FUNCTION said_days(integer);
DROP FUNCTION said_day(date, date), said_date(date);
DROP FUNCTION said_pence(integer);
DROP TABLE minimum_wage;
DROP TABLE trial_rule;
DROP TYPE age_band;
DROP TYPE trial_kind;

COMMIT;
