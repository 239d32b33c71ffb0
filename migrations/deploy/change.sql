-- Deploy canvass:change to pg

-- What became of every row of the business tables: who, when, by which request, what stood before
-- and what stands after. One trigger function writes it, once a statement, from what the statement
-- changed. History, undo and whoever watches read it.
--
-- A change says who may read its values: borough_id, that borough alone; team_id, that team alone
-- (a client's rows); both NULL, the network. An opening's are its borough's while it was that
-- borough's alone before or after the change. Whoever watches asks the row itself who may see it
-- now: an opening that was put on the network is news for others, its earlier notes are not.
--
-- old and new hold what an update changed. A deleted row stands whole in old. An inserted row
-- stands in new if the statement inserted a few; of a list that is imported the rows speak for
-- themselves, and new is NULL. An update or delete without old was forgotten (below).

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE change_op AS ENUM ('insert', 'update', 'delete');

-- The tables whose rows are kept, by change_track(). Expressions speak of a row as r.
CREATE TABLE change_table (
    name     text COLLATE "C" PRIMARY KEY,
    -- Rows of a later place refer to rows of an earlier one.
    place    integer GENERATED ALWAYS AS IDENTITY,
    -- The primary key. No function changes a key: such a row is another row.
    key      text[] NOT NULL,
    row_id   text NOT NULL,
    row_key  text NOT NULL,
    employer text NOT NULL,
    client   text NOT NULL,
    borough  text NOT NULL,
    team     text NOT NULL
);
COMMENT ON TABLE change_table IS 'Whose rows change keeps: how a row is known, what it hangs on, whose eyes it is for.';

CREATE TABLE change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at          timestamptz NOT NULL DEFAULT now(),
    -- NULL where nobody called: whoever set the database up.
    actor       uuid,
    actor_name  text,
    request_id  uuid,
    table_name  text COLLATE "C" NOT NULL,
    op          change_op NOT NULL,
    -- The first column of the key if it is an id; the rest of the key as text, with ":" between.
    row_id      uuid,
    row_key     text COLLATE "C",
    employer_id uuid,
    client_id   uuid,
    borough_id  text COLLATE "C",
    team_id     uuid,
    old         jsonb,
    new         jsonb
);
CREATE INDEX change_xid ON change (xid);
CREATE INDEX change_row ON change (row_id, row_key, id);
CREATE INDEX change_employer ON change (employer_id, id) WHERE employer_id IS NOT NULL;
CREATE INDEX change_client ON change (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX change_request ON change (request_id);
CREATE INDEX change_actor ON change (actor, id);
COMMENT ON TABLE change IS 'What became of every row of the tables in change_table, in order. The application reads it behind its policy and never writes it.';
COMMENT ON COLUMN change.request_id IS 'Of the call, or of the whole import that the call was a part of.';

-- ---- the request that changes are written under ----

-- A list is imported by many calls. What they change is written under the one id that all of them
-- name, so that history shows, and undo takes back, the import.
CREATE FUNCTION as_one_import(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF coalesce(request ->> 'import_id', '') <> '' THEN
        PERFORM set_config('canvass.request', given_id(request ->> 'import_id', 'import_id')::text, true);
    END IF;
    RETURN request;
END
$$;
COMMENT ON FUNCTION as_one_import(jsonb) IS 'The request of an import, whose changes are now written under its import_id: CV003.';

-- ---- keeping ----

-- Statements that insert more rows than this leave the rows to speak for themselves.
CREATE FUNCTION change_few() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 20;

CREATE FUNCTION change_keep() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    t change_table;
    from_rows text;
    borough text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM old_rows) THEN
            RETURN NULL;
        END IF;
        from_rows := 'SELECT r.*, to_jsonb(r) AS "old row", NULL::jsonb AS "new row" FROM old_rows r';
    ELSIF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        from_rows := CASE WHEN (SELECT count(*) FROM new_rows) <= change_few()
                          THEN 'SELECT r.*, NULL::jsonb AS "old row", jsonb_strip_nulls(to_jsonb(r)) AS "new row" FROM new_rows r'
                          ELSE 'SELECT r.*, NULL::jsonb AS "old row", NULL::jsonb AS "new row" FROM new_rows r' END;
    END IF;
    SELECT * INTO STRICT t FROM change_table WHERE name = TG_TABLE_NAME;
    borough := t.borough;
    IF TG_OP = 'UPDATE' THEN
        borough := format('coalesce(%s, r."old borough")', t.borough);
        from_rows := format(
            'SELECT r.*, %s AS "old borough", d."old row", d."new row"
               FROM new_rows r JOIN old_rows o USING (%s)
              CROSS JOIN LATERAL (
                   SELECT jsonb_object_agg(a.key, a.value) AS "old row",
                          jsonb_object_agg(a.key, to_jsonb(r) -> a.key) AS "new row"
                     FROM jsonb_each(to_jsonb(o)) AS a
                    WHERE a.value IS DISTINCT FROM to_jsonb(r) -> a.key) AS d
              WHERE d."old row" IS NOT NULL',
            replace(t.borough, 'r.', 'o.'),
            (SELECT string_agg(quote_ident(k), ', ') FROM unnest(t.key) AS k));
    END IF;
    EXECUTE format(
        'INSERT INTO change (actor, actor_name, request_id, table_name, op, row_id, row_key,
                             employer_id, client_id, borough_id, team_id, old, new)
         SELECT $1, $2, $3, %L, %L, %s, %s, %s, %s, %s, %s, r."old row", r."new row" FROM (%s) AS r',
        t.name, lower(TG_OP), t.row_id, t.row_key, t.employer, t.client, borough, t.team, from_rows)
      USING actor(), actor_name(), current_request();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION change_keep() IS 'Keep what a statement changed.';

