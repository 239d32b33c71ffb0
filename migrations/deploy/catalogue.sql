-- Deploy canvass:catalogue to pg

-- What the matcher of each daemon holds of the open openings, and how it follows them. A row of
-- catalogue_change says that something about an opening, or about an employer and all its openings,
-- was changed, and by which transaction. A follower keeps the snapshot S of its last look and reads
-- what S did not see; neither a number that grows nor a time would do, since transactions do not
-- commit in the order in which they began. Rows that every follower of the last ten minutes has
-- seen are deleted; one that is further behind is told to load again.
--
-- Views and functions are for the daemon, before any caller is named: they read as the owner and
-- give ids, places, codes, hours and pay, each with the audience that may see it; no name, title or
-- note. The daemon shows what a match found only after asking for it again under the caller's own
-- rights.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- who may see an opening, and how a borough stands with an employer ----

CREATE FUNCTION borough_audience(borough_id text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rpad(encode(borough_id::bytea, 'hex'), 32, '20')::uuid;
COMMENT ON FUNCTION borough_audience(text) IS 'The audience of what one borough alone sees: its GSS code as 16 bytes.';

-- A set of boroughs is an audience with an id of its own, which depends on nothing but the set, so
-- that the matcher of every daemon can tell by numbers alone which openings a caller may be shown.
CREATE TABLE audience (
    id       uuid PRIMARY KEY,
    boroughs text[] COLLATE "C" NOT NULL
);
COMMENT ON TABLE audience IS 'Sets of boroughs that openings were ever named for: few, and none is ever taken away.';
ALTER TABLE audience ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON audience TO canvass_owner USING (true);
CREATE INDEX audience_boroughs ON audience USING gin (boroughs);

CREATE FUNCTION audience_of(boroughs text[]) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(array_to_string(ARRAY(SELECT DISTINCT b COLLATE "C" AS b FROM unnest(boroughs) AS b ORDER BY b), ' '))::uuid;
COMMENT ON FUNCTION audience_of(text[]) IS 'The id of a set of boroughs, in whatever order they are given.';

-- NULL for the network; one borough alone is a set as well, with an id that can be read.
CREATE FUNCTION opening_audience(o opening) RETURNS uuid
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN o.network THEN NULL
            WHEN o.seen_by = '{}' THEN borough_audience(o.borough_id)
            ELSE audience_of(o.seen_by || o.borough_id) END;
COMMENT ON FUNCTION opening_audience(opening) IS 'The audience that may see an opening; NULL: the whole network.';

CREATE FUNCTION audience_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    INSERT INTO audience (id, boroughs)
        VALUES (audience_of(NEW.seen_by || NEW.borough_id), NEW.seen_by || NEW.borough_id)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER audience AFTER INSERT OR UPDATE OF seen_by, borough_id ON opening FOR EACH ROW
    WHEN (NEW.seen_by <> '{}') EXECUTE FUNCTION audience_note();

-- What a matcher is told of who asks: beside the network, the caller sees the openings of these.
CREATE FUNCTION caller_audiences() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN ARRAY(SELECT borough_audience(borough()) WHERE borough() IS NOT NULL
                 UNION ALL
                 (SELECT a.id FROM audience a WHERE a.boroughs @> ARRAY[borough()] ORDER BY a.id));
END
$$;
COMMENT ON FUNCTION caller_audiences() IS 'The audiences that the caller belongs to, beside the whole network; the own borough first.';

CREATE FUNCTION caller_audiences_packed() RETURNS bytea
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT string_agg(uuid_send(a), ''::bytea ORDER BY i)
              FROM unnest(caller_audiences()) WITH ORDINALITY AS x (a, i));
END
$$;
COMMENT ON FUNCTION caller_audiences_packed() IS 'The audiences that the caller belongs to, 16 bytes each; the own borough''s first.';

-- Beside the list: to work them out took half of the time in which a follower loads.
ALTER TABLE opening ADD COLUMN feature_bits integer GENERATED ALWAYS AS (feature_bits(features)) STORED;

-- Each view is read by the daemon as it is, and only while no caller is named: a function that
-- returned the rows would keep them all first, and take three times as long. Openings are read in
-- ranges of the table's blocks (at), the others by their keys (daemon/service/loader.h says why).
-- Sub-selects are worked out once a statement and not once a row.

