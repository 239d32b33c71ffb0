-- Verify canvass:trial on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT watch_tenths FROM trial WHERE false;
SELECT trial_json(t), trial_letter(t), trial_span(t) FROM trial t WHERE false;

DO $$
BEGIN
    ASSERT (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'trial'::regclass AND tgname IN ('trial_rules', 'trial_not_blocked')) = 2,
        'the rules are enforced';
    ASSERT (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'client'::regclass AND tgname IN ('keep_places', 'trials_discharged')) = 2,
        'pauses and discharges reach trials';
END
$$;

ROLLBACK;
