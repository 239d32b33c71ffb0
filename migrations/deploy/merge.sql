-- Deploy canvass:merge to pg

-- Two rows of the registry that are one employer become one. Everything that hangs on the one moves
-- to the other, of every borough, and the row itself goes: no list, search or match needs to know of
-- merges. Its id stays known in employer_merge, and standing_employer() reads it, so that whoever
-- still holds the id, a phone without a connection above all, gets the employer that was kept.
--
-- What both have is put together, never thrown away:
--   the employer      what was kept stays; what is empty there is filled from the other
--   sites             the same postcode and address are one site
--   relationships     of the same borough: the deeper stage, the later visit with its stance, the
--                     earlier next touch with its step; who leads stays, or is the other's lead
--   blocks            where both are blocked, what was kept stays blocked, the other's is lifted
--   requests          for anybody whom a borough knows, by the same person: the one of what was kept
--   pairs             found to be two employers are so with the one that was kept
--   objections        hold at the one employer as they held at the other, and find the same person
--                     among the other's contacts
-- Contacts are not compared: two boroughs' notes of one person stay two, and are each one's own.
--
-- A specialist or a lead may merge: whoever stands at the door knows best that the two are one, it
-- is one step that they or their lead can take back, and every borough reads of it in the timeline.
-- An administrator sees no relationship or visit, and so cannot judge what a merge would put together.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE employer_merge (
    merged_id uuid CONSTRAINT employer_merge_pkey PRIMARY KEY,
    kept_id   uuid NOT NULL CONSTRAINT employer_merge_kept_known REFERENCES employer,
    -- As it was called.
    name      text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    by_id     uuid,
    by_name   text NOT NULL,
    CONSTRAINT employer_merge_another CHECK (merged_id <> kept_id)
);
CREATE INDEX employer_merge_kept ON employer_merge (kept_id);
COMMENT ON TABLE employer_merge IS 'Ids of employers that were merged into others, each naming the one that stands.';
COMMENT ON CONSTRAINT employer_merge_pkey ON employer_merge IS 'merge_id: This employer was merged already.';
COMMENT ON CONSTRAINT employer_merge_kept_known ON employer_merge IS 'keep_id: There is no such employer.';
COMMENT ON CONSTRAINT employer_merge_another ON employer_merge IS 'merge_id: An employer cannot be merged into itself.';
ALTER TABLE employer_merge ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON employer_merge TO canvass_owner USING (true);
CREATE POLICY network ON employer_merge FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON employer_merge TO canvass_app;
SELECT change_track('employer_merge', 'kept_id');

-- Every row of an employer can be found by it.
CREATE INDEX plan_employer ON plan (employer_id);
CREATE INDEX contact_request_employer ON contact_request (employer_id);
CREATE INDEX employer_block_employer ON employer_block (employer_id);
CREATE INDEX lesson_of_employer ON lesson (employer_id) WHERE employer_id IS NOT NULL;

-- ---- ids that were merged ----

