-- For tests of merges and undo, after network.sql.
--
--   net.request(n)   what follows is done by the request of this number
--   net.undo(who, n) undoes it, as a request of its own: the response's sentence, or the error
--   net.dump()       every row of the tables whose changes are kept, as text, without who wrote it
--                    last and its version; of visits, those that stand, without their ids

CREATE FUNCTION net.request_id(n integer) RETURNS uuid LANGUAGE sql AS
    $$ SELECT ('0e000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION net.request(n integer) RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('canvass.request', net.request_id(n)::text, true); END $$;
CREATE SEQUENCE net.undoes START 900000;
CREATE FUNCTION net.undo(who text, n integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    request text := format('undo(%L)', jsonb_build_object('undo_id', coalesce(net.request_id(n)::text, '')));
    said text;
BEGIN
    PERFORM net.request(nextval('net.undoes')::integer);
    said := net.tried(who, 'SELECT set_config(''net.said'', ' || request || ' ->> ''sentence'', true)');
    RETURN CASE said WHEN '1 rows' THEN current_setting('net.said') ELSE said END;
END
$$;

CREATE FUNCTION net.dump() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    t text;
    part text[];
    rows text[] := '{}';
BEGIN
    FOR t IN SELECT name FROM change_table WHERE name NOT IN ('visit', 'visit_client') ORDER BY place LOOP
        EXECUTE format($q$ SELECT coalesce(array_agg(%1$L || (to_jsonb(r) - '{updated_at,updated_by,updated_by_name,version}'::text[])::text
                                                      ORDER BY to_jsonb(r)::text), '{}') FROM %1$I r $q$, t) INTO part;
        rows := rows || part;
    END LOOP;
    SELECT coalesce(array_agg(j ORDER BY j), '{}') INTO part
      FROM (SELECT 'visit' || (to_jsonb(v) - '{id,replaces_id,recorded_at,recorded_by}'::text[]
                               || jsonb_build_object('client', l.client_id))::text AS j
              FROM standing_visit v LEFT JOIN visit_client l ON l.visit_id = v.id) AS x;
    RETURN ARRAY(SELECT x FROM unnest(rows || part) AS x ORDER BY x);
END
$$;
-- What two dumps do not share.
CREATE FUNCTION net.difference(a text[], b text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(left(x, 300), E'\n') FROM (
        (SELECT '- ' || x AS x FROM unnest(a) AS x EXCEPT ALL SELECT '- ' || x FROM unnest(b) AS x)
        UNION ALL
        (SELECT '+ ' || x FROM unnest(b) AS x EXCEPT ALL SELECT '+ ' || x FROM unnest(a) AS x)) AS d
$$;
CREATE TABLE net.kept (name text PRIMARY KEY, dump text[]);
CREATE FUNCTION net.keep(of text) RETURNS void LANGUAGE sql AS
    $$ INSERT INTO net.kept VALUES (of, net.dump()) ON CONFLICT (name) DO UPDATE SET dump = excluded.dump $$;
-- NULL where all is as it was kept.
CREATE FUNCTION net.since(of text) RETURNS text LANGUAGE sql AS
    $$ SELECT net.difference(dump, net.dump()) FROM net.kept WHERE name = of $$;
