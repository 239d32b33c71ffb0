-- Verify canvass:client on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, team_id, ref, initials, status, home_postcode, version FROM client WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('client'::regclass, 'client_occupation'::regclass,
                           'client_wishes'::regclass, 'client_constraints'::regclass,
                           'client_unavailable'::regclass, 'client_pause'::regclass)),
           'row-level security';
    ASSERT NOT has_table_privilege('canvass_app', 'client', 'DELETE'), 'clients are discharged';
    ASSERT is_nhs_number('943 476 5919') AND NOT is_nhs_number('9434765918'), 'NHS numbers';
END
$$;

ROLLBACK;
