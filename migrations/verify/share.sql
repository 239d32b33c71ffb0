-- Verify canvass:share on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, contact_id, to_borough_id, to_specialist_id, expires_on, condition, withdrawn_at FROM standing_share WHERE false;
SELECT id, owner_id, borough_id, reason, granted, answer FROM contact_request WHERE false;
SELECT id, share_id, specialist_id, at FROM contact_use WHERE false;
SELECT list_contacts(NULL);

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('share_rule'::regclass, 'contact_request'::regclass, 'contact_share'::regclass, 'contact_use'::regclass)),
        'row-level security';
    ASSERT NOT has_column_privilege('canvass_app', 'contact_use', 'at', 'INSERT'), 'a use has the time of its transaction';
    ASSERT NOT has_any_column_privilege('canvass_app', 'contact_use', 'UPDATE'), 'uses stay as they are';
    ASSERT (SELECT count(*) FROM pg_policy WHERE polrelid = 'contact'::regclass AND polname = 'opened') = 1, 'opening';
END
$$;

ROLLBACK;