-- Merges of merged employers are kept up, so one look is enough.
-- Not in SQL: a function there that holds a query is planned anew in every call, and its policies too.
CREATE FUNCTION standing_employer(given uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN coalesce((SELECT m.kept_id FROM canvass.employer_merge m WHERE m.merged_id = given), given);
END
$$;
COMMENT ON FUNCTION standing_employer(uuid) IS 'The employer that an id stands for: itself, or the one that it was merged into.';

CREATE FUNCTION standing_request(request jsonb, VARIADIC path text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    kept uuid;
BEGIN
    SELECT m.kept_id INTO kept FROM employer_merge m WHERE m.merged_id::text = lower(request #>> path);
    RETURN CASE WHEN kept IS NULL THEN request ELSE jsonb_set(request, path, to_jsonb(kept)) END;
END
$$;
COMMENT ON FUNCTION standing_request(jsonb, text[]) IS 'A request whose employer, at this path, is the one that stands.';

-- The row is held, so that what is written about it and a merge wait for each other: whoever comes
-- second sees what the first one left.
CREATE OR REPLACE FUNCTION employer_of(given text, field text) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    wanted uuid := given_id(given, field);
    found_id uuid;
BEGIN
    FOR try IN 1 .. 3 LOOP
        SELECT e.id INTO found_id FROM employer e WHERE e.id = standing_employer(wanted) FOR KEY SHARE;
        IF FOUND THEN
            RETURN found_id;
        END IF;
    END LOOP;
    PERFORM fail('CV005', field, 'There is no such employer.');
END
$$;

-- ---- visits move with their employer ----

-- The log says what it said; which row of the registry the employer is, is not part of it. So the
-- three ids that hang on that row may change, in a transaction that merges or takes a merge back.
CREATE FUNCTION visit_moves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF to_jsonb(NEW) - '{employer_id,site_id,contact_id}'::text[]
       <> to_jsonb(OLD) - '{employer_id,site_id,contact_id}'::text[]
       OR NOT EXISTS (SELECT FROM change c
                       WHERE c.xid = pg_current_xact_id() AND c.table_name = 'employer_merge') THEN
        PERFORM fail('CV009', '', 'What is in the log of visits stays as it is; put a visit right with '
                                  'a new one.');
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER append_only ON visit;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON visit
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only_moves BEFORE UPDATE ON visit
    FOR EACH ROW EXECUTE FUNCTION visit_moves();

-- ---- merging ----

-- An employer to be merged, locked; says what became of one that is not there.
CREATE FUNCTION employer_to_merge(given uuid, field text) RETURNS employer
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    e employer;
    m record;
BEGIN
    SELECT * INTO e FROM employer WHERE id = given FOR UPDATE;
    IF NOT FOUND THEN
        SELECT g.name, k.name AS kept, g.by_name, g.at INTO m
          FROM employer_merge g JOIN employer k ON k.id = g.kept_id WHERE g.merged_id = given;
        IF FOUND THEN
            PERFORM fail('CV009', field, '%s was merged into %s by %s %s; name that one, or take the merge back first.',
                         m.name, m.kept, m.by_name, said_when(m.at));
        END IF;
        PERFORM fail('CV005', field, 'There is no such employer.');
    END IF;
    RETURN e;
END
$$;

-- Sites of the other that are sites of the kept one as well; each once, the open and oldest first.
CREATE FUNCTION merge_twin_sites(kept uuid, other uuid, OUT site_id uuid, OUT twin_id uuid)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT DISTINCT ON (o.id) o.id, k.id
      FROM site o JOIN site k ON k.employer_id = merge_twin_sites.kept
       AND k.postcode IS NOT DISTINCT FROM o.postcode
       AND folded(array_to_string(k.address, ' ')) = folded(array_to_string(o.address, ' '))
       AND (o.postcode IS NOT NULL OR o.address <> '{}')
     WHERE o.employer_id = merge_twin_sites.other
     ORDER BY o.id, k.closed, k.created_at, k.id
$$;

-- What hangs on the other, and comes along, as far as the caller may see it: openings, contacts,
-- plans and the like of other boroughs move unseen.
CREATE FUNCTION merge_counts(kept uuid, other uuid) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_build_object(
        'sites', (SELECT count(*) FROM site WHERE employer_id = other),
        'sites_joined', (SELECT count(*) FROM merge_twin_sites(kept, other)),
        'contacts', (SELECT count(*) FROM contact WHERE employer_id = other AND borough_id = borough()),
        'relationships', (SELECT count(*) FROM relationship WHERE employer_id = other AND borough_id = borough()),
        'visits', (SELECT count(*) FROM standing_visit WHERE employer_id = other),
        'openings', (SELECT count(*) FROM opening o WHERE o.employer_id = other AND opening_is_seen(o)),
        'plans', (SELECT count(*) FROM plan WHERE employer_id = other AND borough_id = borough()
                     AND cancelled_at IS NULL AND visit_id IS NULL),
        'refs', (SELECT count(*) FROM employer_ref WHERE employer_id = other))
$$;

CREATE FUNCTION merge_sites(kept uuid, other uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    twins uuid[] := ARRAY(SELECT t.site_id FROM merge_twin_sites(kept, other) t ORDER BY t.site_id);
    stay uuid[] := ARRAY(SELECT t.twin_id FROM merge_twin_sites(kept, other) t ORDER BY t.site_id);
    child record;
BEGIN
    UPDATE site k
       SET name = coalesce(k.name, o.name), phone = coalesce(k.phone, o.phone),
           closed = k.closed AND o.all_closed, updated_at = now(), updated_by = actor(),
           updated_by_name = actor_name(), version = k.version + 1
      FROM (SELECT t.stay, (array_agg(s.name ORDER BY s.id) FILTER (WHERE s.name IS NOT NULL))[1] AS name,
                   (array_agg(s.phone ORDER BY s.id) FILTER (WHERE s.phone IS NOT NULL))[1] AS phone,
                   bool_and(s.closed) AS all_closed
              FROM unnest(twins, stay) AS t (twin, stay) JOIN site s ON s.id = t.twin
             GROUP BY t.stay) AS o
     WHERE k.id = o.stay AND (k.name IS NULL AND o.name IS NOT NULL OR k.phone IS NULL AND o.phone IS NOT NULL
                              OR k.closed AND NOT o.all_closed);
    -- Whatever has a site of an employer.
    FOR child IN SELECT c.conrelid::regclass AS name
                   FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attname = 'site_id'
                    AND a.attnum = ANY (c.conkey)
                  WHERE c.confrelid = 'site'::regclass AND c.contype = 'f' AND c.confdeltype = 'a'
                 UNION SELECT 'employer_ref'::regclass LOOP
        EXECUTE format('UPDATE %s c SET site_id = t.stay FROM unnest($1, $2) AS t (twin, stay) WHERE c.site_id = t.twin',
                       child.name) USING twins, stay;
    END LOOP;
    DELETE FROM site s WHERE s.id = ANY (twins);
    UPDATE site s SET employer_id = kept WHERE s.employer_id = other;
END
$$;

CREATE FUNCTION merge_relationships(kept uuid, other uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o relationship;
BEGIN
    FOR o IN DELETE FROM relationship r WHERE r.employer_id = other RETURNING r.* LOOP
        o.employer_id := kept;
        INSERT INTO relationship AS k SELECT o.*
            ON CONFLICT ON CONSTRAINT relationship_pkey DO UPDATE
            SET stage = greatest(k.stage, excluded.stage),
                lead_id = coalesce(k.lead_id, excluded.lead_id),
                stance = CASE WHEN excluded.stance IS NULL THEN k.stance
                              WHEN k.stance IS NULL OR excluded.last_visit_at > k.last_visit_at
                              THEN excluded.stance ELSE k.stance END,
                last_visit_at = greatest(k.last_visit_at, excluded.last_visit_at),
                next_touch_at = least(k.next_touch_at, excluded.next_touch_at),
                next_step = CASE WHEN k.next_touch_at IS NULL AND excluded.next_touch_at IS NULL
                                 THEN coalesce(k.next_step, excluded.next_step)
                                 WHEN k.next_touch_at <= excluded.next_touch_at OR excluded.next_touch_at IS NULL
                                 THEN k.next_step ELSE excluded.next_step END,
                updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
                version = greatest(k.version, excluded.version) + 1;
    END LOOP;
END
$$;

CREATE FUNCTION merge_objections(kept uuid, other uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    WITH gone AS (DELETE FROM objection o WHERE o.employer_id = other RETURNING o.*)
    INSERT INTO objection (employer_id, hash, contact_id, objected_on)
    SELECT kept, g.hash, g.contact_id, g.objected_on FROM gone g
        ON CONFLICT DO NOTHING;
    UPDATE contact c
       SET objected_on = o.objected_on, version = c.version + 1, updated_at = now(), updated_by = NULL,
           updated_by_name = 'an objection in another borough'
      FROM (SELECT k.id, min(j.objected_on) AS objected_on
              FROM contact k JOIN objection j ON j.employer_id = k.employer_id
               AND j.hash = ANY (person_hashes(k.name, k.phone, k.email))
             WHERE k.employer_id = kept AND k.objected_on IS NULL
             GROUP BY k.id) AS o
     WHERE c.id = o.id;
END
$$;

-- One block stands for one employer, and nobody asks the same borough twice.
CREATE FUNCTION merge_network(kept uuid, other uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    UPDATE employer_block b
       SET lifted_at = now(), lifted_by = actor(), lifted_by_name = actor_name(),
           lifted_reason = 'The employer was merged with another that had asked the same.'
     WHERE b.employer_id = merge_network.other AND b.lifted_at IS NULL
       AND EXISTS (SELECT FROM employer_block k WHERE k.employer_id = kept AND k.lifted_at IS NULL);
    DELETE FROM contact_request r USING contact_request k
     WHERE r.employer_id = merge_network.other AND k.employer_id = kept
       AND num_nonnulls(r.contact_id, k.contact_id, r.answered_at, k.answered_at) = 0
       AND k.asked_by = r.asked_by AND k.owner_id = r.owner_id;
END
$$;

CREATE FUNCTION merge_dismissals(kept uuid, other uuid) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = canvass, pg_temp
AS $$
    WITH gone AS (DELETE FROM not_duplicate d WHERE merge_dismissals.other IN (d.one, d.other)
                  RETURNING d.*, CASE WHEN d.one = merge_dismissals.other THEN d.other ELSE d.one END AS third)
    INSERT INTO not_duplicate (one, other, at, by, by_name)
    SELECT least(kept, g.third), greatest(kept, g.third), g.at, g.by, g.by_name FROM gone g WHERE g.third <> kept
        ON CONFLICT DO NOTHING
$$;

-- What is empty is filled in.
CREATE FUNCTION merge_fields(kept uuid, o employer) RETURNS employer
LANGUAGE sql VOLATILE
SET search_path = canvass, pg_temp
AS $$
    UPDATE employer k
       SET trading_as = coalesce(k.trading_as, o.trading_as),
           company_number = coalesce(k.company_number, o.company_number),
           sic = coalesce(k.sic, o.sic), website = coalesce(k.website, o.website),
           phone = coalesce(k.phone, o.phone),
           staff = CASE k.staff WHEN 0 THEN o.staff ELSE k.staff END,
           disability_confident = coalesce(k.disability_confident, o.disability_confident),
           disability_confident_until = CASE WHEN k.disability_confident IS NULL
                                             THEN o.disability_confident_until
                                             ELSE k.disability_confident_until END,
           living_wage = k.living_wage OR o.living_wage,
           living_wage_until = CASE WHEN k.living_wage THEN k.living_wage_until ELSE o.living_wage_until END,
           about = CASE WHEN char_length(k.about || E'\n' || o.about) <= 4000 AND k.about <> o.about
                        THEN k.about || E'\n' || o.about ELSE coalesce(k.about, o.about) END,
           refs = k.refs || o.refs,
           open_sites = (SELECT count(*) FROM site s WHERE s.employer_id = k.id AND NOT s.closed),
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = k.version + 1
     WHERE k.id = kept
    RETURNING k.*
$$;

CREATE FUNCTION merge_employers(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    keep_id uuid := given_id(request ->> 'keep_id', 'keep_id');
    merge_id uuid := given_id(request ->> 'merge_id', 'merge_id');
    kept employer;
    other employer;
    moved jsonb;
    child record;
BEGIN
    IF NOT has_role('specialist', 'lead') THEN
        PERFORM fail('CV007', '', 'Merging is for specialists and leads.');
    ELSIF keep_id = merge_id THEN
        PERFORM fail('CV003', 'merge_id', 'An employer cannot be merged into itself; name the other one.');
    END IF;
    -- No row of a list is on its way to either of them; and of two merges that cross, the second one
    -- finds what the first one left.
    PERFORM pg_advisory_xact_lock(hashtextextended('canvass.import_employers', 0));
    PERFORM FROM employer e WHERE e.id IN (keep_id, merge_id) ORDER BY e.id FOR UPDATE;
    kept := employer_to_merge(keep_id, 'keep_id');
    other := employer_to_merge(merge_id, 'merge_id');
    IF kept.company_number <> other.company_number THEN
        PERFORM fail('CV009', 'merge_id', '%s has the company number %s and %s has %s: these are two companies. '
                     'If one number is wrong, put it right first.',
                     kept.name, kept.company_number, other.name, other.company_number);
    ELSIF kept.open_sites = 0 AND other.open_sites > 0
          AND EXISTS (SELECT FROM site s WHERE s.employer_id = keep_id) THEN
        PERFORM fail('CV009', 'keep_id', '%s is closed: none of its sites is open. Keep %s instead.',
                     kept.name, other.name);
    END IF;
    moved := merge_counts(keep_id, merge_id);

    SET CONSTRAINTS ALL DEFERRED;
    INSERT INTO employer_merge (merged_id, kept_id, name, by_id, by_name)
        VALUES (merge_id, keep_id, other.name, actor(), actor_name());
    UPDATE employer_merge m SET kept_id = keep_id WHERE m.kept_id = merge_id;
    PERFORM merge_sites(keep_id, merge_id);
    PERFORM merge_relationships(keep_id, merge_id);
    PERFORM merge_dismissals(keep_id, merge_id);
    PERFORM merge_network(keep_id, merge_id);
    -- Whatever else names an employer.
    FOR child IN SELECT c.conrelid::regclass AS name
                   FROM pg_constraint c
                  WHERE c.confrelid = 'employer'::regclass AND c.contype = 'f' AND c.confdeltype = 'a'
                    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid
                                   AND a.attname = 'employer_id' AND c.conkey = ARRAY[a.attnum])
                    AND c.conrelid NOT IN ('site'::regclass, 'relationship'::regclass, 'objection'::regclass)
                 UNION SELECT 'employer_ref'::regclass LOOP
        EXECUTE format('UPDATE %s SET employer_id = $1 WHERE employer_id = $2', child.name)
          USING keep_id, merge_id;
    END LOOP;
    PERFORM merge_objections(keep_id, merge_id);
    DELETE FROM employer e WHERE e.id = merge_id;
    kept := merge_fields(keep_id, other);
    UPDATE site s SET words = site_words(kept.name, kept.trading_as, s.name, s.address, s.borough_id, s.postcode)
     WHERE s.employer_id = keep_id
       AND s.words <> site_words(kept.name, kept.trading_as, s.name, s.address, s.borough_id, s.postcode);
    SET CONSTRAINTS ALL IMMEDIATE;
    RETURN jsonb_build_object('employer', employer_json(kept), 'moved', moved);
END
$$;
COMMENT ON FUNCTION merge_employers(jsonb) IS 'MergeEmployersRequest -> MergeEmployersResponse.';

GRANT EXECUTE ON FUNCTION standing_employer(uuid), standing_request(jsonb, text[]),
    merge_employers(jsonb) TO canvass_app;

COMMIT;
