-- Revert canvass:audit from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION client_json(c client, whole boolean DEFAULT true) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', c.id, 'ref', c.ref, 'initials', c.initials, 'specialist_id', c.specialist_id,
            'specialist', specialist_name(c.specialist_id), 'status', c.status,
            'age_band', c.age_band, 'home_postcode', c.home_postcode, 'entered_on', c.entered_on,
            'paused_until', c.paused_until,
            'wishes', CASE WHEN whole THEN wishes_json(c.id) END,
            'constraints', CASE WHEN whole THEN constraints_json(c.id) END,
            'unavailable', CASE WHEN whole THEN unavailable_json(c.id) END,
            'etag', c.version::text)));
END
$$;

CREATE OR REPLACE FUNCTION client_of(given_id text, given_ref text, id_field text, ref_field text)
RETURNS client
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client;
BEGIN
    IF coalesce(client_of.given_id, '') <> '' THEN
        SELECT * INTO c FROM client WHERE id = canvass.given_id(client_of.given_id, id_field);
        IF c.ref IS DISTINCT FROM coalesce(upper(tidy(given_ref)), c.ref) THEN
            PERFORM fail('CV003', ref_field, 'The id and the reference are two clients; give one.');
        END IF;
    ELSIF tidy(given_ref) IS NOT NULL THEN
        SELECT * INTO c FROM client WHERE team_id = team() AND ref = upper(tidy(given_ref));
    ELSE
        PERFORM fail('CV003', id_field, 'Say which client, by id or by reference.');
    END IF;
    IF c.id IS NULL THEN
        PERFORM fail('CV005', CASE WHEN coalesce(client_of.given_id, '') <> '' THEN id_field
                                   ELSE ref_field END,
                     'Your team has no such client.');
    END IF;
    RETURN c;
END
$$;

CREATE OR REPLACE FUNCTION visit_json(v visit) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', v.id, 'employer_id', v.employer_id, 'employer', e.name, 'site_id', v.site_id,
        'site', coalesce(s.name, s.address[1], s.postcode), 'at', v.at, 'mode', v.mode,
        'cup', v.cup, 'contact_id', v.contact_id, 'met', v.met, 'met_hires', v.met_hires,
        'client_id', c.id, 'client_ref', c.ref, 'generic', v.generic, 'role_soc', v.role_soc,
        'role_title', occupation_title(v.role_soc), 'purpose', v.purpose, 'learned', v.learned,
        'stance', v.stance, 'outcome', v.outcome, 'next_step', v.next_step,
        'next_touch_at', v.next_touch_at, 'thanked', v.thanked,
        'specialist_id', v.specialist_id, 'specialist', specialist_name(v.specialist_id),
        'borough', b.name, 'recorded_at', v.recorded_at, 'replaces_id', v.replaces_id))
      FROM employer e
      JOIN borough b ON b.id = v.borough_id
      LEFT JOIN site s ON s.id = v.site_id
      LEFT JOIN visit_client l ON l.visit_id = v.id
      LEFT JOIN client c ON c.id = l.client_id
     WHERE e.id = v.employer_id
$$;

CREATE OR REPLACE FUNCTION plan_json(p plan) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', p.id, 'employer_id', p.employer_id, 'employer', e.name, 'site_id', p.site_id,
        'at', p.at, 'purpose', p.purpose, 'client_id', c.id, 'client_ref', c.ref,
        'role_soc', p.role_soc, 'role_title', occupation_title(p.role_soc),
        'specialist_id', p.specialist_id, 'specialist', specialist_name(p.specialist_id)))
      FROM employer e
      LEFT JOIN plan_client l ON l.plan_id = p.id
      LEFT JOIN client c ON c.id = l.client_id
     WHERE e.id = p.employer_id
$$;

DROP TRIGGER saw ON contact_use;
DROP TRIGGER saw ON contact_share;
DROP FUNCTION audit_statement(jsonb), verify_audit(jsonb), audit_json(audit), audit_seal_all(), audit_seal_rows(integer),
    audit_link(bytea, text), audit_line(audit, bigint), audit_refused(text, integer, uuid), audit_note(text, uuid),
    saw_visit(uuid), seen(text), saw_contact(), saw_client_ref(text), saw_client(uuid), saw(text, uuid);
DROP TABLE audit_seal, audit_pending, audit, audit_method;
DROP FUNCTION audit_waits(), audit_stays();
DROP TYPE audit_kind;

COMMIT;
