-- Deploy canvass:week to pg

-- Stretches of the week (message WeekSpan) as they are stored: a JSON array of
-- {"weekday": "monday", "start_minute": 540, "end_minute": 1020}, local time of London, in
-- half-hours. A span may run past midnight, and from Sunday into Monday. A pattern is what people
-- read off a rota, so a clock change does not move it.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE FUNCTION weekday_number(weekday text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday',
                            'sunday'], weekday) - 1;
COMMENT ON FUNCTION weekday_number(text) IS '0 for monday to 6 for sunday; NULL for anything else.';

CREATE FUNCTION said_minute(minute integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lpad((minute / 60 % 24)::text, 2, '0') || ':' || lpad((minute % 60)::text, 2, '0');
COMMENT ON FUNCTION said_minute(integer) IS 'Minutes after midnight as a time of day: 1800 is 06:00.';

CREATE FUNCTION said_span(span jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN initcap(span ->> 'weekday') || ' ' || said_minute((span ->> 'start_minute')::integer)
       || ' to ' || said_minute((span ->> 'end_minute')::integer);
COMMENT ON FUNCTION said_span(jsonb) IS 'A stored span as people say it: Monday 22:00 to 06:00.';

-- Numbered as set_bit() numbers a bytea: half-hour i since Monday 00:00 is bit i % 8 of byte i / 8.
CREATE FUNCTION span_bits(spans jsonb) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    span jsonb;
    bits bytea := decode(repeat('00', 42), 'hex');
    first integer;
    slot integer;
BEGIN
    IF coalesce(jsonb_array_length(spans), 0) = 0 THEN
        RETURN NULL;
    END IF;
    FOR span IN SELECT jsonb_array_elements(spans) LOOP
        first := weekday_number(span ->> 'weekday') * 48 + (span ->> 'start_minute')::integer / 30;
        FOR slot IN first
                 .. first + ((span ->> 'end_minute')::integer
                             - (span ->> 'start_minute')::integer) / 30 - 1 LOOP
            bits := set_bit(bits, slot % 336, 1);
        END LOOP;
    END LOOP;
    RETURN bits;
END
$$;
COMMENT ON FUNCTION span_bits(jsonb) IS
    'The half-hours of the week as 42 bytes, bit i % 8 of byte i / 8; NULL for an empty list.';

-- One span as a caller sent it, checked, in the form that is stored.
CREATE FUNCTION span_of(span jsonb, field text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    starts integer := coalesce((span ->> 'start_minute')::integer, 0);
    ends integer := coalesce((span ->> 'end_minute')::integer, 0);
BEGIN
    IF weekday_number(span ->> 'weekday') IS NULL THEN
        PERFORM fail('CV003', field || '.weekday', 'Say which day of the week it is.');
    END IF;
    IF starts NOT BETWEEN 0 AND 1410 OR starts % 30 <> 0 THEN
        PERFORM fail('CV003', field || '.start_minute',
                     'A start is minutes after midnight, 0 to 1410, on a half-hour: 09:30 is 570.');
    END IF;
    IF ends % 30 <> 0 THEN
        PERFORM fail('CV003', field || '.end_minute',
                     'An end is minutes after midnight, on a half-hour: 17:30 is 1050.');
    END IF;
    IF ends < starts AND ends >= 0 THEN
        PERFORM fail('CV003', field || '.end_minute',
                     'This ends at %s, before it starts at %s. If it goes on past midnight, count '
                     'on: %s to %s the next day ends at %s.',
                     said_minute(ends), said_minute(starts), said_minute(starts),
                     said_minute(ends), (ends + 1440)::text);
    END IF;
    IF ends <= starts THEN
        PERFORM fail('CV003', field || '.end_minute',
                     'This has no length: the end must come after the start, at %s.',
                     said_minute(starts));
    END IF;
    IF ends - starts > 1440 THEN
        PERFORM fail('CV003', field || '.end_minute',
                     'One span lasts at most 24 hours; this one lasts %s.',
                     round((ends - starts) / 60.0, 1)::text);
    END IF;
    RETURN jsonb_build_object('weekday', span ->> 'weekday', 'start_minute', starts,
                              'end_minute', ends);
END
$$;
COMMENT ON FUNCTION span_of(jsonb, text) IS
    'A WeekSpan of a request, checked; CV003 with the path of what is wrong.';

CREATE FUNCTION spans_of(spans jsonb, field text) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(jsonb_array_length(nullif(spans, 'null')), 0);
    kept jsonb := '[]';
    span jsonb;
    bits bytea;
    other jsonb;
BEGIN
    IF n > 50 THEN
        PERFORM fail('CV003', field, 'Give at most 50 spans of the week.');
    END IF;
    FOR i IN 0 .. n - 1 LOOP
        span := span_of(spans -> i, format('%s[%s]', field, i));
        bits := span_bits(jsonb_build_array(span));
        FOR other IN SELECT jsonb_array_elements(kept) LOOP
            IF EXISTS (SELECT FROM generate_series(0, 335) AS slot
                        WHERE get_bit(bits, slot) = 1
                          AND get_bit(span_bits(jsonb_build_array(other)), slot) = 1) THEN
                PERFORM fail('CV003', format('%s[%s]', field, i),
                             '%s overlaps %s; join them into one.', said_span(span),
                             said_span(other));
            END IF;
        END LOOP;
        kept := kept || jsonb_build_array(span);
    END LOOP;
    RETURN kept;
END
$$;
COMMENT ON FUNCTION spans_of(jsonb, text) IS
    'The WeekSpans of a request, checked, none overlapping another.';

GRANT EXECUTE ON FUNCTION weekday_number(text), said_minute(integer), said_span(jsonb),
    span_bits(jsonb), span_of(jsonb, text), spans_of(jsonb, text) TO canvass_app;

COMMIT;