-- As the policy "seen" of opening; tests/sql/catalogue.sql holds the two together. Openings whose
-- closing date is past are left out: the catalogue is of a day, and is loaded anew on the next.
CREATE VIEW catalogue_job AS
    SELECT o.ctid AS at, o.id, o.employer_id, o.site_id, opening_audience(o) AS audience,
           o.hidden, o.places, o.starts_on, o.closes_on, o.soc, o.hours_min_tenths,
           o.hours_max_tenths, o.pay_pence_hour, o.shift_bits, o.driving, o.check_level,
           o.feature_bits AS features, o.permanent, o.expected_weeks, o.trial
      FROM opening o
     WHERE o.closed_at IS NULL AND coalesce(o.closes_on, 'infinity') >= (SELECT london_today())
       AND (SELECT actor() IS NULL);
COMMENT ON VIEW catalogue_job IS 'The open openings of all boroughs, as they are themselves, for the daemon.';

CREATE VIEW catalogue_employer AS
    SELECT e.id, e.sic,
           e.living_wage AND coalesce(e.living_wage_until, 'infinity') >= (SELECT london_today()) AS living_wage,
           CASE WHEN coalesce(e.disability_confident_until, 'infinity') >= (SELECT london_today())
                THEN e.disability_confident END AS disability_confident
      FROM employer e
     WHERE e.blocked_on IS NULL AND (SELECT actor() IS NULL);
COMMENT ON VIEW catalogue_employer IS 'What employers bring to their openings, for the daemon; without those that asked not to be contacted, and so without their openings.';

CREATE VIEW catalogue_place AS
    SELECT s.id, s.easting, s.northing
      FROM site s
     WHERE s.easting IS NOT NULL AND (SELECT actor() IS NULL);
COMMENT ON VIEW catalogue_place IS 'Where sites are, for the daemon.';

CREATE VIEW catalogue_relation AS
    SELECT r.employer_id, r.borough_id, borough_audience(r.borough_id) AS audience,
           r.stance, coalesce(array_position(enum_range(NULL::stage), r.stage), 0) AS level
      FROM relationship r
     WHERE (SELECT actor() IS NULL);
COMMENT ON VIEW catalogue_relation IS 'How each borough stands with employers, for the daemon: stance, and depth from 1 to 5.';

CREATE VIEW catalogue_opening AS
    SELECT j.id, j.employer_id, j.site_id, j.audience, j.hidden, j.places, j.starts_on, j.closes_on,
           j.soc, j.hours_min_tenths, j.hours_max_tenths, j.pay_pence_hour, j.shift_bits, j.driving,
           j.check_level, j.features, j.permanent, j.expected_weeks, j.trial, e.sic, e.living_wage,
           e.disability_confident, p.easting, p.northing
      FROM catalogue_job j
      JOIN catalogue_employer e ON e.id = j.employer_id
      LEFT JOIN catalogue_place p ON p.id = j.site_id;
COMMENT ON VIEW catalogue_opening IS 'The open openings of all boroughs as the matcher knows them.';

CREATE FUNCTION catalogue_blocks() RETURNS integer
LANGUAGE sql STABLE
RETURN (pg_relation_size('canvass.opening') / current_setting('block_size')::integer)::integer;
COMMENT ON FUNCTION catalogue_blocks() IS 'How many blocks of openings there are to read.';

-- ---- what changed ----

CREATE TABLE catalogue_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    opening_id  uuid,
    employer_id uuid,
    borough_id  text COLLATE "C",
    CONSTRAINT catalogue_change_one CHECK (num_nonnulls(opening_id, employer_id) = 1),
    CONSTRAINT catalogue_change_relation CHECK (borough_id IS NULL OR employer_id IS NOT NULL)
);
CREATE INDEX catalogue_change_xid ON catalogue_change (xid);
COMMENT ON TABLE catalogue_change IS 'What followers have yet to read: an opening, an employer with all its openings, or, with a borough, their relationship.';

