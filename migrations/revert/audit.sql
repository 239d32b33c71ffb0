-- Revert canvass:audit from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION saw_client(id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE
RETURN id;

DROP TRIGGER saw ON contact_use;
DROP TRIGGER saw ON contact_share;
DROP FUNCTION audit_statement(jsonb), verify_audit(jsonb), audit_json(audit), audit_seal_all(), audit_seal_rows(integer),
    audit_link(bytea, text), audit_line(audit, bigint), audit_refused(text, integer, uuid), audit_note(text, uuid),
    saw_visit(uuid), seen(text), saw_contact(), saw_client_ref(text), saw(text, uuid);
DROP TABLE audit_seal, audit_pending, audit, audit_method;
DROP FUNCTION audit_waits(), audit_stays();
DROP TYPE audit_kind;

COMMIT;
