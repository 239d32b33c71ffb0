-- Deploy canvass:audit to pg

-- Who read a client, who wrote, exported, shared, was refused, or changed accounts: a row a call,
-- with ids and method names alone, never a text or a reference. Rows are added by audit_note() and
-- audit_refused() and changed by nobody. Each borough's rows form a chain of hashes in audit_seal.
--
-- Sealing waits for nobody's commit and nobody waits for it: a row is written with its id in
-- audit_pending, and audit_seal_rows() later takes what is committed there and gives it the next
-- places of its borough's chain. What commits late is sealed late; nothing is passed over.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE audit_kind AS ENUM ('read', 'write', 'export', 'share', 'account', 'refused');

CREATE TABLE audit_method (
    prefix text COLLATE "C" PRIMARY KEY,
    kind   audit_kind NOT NULL
);
COMMENT ON TABLE audit_method IS 'What the methods whose names begin so are; the longest beginning counts. Others write or, where they showed a client, read.';
INSERT INTO audit_method (prefix, kind) VALUES
    ('canvass.v1.AccountService/', 'account'),
    ('canvass.v1.AuditService/', 'read'),
    ('canvass.v1.AuditService/Export', 'export'),
    ('canvass.v1.EmployerService/Export', 'export'),
    ('canvass.v1.ShareService/', 'share');

CREATE TABLE audit (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    -- Of whoever called.
    borough_id text COLLATE "C" NOT NULL REFERENCES borough,
    team_id    uuid NOT NULL REFERENCES team,
    actor      uuid NOT NULL REFERENCES specialist,
    kind       audit_kind NOT NULL,
    method     text COLLATE "C" NOT NULL,
    request_id uuid,
    -- No foreign keys: what was shown stays what was shown, whatever becomes of the rows.
    clients    uuid[] NOT NULL DEFAULT '{}',
    contacts   uuid[] NOT NULL DEFAULT '{}',
    -- The gRPC status of what was refused.
    refusal    integer,
    CONSTRAINT audit_method_name CHECK (method ~ '^[A-Za-z0-9_.]+/[A-Za-z0-9_]+$' AND char_length(method) <= 200),
    CONSTRAINT audit_refused_status CHECK ((kind = 'refused') = (refusal IS NOT NULL))
);
CREATE INDEX audit_borough ON audit (borough_id, id DESC);
CREATE INDEX audit_clients ON audit USING gin (clients) WHERE clients <> '{}';
CREATE INDEX audit_contacts ON audit USING gin (contacts) WHERE contacts <> '{}';
COMMENT ON TABLE audit IS 'Who did what to whose rows. Rows are added, never changed, by anybody.';
COMMENT ON CONSTRAINT audit_method_name ON audit IS 'method: A method is called package.Service/Method.';
COMMENT ON CONSTRAINT audit_refused_status ON audit IS 'refusal: What was refused has a status, and nothing else has.';

CREATE TABLE audit_pending (
    audit_id bigint PRIMARY KEY REFERENCES audit
);
COMMENT ON TABLE audit_pending IS 'Rows of audit that are not sealed yet.';

