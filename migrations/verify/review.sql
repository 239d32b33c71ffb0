-- Verify canvass:review on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT specialist_id, team_id, week_on, reviewed_at, note FROM week_review WHERE false;
SELECT effective_from, contacts, few_seekers, per_seeker FROM contact_target WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('week_review'::regclass, 'contact_target'::regclass)), 'row-level security';
    ASSERT EXISTS (SELECT FROM contact_target), 'a target';
END
$$;

ROLLBACK;
