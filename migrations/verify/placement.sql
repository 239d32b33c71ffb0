-- Verify canvass:placement on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, client_id, employer_id, level, wording FROM standing_disclosure WHERE false;
SELECT id, client_id, opening_id, place, kind, starts_on, ends_on, kept_until, status, outcome FROM trial WHERE false;
SELECT id, client_id, trial_id, soc, starts_on, ends_on, end_reason FROM job WHERE false;
SELECT job_terms_on(NULL, NULL), job_id, hours_tenths, reason FROM lost_shift WHERE false;
SELECT id, client_id, job_id, trial_id, given_to, at FROM support WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('disclosure'::regclass, 'trial'::regclass, 'job'::regclass, 'job_terms'::regclass,
                           'lost_shift'::regclass, 'support'::regclass)), 'row-level security';
    ASSERT (SELECT count(*) FROM pg_constraint WHERE conrelid = 'trial'::regclass AND contype = 'x') = 2,
        'a place and a client are booked once';
    ASSERT NOT has_any_column_privilege('canvass_app', 'support', 'UPDATE'), 'what was recorded stays';
END
$$;

ROLLBACK;