-- Keep the changes of a table from now on: the owner's call, in the migration that makes the table.
-- employer, client: the columns that name them; borough, team: whose eyes the row is for, as
-- expressions of a row r. NULL where there is none.
CREATE FUNCTION change_track(name text, employer text DEFAULT NULL, client text DEFAULT NULL,
                             borough text DEFAULT NULL, team text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    keys text[];
    is_id boolean;
    op text;
    foreign_key record;
BEGIN
    SELECT array_agg(a.attname::text ORDER BY k.n), bool_or(a.atttypid = 'uuid'::regtype AND k.n = 1)
      INTO STRICT keys, is_id
      FROM pg_constraint c
     CROSS JOIN unnest(c.conkey) WITH ORDINALITY AS k (attnum, n)
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
     WHERE c.conrelid = change_track.name::regclass AND c.contype = 'p';
    INSERT INTO change_table (name, key, row_id, row_key, employer, client, borough, team)
        VALUES (change_track.name, keys, CASE WHEN is_id THEN 'r.' || keys[1] ELSE 'NULL::uuid' END,
            coalesce((SELECT string_agg(format('r.%I::text', k.k), ' || '':'' || ' ORDER BY k.n)
                        FROM unnest(keys) WITH ORDINALITY AS k (k, n)
                       WHERE NOT is_id OR k.n > 1), 'NULL::text'),
            coalesce('r.' || employer, 'NULL::uuid'), coalesce('r.' || client, 'NULL::uuid'),
            coalesce(borough, 'NULL::text'), coalesce(team, 'NULL::uuid'));
    FOREACH op IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
        EXECUTE format(
            'CREATE TRIGGER change_%s AFTER %s ON %I REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION change_keep()',
            op, op, change_track.name,
            CASE op WHEN 'insert' THEN 'NEW TABLE AS new_rows'
                    WHEN 'delete' THEN 'OLD TABLE AS old_rows'
                    ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END);
    END LOOP;
    -- What moves several rows together, and undo, look at references when all is in its place.
    FOR foreign_key IN SELECT c.conname FROM pg_constraint c
                        WHERE c.conrelid = change_track.name::regclass AND c.contype = 'f'
                          AND c.confrelid IN (SELECT to_regclass(t.name) FROM change_table t) LOOP
        EXECUTE format('ALTER TABLE %I ALTER CONSTRAINT %I DEFERRABLE INITIALLY IMMEDIATE',
                       change_track.name, foreign_key.conname);
    END LOOP;
END
$$;
COMMENT ON FUNCTION change_track(text, text, text, text, text) IS
    'Keep the changes of a table. Call it after those of the tables that it refers to.';

SELECT change_track('employer', 'id'),
       change_track('site', 'employer_id'),
       change_track('employer_ref', 'employer_id'),
       change_track('contact', 'employer_id', borough => 'r.borough_id'),
       change_track('objection', 'employer_id'),
       change_track('relationship', 'employer_id', borough => 'r.borough_id'),
       change_track('opening', 'employer_id', borough => 'CASE WHEN NOT r.network THEN r.borough_id END'),
       change_track('not_duplicate', 'one'),
       -- Asking is the asker's, answering the owner's.
       change_track('contact_request', 'employer_id',
                    borough => 'CASE WHEN r.answered_at IS NULL THEN r.borough_id ELSE r.owner_id END'),
       change_track('contact_share', 'employer_id', borough => 'r.borough_id'),
       change_track('contact_use', 'employer_id', borough => 'r.owner_id'),
       change_track('employer_block', 'employer_id'),
       change_track('cool_off', 'employer_id'),
       -- The network reads lessons, not what became of them: a text that was withdrawn is nobody's.
       change_track('lesson', 'employer_id', borough => 'r.borough_id'),
       change_track('lesson_mark'),
       change_track('client', client => 'id', team => 'r.team_id');
SELECT change_track(t, client => 'client_id',
                    team => '(SELECT c.team_id FROM client c WHERE c.id = r.client_id)')
  FROM unnest(ARRAY['client_occupation', 'client_wishes', 'client_constraints', 'client_unavailable',
                    'client_pause']) AS t;
SELECT change_track('visit', 'employer_id', borough => 'r.borough_id'),
       change_track('visit_client', client => 'client_id',
                    team => '(SELECT c.team_id FROM client c WHERE c.id = r.client_id)'),
       change_track('plan', 'employer_id', borough => 'r.borough_id'),
       change_track('plan_client', client => 'client_id',
                    team => '(SELECT c.team_id FROM client c WHERE c.id = r.client_id)');
SELECT change_track('disclosure', 'employer_id', 'client_id', team => 'r.team_id'),
       change_track('trial', 'employer_id', 'client_id', team => 'r.team_id'),
       change_track('job', 'employer_id', 'client_id', team => 'r.team_id'),
       change_track('job_terms', client => 'client_id',
                    team => '(SELECT c.team_id FROM client c WHERE c.id = r.client_id)'),
       change_track('lost_shift', client => 'client_id',
                    team => '(SELECT c.team_id FROM client c WHERE c.id = r.client_id)'),
       change_track('support', client => 'client_id', team => 'r.team_id');

-- ---- who reads them ----

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['change', 'change_table'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;
-- As the tables' own policies: the registry is anybody's who calls; the rest a specialist's or a
-- lead's, of the borough or team that the row is for. Objections are looked up, never read.
CREATE FUNCTION change_seen(table_name text, borough_id text, team_id uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN canvass.actor() IS NOT NULL AND table_name <> 'objection'
       AND (borough_id IS NULL OR borough_id = canvass.borough())
       AND (team_id IS NULL OR team_id = canvass.team())
       AND (table_name IN ('employer', 'site', 'employer_ref', 'employer_merge', 'not_duplicate')
            OR canvass.has_role('specialist', 'lead'));
COMMENT ON FUNCTION change_seen(text, text, uuid) IS 'Whether the caller may read a change of this table, borough and team.';
CREATE POLICY seen ON change FOR SELECT TO canvass_app
    USING (canvass.change_seen(table_name, borough_id, team_id));
GRANT SELECT ON change TO canvass_app;

-- ---- forgetting ----

-- What discharge takes away stays away, and so does what was kept of it: that something changed
-- remains, what it was does not.
CREATE FUNCTION change_forget_client(client uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
    UPDATE change c SET old = NULL, new = NULL
     WHERE c.client_id = change_forget_client.client AND num_nonnulls(c.old, c.new) > 0
$$;
COMMENT ON FUNCTION change_forget_client(uuid) IS 'Forget what a client''s rows held. For the owner.';

CREATE FUNCTION change_forget_discharged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM change_forget_client(NEW.id);
    RETURN NULL;
END
$$;
-- Deferred: the changes of the discharge itself are forgotten with the others.
CREATE CONSTRAINT TRIGGER change_forget AFTER UPDATE OF status ON client
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status = 'discharged' AND OLD.status <> 'discharged')
    EXECUTE FUNCTION change_forget_discharged();

GRANT EXECUTE ON FUNCTION as_one_import(jsonb), change_seen(text, text, uuid) TO canvass_app;

COMMIT;