CREATE TABLE catalogue_kept (
    the_one      boolean PRIMARY KEY DEFAULT true CHECK (the_one),
    purged_below xid8 NOT NULL,
    next_below   xid8 NOT NULL,
    next_at      timestamptz NOT NULL
);
COMMENT ON TABLE catalogue_kept IS 'Changes of transactions before purged_below are deleted; before next_below, they will be at next_at.';
INSERT INTO catalogue_kept (purged_below, next_below, next_at)
    SELECT x, x, now() FROM pg_snapshot_xmin(pg_current_snapshot()) AS x;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['catalogue_change', 'catalogue_kept'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;

-- Whoever writes writes these, too.
CREATE FUNCTION catalogue_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'opening' THEN
        INSERT INTO catalogue_change (opening_id) VALUES (coalesce(NEW.id, OLD.id));
    WHEN 'employer' THEN
        INSERT INTO catalogue_change (employer_id) VALUES (NEW.id);
    WHEN 'site' THEN
        INSERT INTO catalogue_change (employer_id) VALUES (NEW.employer_id);
    WHEN 'relationship' THEN
        INSERT INTO catalogue_change (employer_id, borough_id)
            VALUES (coalesce(NEW.employer_id, OLD.employer_id),
                    coalesce(NEW.borough_id, OLD.borough_id));
    END CASE;
    RETURN NULL;
END
$$;
CREATE TRIGGER catalogue AFTER INSERT OR UPDATE OR DELETE ON opening FOR EACH ROW
    EXECUTE FUNCTION catalogue_note();
CREATE TRIGGER catalogue AFTER UPDATE ON employer FOR EACH ROW
    WHEN ((OLD.sic, OLD.living_wage, OLD.living_wage_until, OLD.disability_confident, OLD.disability_confident_until, OLD.blocked_on)
          IS DISTINCT FROM
          (NEW.sic, NEW.living_wage, NEW.living_wage_until, NEW.disability_confident, NEW.disability_confident_until, NEW.blocked_on))
    EXECUTE FUNCTION catalogue_note();
CREATE TRIGGER catalogue AFTER UPDATE ON site FOR EACH ROW
    WHEN ((OLD.easting, OLD.northing) IS DISTINCT FROM (NEW.easting, NEW.northing))
    EXECUTE FUNCTION catalogue_note();
CREATE TRIGGER catalogue AFTER INSERT OR DELETE ON relationship FOR EACH ROW
    EXECUTE FUNCTION catalogue_note();
CREATE TRIGGER catalogue_changed AFTER UPDATE ON relationship FOR EACH ROW
    WHEN ((OLD.stage, OLD.stance) IS DISTINCT FROM (NEW.stage, NEW.stance))
    EXECUTE FUNCTION catalogue_note();

-- A row trigger sees no TRUNCATE.
CREATE FUNCTION catalogue_note_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    -- every follower is behind this
    UPDATE catalogue_kept SET purged_below = (pg_current_xact_id()::text::bigint + 1)::text::xid8;
    RETURN NULL;
END
$$;
CREATE TRIGGER catalogue_truncate AFTER TRUNCATE ON opening EXECUTE FUNCTION catalogue_note_truncate();
CREATE TRIGGER catalogue_truncate AFTER TRUNCATE ON relationship EXECUTE FUNCTION catalogue_note_truncate();

-- ---- for followers ----
--
-- Most of the changes kept were seen by everybody: the index finds that nothing is new, which the
-- planner cannot know of a snapshot that it is not told.

CREATE FUNCTION catalogue_check(seen pg_snapshot) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF pg_snapshot_xmin(seen) < (SELECT purged_below FROM catalogue_kept) THEN
        PERFORM fail('CV009', 'snapshot', 'This follower is too far behind: load again.');
    END IF;
END
$$;
COMMENT ON FUNCTION catalogue_check(pg_snapshot) IS 'Refuse a snapshot after which changes were deleted: CV009.';

CREATE FUNCTION catalogue_changes(seen pg_snapshot) RETURNS SETOF catalogue_change
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.* FROM catalogue_change c
     WHERE c.xid >= pg_snapshot_xmin(seen) AND NOT pg_visible_in_snapshot(c.xid, seen);
END;

-- VACUUM FULL writes a table anew, with rows in other blocks, between two ranges of a load.
CREATE FUNCTION catalogue_epoch() RETURNS text
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN concat_ws('/', left(pg_walfile_name(pg_current_wal_lsn()), 8), canvass.london_today(),
        pg_relation_filenode('canvass.opening'));
END
$$;
COMMENT ON FUNCTION catalogue_epoch() IS 'The server''s timeline, the day and the file of openings: with another one, rows may have changed without a trace.';

-- One look: where the server stands, and whether there is anything to read since @seen; NULL to
-- begin with.
CREATE FUNCTION catalogue_look(seen text, OUT snapshot text, OUT epoch text, OUT changed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    snapshot := pg_current_snapshot();
    epoch := catalogue_epoch();
    IF seen IS NULL THEN
        changed := true;
    ELSE
        PERFORM catalogue_check(seen::pg_snapshot);
        changed := EXISTS (SELECT FROM catalogue_changes(seen::pg_snapshot));
    END IF;
END
$$;
COMMENT ON FUNCTION catalogue_look(text) IS 'The present snapshot, and whether it shows more than the one given: CV009.';

-- For a caller's batch, which a follower that is behind must not fail.
CREATE FUNCTION catalogue_is_in_step(seen text, epoch text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN epoch = catalogue_epoch()
       AND pg_snapshot_xmin(seen::pg_snapshot) >= (SELECT k.purged_below FROM catalogue_kept k)
       AND NOT EXISTS (SELECT FROM catalogue_changes(seen::pg_snapshot));
END
$$;
COMMENT ON FUNCTION catalogue_is_in_step(text, text) IS 'Whether a catalogue of this snapshot and epoch lacks nothing that was committed by now.';

-- Those that are no longer open come as an id alone.
CREATE FUNCTION catalogue_openings_since(seen text) RETURNS SETOF catalogue_opening
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM catalogue_check(seen::pg_snapshot);
    RETURN QUERY
        WITH changed AS (
            SELECT c.opening_id AS id FROM catalogue_changes(seen::pg_snapshot) c
             WHERE c.opening_id IS NOT NULL
            UNION
            SELECT o.id FROM catalogue_changes(seen::pg_snapshot) c
              JOIN opening o ON o.employer_id = c.employer_id AND c.borough_id IS NULL)
        SELECT c.id, o.employer_id, o.site_id, o.audience, o.hidden, o.places, o.starts_on,
               o.closes_on, o.soc, o.hours_min_tenths, o.hours_max_tenths, o.pay_pence_hour,
               o.shift_bits, o.driving, o.check_level, o.features, o.permanent, o.expected_weeks,
               o.trial, o.sic, o.living_wage, o.disability_confident, o.easting, o.northing
          FROM changed c LEFT JOIN catalogue_opening o ON o.id = c.id;
END
$$;
COMMENT ON FUNCTION catalogue_openings_since(text) IS 'What became of the openings that changed after a snapshot: CV009.';

-- Also those of employers whose openings changed: a catalogue forgets who has none.
CREATE FUNCTION catalogue_relations_since(seen text)
RETURNS TABLE (employer_id uuid, audience uuid, stance stance, level integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM catalogue_check(seen::pg_snapshot);
    RETURN QUERY
        SELECT c.employer_id, borough_audience(c.borough_id), r.stance,
               coalesce(r.level, 0)
          FROM (SELECT DISTINCT g.employer_id, g.borough_id
                  FROM catalogue_changes(seen::pg_snapshot) g
                 WHERE g.borough_id IS NOT NULL) c
          LEFT JOIN catalogue_relation r
                 ON r.employer_id = c.employer_id AND r.borough_id = c.borough_id
        UNION
        SELECT r.employer_id, r.audience, r.stance, r.level
          FROM catalogue_changes(seen::pg_snapshot) c
          JOIN opening o ON o.id = c.opening_id
          JOIN catalogue_relation r ON r.employer_id = o.employer_id;
END
$$;
COMMENT ON FUNCTION catalogue_relations_since(text) IS 'The relationships that changed, and those of employers whose openings did: CV009.';

-- Delete what no follower of the last ten minutes has yet to read. Followers call it now and then;
-- all but one at a time do nothing.
CREATE FUNCTION catalogue_tidy() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    k catalogue_kept;
BEGIN
    SELECT * INTO k FROM catalogue_kept WHERE next_at <= now() FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM catalogue_change WHERE xid < k.next_below;
    UPDATE catalogue_kept
       SET purged_below = greatest(purged_below, k.next_below),
           next_below = pg_snapshot_xmin(pg_current_snapshot()),
           next_at = now() + interval '10 minutes';
END
$$;
COMMENT ON FUNCTION catalogue_tidy() IS 'Delete changes that every follower has read.';

-- ---- for a caller ----

-- What a match shows of the openings that it found: those that the caller may see, by the caller's
-- own rights.
CREATE FUNCTION openings_to_show(found uuid[])
RETURNS TABLE (opening_id uuid, employer text, title text, borough text, soc text, postcode text,
               hidden boolean, trial text)
LANGUAGE sql STABLE
AS $$
    SELECT o.id, e.name, o.title, b.name, o.soc, s.postcode, o.hidden, o.trial::text
      FROM canvass.opening o
      JOIN canvass.employer e ON e.id = o.employer_id
      JOIN canvass.borough b ON b.id = o.borough_id
      LEFT JOIN canvass.site s ON s.id = o.site_id
     WHERE o.id = ANY (openings_to_show.found) AND o.closed_at IS NULL
$$;
COMMENT ON FUNCTION openings_to_show(uuid[]) IS 'Names and titles of openings that a match found.';

GRANT EXECUTE ON FUNCTION catalogue_look(text), catalogue_is_in_step(text, text), catalogue_blocks(), catalogue_openings_since(text),
    catalogue_relations_since(text), catalogue_tidy(), borough_audience(text),
    audience_of(text[]), opening_audience(opening), caller_audiences(), caller_audiences_packed(),
    openings_to_show(uuid[]) TO canvass_app;
GRANT SELECT ON catalogue_job, catalogue_employer, catalogue_place, catalogue_relation TO canvass_app;

COMMIT;