CREATE TABLE audit_seal (
    borough_id text COLLATE "C" NOT NULL REFERENCES borough,
    seq        bigint NOT NULL,
    audit_id   bigint NOT NULL REFERENCES audit,
    hash       bytea NOT NULL,
    sealed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (borough_id, seq),
    CONSTRAINT audit_seal_once UNIQUE (audit_id),
    CONSTRAINT audit_seal_hash_length CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE audit_seal IS 'Each borough''s chain: SHA-256 of the hash before and audit_line() of the row.';
COMMENT ON CONSTRAINT audit_seal_once ON audit_seal IS 'audit_id: A row has one place in one chain.';
COMMENT ON CONSTRAINT audit_seal_hash_length ON audit_seal IS 'hash: SHA-256 has 32 bytes.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['audit_method', 'audit', 'audit_pending', 'audit_seal'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;
-- A client's id is its team's: a lead reads what their own team did, the auditor of a borough all.
CREATE POLICY auditor ON audit FOR SELECT TO canvass_app
    USING (borough_id = (SELECT canvass.borough())
           AND ((SELECT canvass.has_role('auditor'))
                OR team_id = (SELECT canvass.team()) AND (SELECT canvass.has_role('lead'))));
CREATE POLICY auditor ON audit_seal FOR SELECT TO canvass_app
    USING (borough_id = (SELECT canvass.borough()) AND (SELECT canvass.has_role('auditor', 'lead')));
GRANT SELECT ON audit, audit_seal TO canvass_app;

-- Not even the owner.
CREATE FUNCTION audit_stays() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM fail('CV009', '', 'What was audited stays as it is.');
END
$$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

CREATE FUNCTION audit_waits() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    INSERT INTO audit_pending (audit_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER waits AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_waits();

-- ---- what a call shows ----

-- Ids collect in a setting that ends with the transaction; audit_note() takes them.
CREATE FUNCTION saw(setting text, id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    so_far text := coalesce(current_setting(setting, true), '');
BEGIN
    IF id IS NOT NULL AND strpos(so_far, id::text) = 0 THEN
        PERFORM set_config(setting, so_far || ',' || id::text, true);
    END IF;
    RETURN id;
END
$$;
CREATE OR REPLACE FUNCTION saw_client(id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$ BEGIN RETURN canvass.saw('canvass.saw_clients', id); END $$;

CREATE FUNCTION saw_client_ref(ref text) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM saw_client(c.id) FROM client c WHERE c.team_id = team() AND c.ref = saw_client_ref.ref;
    RETURN ref;
END
$$;
COMMENT ON FUNCTION saw_client_ref(text) IS 'This reference of a client of the caller''s team, and saw_client() of it.';

CREATE FUNCTION saw_contact() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM saw('canvass.saw_contacts', NEW.contact_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER saw AFTER INSERT OR UPDATE ON contact_share FOR EACH ROW EXECUTE FUNCTION saw_contact();
CREATE TRIGGER saw AFTER INSERT ON contact_use FOR EACH ROW EXECUTE FUNCTION saw_contact();

CREATE FUNCTION seen(setting text) RETURNS uuid[]
LANGUAGE sql STABLE
RETURN coalesce(string_to_array(ltrim(current_setting(setting, true), ','), ',')::uuid[], '{}');

CREATE FUNCTION saw_visit(visit_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM saw_client(l.client_id) FROM visit_client l WHERE l.visit_id = saw_visit.visit_id;
    RETURN visit_id;
END
$$;
COMMENT ON FUNCTION saw_visit(uuid) IS 'This id, and saw_client() of the client whom the visit was for, if the caller may see whom.';

-- ---- noting ----

-- The last statement of a call that writes, or that shows rows of clients or exports.
CREATE FUNCTION audit_note(method text, request_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    known audit_kind;
    clients uuid[] := seen('canvass.saw_clients');
BEGIN
    SELECT m.kind INTO known FROM audit_method m WHERE starts_with(audit_note.method, m.prefix)
     ORDER BY length(m.prefix) DESC LIMIT 1;
    IF known IS NULL AND request_id IS NULL AND clients = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO audit (borough_id, team_id, actor, kind, method, request_id, clients, contacts)
        VALUES (borough(), team(), actor(),
                coalesce(known, CASE WHEN request_id IS NULL THEN 'read' ELSE 'write' END::audit_kind),
                audit_note.method, audit_note.request_id, clients, seen('canvass.saw_contacts'));
END
$$;
COMMENT ON FUNCTION audit_note(text, uuid) IS 'Note this call and whose rows it showed or changed. A read that showed no client is not noted.';

-- In a transaction of its own, because what was refused has left nothing behind. subject: the id
-- that the refused field held, which is kept if it is a client's; of what the caller could not name
-- by an id, a reference say, nothing is kept.
CREATE FUNCTION audit_refused(method text, refusal integer, subject uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    clients uuid[] := ARRAY(SELECT c.id FROM client c WHERE c.id = subject);
BEGIN
    IF refusal = 7 OR refusal = 5 AND clients <> '{}' THEN
        INSERT INTO audit (borough_id, team_id, actor, kind, method, clients, refusal)
            VALUES (borough(), team(), actor(), 'refused', audit_refused.method, clients,
                    audit_refused.refusal);
    END IF;
END
$$;
COMMENT ON FUNCTION audit_refused(text, integer, uuid) IS 'Note a call that ended with PERMISSION_DENIED (7), or with NOT_FOUND (5) of a client that is somebody else''s.';

-- ---- the chain ----

CREATE FUNCTION audit_line(a audit, seq bigint) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_build_array(a.borough_id, seq, a.id,
               to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.team_id, a.actor, a.kind,
               a.method, a.request_id, to_jsonb(a.clients), to_jsonb(a.contacts), a.refusal)::text
$$;
COMMENT ON FUNCTION audit_line(audit, bigint) IS 'A row in its place as text, the same for ever: what is hashed.';

CREATE FUNCTION audit_link(before bytea, line text) RETURNS bytea
LANGUAGE sql IMMUTABLE
RETURN sha256(coalesce(before, decode(repeat('00', 32), 'hex')) || convert_to(line, 'UTF8'));
COMMENT ON FUNCTION audit_link(bytea, text) IS 'The hash of a row: SHA-256 of the hash before it (32 zero bytes for the first) and its line.';

CREATE FUNCTION audit_seal_rows(at_most integer DEFAULT 10000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    a audit;
    head audit_seal;
    n integer := 0;
BEGIN
    -- One at a time, until the end of the transaction.
    PERFORM pg_advisory_xact_lock(hashtextextended('canvass.audit_seal', 0));
    FOR a IN WITH gone AS (DELETE FROM audit_pending
                            WHERE audit_id IN (SELECT p.audit_id FROM audit_pending p ORDER BY 1 LIMIT at_most)
                           RETURNING audit_id)
             SELECT x.* FROM gone JOIN audit x ON x.id = gone.audit_id ORDER BY x.borough_id, x.id
    LOOP
        IF head.borough_id IS DISTINCT FROM a.borough_id THEN
            SELECT * INTO head FROM audit_seal s WHERE s.borough_id = a.borough_id ORDER BY s.seq DESC LIMIT 1;
            head.borough_id := a.borough_id;
        END IF;
        head.seq := coalesce(head.seq, 0) + 1;
        head.hash := audit_link(head.hash, audit_line(a, head.seq));
        INSERT INTO audit_seal (borough_id, seq, audit_id, hash) VALUES (a.borough_id, head.seq, a.id, head.hash);
        n := n + 1;
    END LOOP;
    RETURN n;
END
$$;
COMMENT ON FUNCTION audit_seal_rows(integer) IS 'Give committed rows their places in their boroughs'' chains; how many.';

CREATE FUNCTION audit_seal_all() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    LOOP
        EXIT WHEN audit_seal_rows() = 0;
    END LOOP;
END
$$;

-- ---- reading it ----

CREATE FUNCTION audit_json(a audit) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'id', a.id, 'at', a.at, 'kind', a.kind, 'method', a.method, 'specialist_id', a.actor,
        'by', specialist_name(a.actor), 'request_id', a.request_id, 'client_ids', to_jsonb(a.clients),
        'contact_ids', to_jsonb(a.contacts),
        'refusal', CASE a.refusal WHEN 7 THEN 'not allowed' WHEN 5 THEN 'not theirs' END,
        'seq', (SELECT s.seq FROM audit_seal s WHERE s.audit_id = a.id)));
END
$$;
COMMENT ON FUNCTION audit_json(audit) IS 'A row as message canvass.v1.AuditEntry.';

-- The chain as it ought to be, beside the chain as it is. Definer: a lead may know that the
-- borough's chain holds, not what others' rows say.
CREATE FUNCTION verify_audit(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_borough text := borough();
    known_seq bigint := nullif((request ->> 'known_seq')::bigint, 0);
    known_head text := lower(tidy(request ->> 'known_head'));
    head audit_seal;
    bad record;
    outside bigint;
BEGIN
    IF (known_seq IS NULL) <> (known_head IS NULL) THEN
        PERFORM fail('CV003', 'known_head', 'Give both the number and the head that you noted, or neither.');
    END IF;
    PERFORM audit_seal_all();
    SELECT * INTO head FROM audit_seal s WHERE s.borough_id = of_borough ORDER BY s.seq DESC LIMIT 1;
    SELECT c.seq, c.audit_id, (c.a).at AS at,
           CASE WHEN c.seq <> c.due THEN format('Number %s is missing from the chain.', c.due)
                WHEN (c.a).id IS NULL THEN format('Row %s, number %s of the chain, is gone.', c.audit_id, c.seq)
                ELSE format('Row %s does not read as it was sealed: it, or number %s of the chain, was changed.', c.audit_id, c.seq)
           END AS sentence
      INTO bad
      FROM (SELECT s.seq, s.audit_id, s.hash, a, lag(s.hash) OVER w AS before,
                   coalesce(lag(s.seq) OVER w, 0) + 1 AS due
              FROM audit_seal s LEFT JOIN audit a ON a.id = s.audit_id
             WHERE s.borough_id = of_borough
            WINDOW w AS (ORDER BY s.seq)) AS c
     WHERE c.seq <> c.due OR (c.a).id IS NULL OR c.hash <> audit_link(c.before, audit_line(c.a, c.seq))
     ORDER BY c.seq LIMIT 1;
    IF bad.seq IS NULL AND known_seq IS NOT NULL
       AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.borough_id = of_borough AND s.seq = known_seq
                          AND encode(s.hash, 'hex') = known_head) THEN
        SELECT known_seq AS seq, NULL::bigint AS audit_id, NULL::timestamptz AS at,
               format('Number %s does not have the head that you noted: the chain was written anew.', known_seq) AS sentence
          INTO bad;
    END IF;
    SELECT count(*) INTO outside FROM audit a
     WHERE a.borough_id = of_borough AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.audit_id = a.id)
       AND NOT EXISTS (SELECT FROM audit_pending p WHERE p.audit_id = a.id);
    IF bad.seq IS NULL AND outside > 0 THEN
        SELECT NULL::bigint AS seq, NULL::bigint AS audit_id, NULL::timestamptz AS at,
               format('%s rows stand outside the chain, as if they had been added or unsealed by hand.', outside) AS sentence
          INTO bad;
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'intact', bad.sentence IS NULL, 'rows', coalesce(head.seq, 0), 'head', encode(head.hash, 'hex'),
        'borough', (SELECT b.name FROM borough b WHERE b.id = of_borough),
        'sentence', coalesce(bad.sentence, format('All %s rows read as they were sealed.', coalesce(head.seq, 0))),
        'broken_seq', bad.seq, 'broken_id', bad.audit_id, 'broken_at', bad.at));
END
$$;
COMMENT ON FUNCTION verify_audit(jsonb) IS 'AuditService/VerifyAudit: the whole response.';

-- What a daemon signs: that the chain went through this hash, at this moment.
CREATE FUNCTION audit_statement(request jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    found jsonb := verify_audit('{}');
    wanted bigint := coalesce(nullif((request ->> 'seq')::bigint, 0), (found ->> 'rows')::bigint);
    head audit_seal;
BEGIN
    IF NOT (found ->> 'intact')::boolean THEN
        PERFORM fail('CV009', '', 'Nothing is signed: %s', found ->> 'sentence');
    END IF;
    SELECT * INTO head FROM audit_seal s WHERE s.borough_id = borough() AND s.seq = wanted;
    IF head.seq IS NULL THEN
        PERFORM fail('CV003', 'seq', 'The chain has no number %s; its last is %s.', wanted::text, found ->> 'rows');
    END IF;
    RETURN format(E'The audit of canvass, as it stands in the database and was found to hold\n'
                  'borough %s %s\nnumber %s\nhash %s\nsigned %s\n', head.borough_id, found ->> 'borough', head.seq,
                  encode(head.hash, 'hex'), to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
END
$$;
COMMENT ON FUNCTION audit_statement(jsonb) IS 'AuditService/SignHead: the statement. CV009 where the chain does not hold.';

GRANT EXECUTE ON FUNCTION saw(text, uuid), saw_client_ref(text), saw_visit(uuid), saw_contact(),
    audit_note(text, uuid), audit_refused(text, integer, uuid), audit_line(audit, bigint),
    audit_seal_rows(integer), audit_seal_all(), audit_json(audit), verify_audit(jsonb),
    audit_statement(jsonb) TO canvass_app;

COMMIT;
