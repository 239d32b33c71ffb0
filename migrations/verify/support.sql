-- Verify canvass:support on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT job_id, client_id, employer_id, site_id, given_to, due_on, sentence FROM support_due_on('2026-11-30') WHERE false;

DO $$
BEGIN
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'support_rule'::regclass),
        'row-level security';
    ASSERT (SELECT bool_and((support_rule_on(p, '2026-11-30')).days > 0) FROM unnest(enum_range(NULL::support_phase)) AS p),
        'each part of a job has its rhythm';
END
$$;

ROLLBACK;
