-- Verify canvass:job on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT job_id, client_id, employer_id, pay_on, sentence FROM first_pay_days_on('2026-11-30', 3) WHERE false;

DO $$
BEGIN
    ASSERT next_pay_day('2027-01-31', 'monthly', '2027-02-02') = '2027-02-28', 'a month that is shorter';
    ASSERT (SELECT prosecdef FROM pg_proc WHERE oid = 'take_place(job)'::regprocedure),
        'a place goes, whichever borough noted it';
END
$$;

ROLLBACK;
