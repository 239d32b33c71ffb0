-- Deploy canvass:helpers to pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- Names sort as people expect: case and accents last, "Branch 2" before "Branch 10".
CREATE COLLATION natural_order (provider = icu, locale = 'en-GB-u-kn-true');

-- UUIDv7 (RFC 9562): milliseconds since 1970, then random bits, so that new rows lie together.
CREATE FUNCTION uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(
    set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid())
                PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint)
                                  FROM 3)
                FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid;
COMMENT ON FUNCTION uuid_v7() IS 'A new identifier that sorts by time (UUIDv7).';

-- Every error that a person should read. code: 'CV0nn', nn a gRPC status; field: path in the
-- request, or ''; sentence: a format() with the arguments that follow.
CREATE FUNCTION fail(code text, field text, sentence text, VARIADIC args text[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = code,
        MESSAGE = CASE WHEN cardinality(args) = 0 THEN sentence
                       ELSE format(sentence, VARIADIC args) END,
        COLUMN = coalesce(field, '');
END
$$;
COMMENT ON FUNCTION fail(text, text, text, text[]) IS
    'Raise an error for people: SQLSTATE CV0nn (nn a gRPC status), field path, sentence.';

-- Texts from outside: trimmed, and NULL where nothing is left.
CREATE FUNCTION tidy(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(btrim(t, E' \t\r\n\u00a0'), '');
COMMENT ON FUNCTION tidy(text) IS 'Trimmed text; NULL where nothing is left.';

CREATE FUNCTION page_token(VARIADIC keys text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN translate(encode(convert_to(array_to_json(keys)::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
END
$$;
COMMENT ON FUNCTION page_token(text[]) IS 'Where a page ended, for the next call.';

-- The keys of a page token, NULL for the first page.
CREATE FUNCTION page_key(token text, n integer) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    keys text[];
BEGIN
    IF coalesce(token, '') = '' THEN
        RETURN NULL;
    END IF;
    BEGIN
        SELECT array_agg(value ORDER BY ordinality) INTO STRICT keys
          FROM jsonb_array_elements_text(
                   convert_from(decode(rpad(translate(token, '-_', '+/'),
                                            (length(token) + 3) / 4 * 4, '='), 'base64'),
                                'UTF8')::jsonb) WITH ORDINALITY;
    EXCEPTION WHEN data_exception OR feature_not_supported THEN
        keys := NULL;
    END;
    IF cardinality(keys) IS DISTINCT FROM n THEN
        RAISE EXCEPTION USING ERRCODE = 'CV003', COLUMN = 'page_token',
            MESSAGE = 'This page token is not one of ours; start again without it.';
    END IF;
    RETURN keys;
END
$$;
COMMENT ON FUNCTION page_key(text, integer) IS
    'The n keys of a page token; NULL for the first page; CV003 for junk.';

-- The day it is in London.
CREATE FUNCTION london_today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (now() AT TIME ZONE 'Europe/London')::date;

-- "at 10:32 today", "at 16:05 yesterday", "on 3 November 2026": for sentences.
CREATE FUNCTION said_when(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE (now() AT TIME ZONE 'Europe/London')::date - (at AT TIME ZONE 'Europe/London')::date
           WHEN 0 THEN to_char(at AT TIME ZONE 'Europe/London', '"at" HH24:MI "today"')
           WHEN 1 THEN to_char(at AT TIME ZONE 'Europe/London', '"at" HH24:MI "yesterday"')
           ELSE to_char(at AT TIME ZONE 'Europe/London', '"on" FMDD FMMonth YYYY')
       END;
COMMENT ON FUNCTION said_when(timestamptz) IS 'A moment as a person would say it, in London time.';

-- The paths of request->'update_mask', each known to be changeable.
CREATE FUNCTION mask_of(request jsonb, VARIADIC changeable text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    paths text[] := ARRAY(SELECT jsonb_array_elements_text(
        coalesce(nullif(request -> 'update_mask', 'null'), '[]')));
    path text;
BEGIN
    IF cardinality(paths) = 0 THEN
        PERFORM fail('CV003', 'update_mask', 'Name the fields to change: %s.',
                     array_to_string(changeable, ', '));
    END IF;
    FOREACH path IN ARRAY paths LOOP
        IF path <> ALL (changeable) THEN
            PERFORM fail('CV003', 'update_mask', '"%s" cannot be changed here; these can: %s.',
                         path, array_to_string(changeable, ', '));
        END IF;
    END LOOP;
    RETURN paths;
END
$$;
COMMENT ON FUNCTION mask_of(jsonb, text[]) IS
    'The paths of a request''s update_mask; CV003 where one of them cannot be changed.';

-- An update that was made from an older version of the row than the one that stands.
CREATE FUNCTION check_etag(given text, version bigint, thing text, changed_by text,
                           changed_at timestamptz)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF coalesce(given, '') NOT IN ('', version::text) THEN
        PERFORM fail('CV010', '', '%s changed this %s %s; read it again.',
                     coalesce(changed_by, 'Somebody'), thing, said_when(changed_at));
    END IF;
END
$$;
COMMENT ON FUNCTION check_etag(text, bigint, text, text, timestamptz) IS
    'CV010 where given is an etag other than the row''s version; says who changed it and when.';

-- An id chosen by the caller, or a new one.
CREATE FUNCTION chosen_id(given text, field text) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN coalesce(nullif(given, '')::uuid, uuid_v7());
EXCEPTION WHEN invalid_text_representation THEN
    PERFORM fail('CV003', field, 'An id is a UUID, like %s; leave it empty to get one.',
                 uuid_v7()::text);
END
$$;

-- An id that must be there.
CREATE FUNCTION given_id(given text, field text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF coalesce(given, '') = '' THEN
        PERFORM fail('CV003', field, 'Say which one: its id is missing.');
    END IF;
    RETURN given::uuid;
EXCEPTION WHEN invalid_text_representation THEN
    PERFORM fail('CV003', field, '"%s" is not an id; ids are UUIDs.', left(given, 40));
END
$$;

-- Lower case, no accents, "&" as "and", letters and digits with single spaces between: what names
-- and addresses are searched by. Unaccent's dictionary is fixed by the extension, so this may
-- stand in an index.
-- In plpgsql, because it runs several times for each row of an import: there an expression is
-- cheaper than a function in SQL that cannot be inlined, and a SET clause costs more than the work.
CREATE FUNCTION folded(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
BEGIN
    IF octet_length(t) <> char_length(t) THEN
        t := canvass.unaccent('canvass.unaccent'::regdictionary, t);
    END IF;
    RETURN btrim(regexp_replace(translate(replace(lower(t), '&', ' and '), '''’‘`´.', ''),
                                '[^a-z0-9]+', ' ', 'g'));
END
$$;
COMMENT ON FUNCTION folded(text) IS
    'Lower case without accents or punctuation; apostrophes and full stops leave no gap.';

-- The words of a folded text, for @@. An empty text has none.
CREATE FUNCTION word_vector(folded_text text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(string_to_array(folded_text, ' '));

-- The name without what differs from list to list: The, Ltd, Limited, PLC, LLP, T/A and the
-- number of a branch. Two employers with the same normal name and postcode are one.
CREATE FUNCTION normal_of_folded(f text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    spaced text := ' ' || f || ' ';
BEGIN
    IF spaced !~ ' (?:the|ltd|limited|plc|llp|t a|[0-9]+) ' THEN
        RETURN f;
    END IF;
    spaced := regexp_replace(
        spaced,
        ' (?:the|ltd|limited|plc|llp|t a|(?:branch|store|shop|unit|no|number) [0-9]+|[0-9]{3,}(?= $))(?= )',
        '', 'g');
    RETURN coalesce(nullif(btrim(spaced), ''), f);
END
$$;

CREATE FUNCTION normal_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN normal_of_folded(folded(name));
COMMENT ON FUNCTION normal_name(text) IS
    'A name for comparing: folded, without The, Ltd, Limited, PLC, LLP, T/A and branch numbers.';

GRANT EXECUTE ON FUNCTION uuid_v7(), fail(text, text, text, text[]), tidy(text),
    page_token(text[]), page_key(text, integer), london_today(), said_when(timestamptz),
    mask_of(jsonb, text[]), check_etag(text, bigint, text, text, timestamptz),
    chosen_id(text, text), given_id(text, text), folded(text), word_vector(text), normal_of_folded(text), normal_name(text) TO canvass_app;

COMMIT;
