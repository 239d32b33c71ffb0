-- People, places and helpers that every test of the schema may use. Loaded once, before the tests.
SET client_min_messages = warning;

CREATE SCHEMA tests;
GRANT USAGE ON SCHEMA tests TO PUBLIC;
GRANT USAGE ON SCHEMA public TO PUBLIC;

-- The hash of somebody's token.
CREATE FUNCTION tests.token(who text) RETURNS bytea
LANGUAGE sql IMMUTABLE
RETURN sha256(convert_to('token of ' || who, 'UTF8'));

-- Amira and Lea are of one team, Ben of another team of the same borough, Cara of another borough.
SELECT canvass.bootstrap('E09000022', 'Lambeth North', 'Amira Shah', 'amira@trust.example', '{specialist}', tests.token('amira'), 'test'),
       canvass.bootstrap('E09000022', 'Lambeth North', 'Lea Osei', 'lea@trust.example', '{specialist,lead}', tests.token('lea'), 'test'),
       canvass.bootstrap('E09000022', 'Lambeth South', 'Ben Ward', 'ben@trust.example', '{specialist}', tests.token('ben'), 'test'),
       canvass.bootstrap('E09000007', 'Camden', 'Cara Jones', 'cara@trust.example', '{specialist}', tests.token('cara'), 'test'),
       canvass.bootstrap('E09000028', 'Office', 'Adam King', 'adam@trust.example', '{administrator}', tests.token('adam'), 'test'),
       canvass.bootstrap('E09000028', 'Office', 'Audrey Lim', 'audrey@trust.example', '{auditor}', tests.token('audrey'), 'test');

CREATE FUNCTION tests.id(who text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT id FROM canvass.specialist WHERE email = who || '@trust.example';
END;

-- Be somebody for the rest of the transaction; nobody for ''.
CREATE FUNCTION tests.be(who text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF who = '' THEN
        PERFORM set_config('canvass.' || s, '', true) FROM unnest('{actor,team,borough,roles}'::text[]) AS s;
    ELSE
        PERFORM canvass.enter(tests.token(who), '{anyone}', 'test');
    END IF;
END
$$;

-- What a statement raises: SQLSTATE, field and sentence, or the sentence of the constraint.
CREATE FUNCTION tests.error(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    state text;
    said text;
    field text;
    broken text;
    of_table text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, said = MESSAGE_TEXT, field = COLUMN_NAME,
                            broken = CONSTRAINT_NAME, of_table = TABLE_NAME;
    IF broken <> '' THEN
        RETURN state || ' ' || coalesce(
            (SELECT obj_description(c.oid, 'pg_constraint') FROM pg_constraint c
              WHERE c.conname = broken AND c.conrelid = ('canvass.' || of_table)::regclass),
            obj_description(to_regclass('canvass.' || broken), 'pg_class'), broken || ' says nothing');
    END IF;
    RETURN state || ' ' || coalesce(nullif(field, '') || ': ', '') || said;
END
$$;

-- A corner of Brixton, of Camden and of Slough, which is no borough of London.
INSERT INTO canvass.postcode (postcode, easting, northing, borough_id, terminated) VALUES
    ('SW9 8HE', 531100, 175600, 'E09000022', false), ('SW9 8JP', 531200, 175500, 'E09000022', false),
    ('SW9 8BA', 531000, 175400, 'E09000022', true), ('SW9 7AA', 531300, 176300, 'E09000022', false),
    ('NW1 7HA', 528900, 183700, 'E09000007', false), ('NW1 8AB', 528700, 184100, 'E09000007', false),
    ('E1 6AN', 533500, 182000, 'E09000030', false), ('E10 5AA', 537900, 187300, 'E09000031', false),
    ('SL1 1AA', 497600, 179900, 'E06000039', false);
INSERT INTO canvass.postcode_sector (sector, easting, northing, borough_id, units)
SELECT left(postcode, -2), round(avg(easting)), round(avg(northing)),
       mode() WITHIN GROUP (ORDER BY borough_id), count(*)
  FROM canvass.postcode GROUP BY 1;
