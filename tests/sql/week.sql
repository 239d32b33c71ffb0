-- Stretches of the week: half-hours of local time, past midnight and past Sunday.
BEGIN;
\ir support/network.sql
SELECT plan(16);

CREATE FUNCTION net.slots(bits bytea) RETURNS integer[] LANGUAGE sql AS
    $$ SELECT array_agg(i ORDER BY i) FROM generate_series(0, 335) AS i WHERE get_bit(bits, i) = 1 $$;

SELECT is(span_bits('[]'), NULL, 'no span: no pattern');
SELECT is(octet_length(span_bits('[{"weekday": "monday", "start_minute": 0, "end_minute": 30}]')),
          42, 'a pattern has 42 bytes');
SELECT is(net.slots(span_bits('[{"weekday": "monday", "start_minute": 0, "end_minute": 60}]')),
          ARRAY[0, 1], 'Monday 00:00 is half-hour 0');
SELECT is(get_byte(span_bits('[{"weekday": "monday", "start_minute": 240, "end_minute": 270}]'), 1),
          1, 'half-hour 8 is bit 0 of byte 1');
SELECT is(net.slots(span_bits('[{"weekday": "monday", "start_minute": 1320, "end_minute": 1800}]')),
          ARRAY(SELECT generate_series(44, 59)), 'a night shift runs into Tuesday');
SELECT is(net.slots(span_bits('[{"weekday": "sunday", "start_minute": 1380, "end_minute": 1500}]')),
          ARRAY[0, 1, 334, 335], 'Sunday night runs into Monday');
SELECT is(cardinality(net.slots(span_bits(
          '[{"weekday": "sunday", "start_minute": 30, "end_minute": 1470}]'))), 48, '24 hours');

SELECT is(called('amira', $$spans_of('[{"weekday": "friday", "end_minute": 480}]', 'x')$$),
          '[{"weekday": "friday", "start_minute": 0, "end_minute": 480}]',
          'a start that is left out is midnight');
SELECT is(refused('amira', $$spans_of('[{"weekday": "friday", "start_minute": 540, "end_minute": 1020},
                      {"weekday": "friday", "start_minute": 1320, "end_minute": 360}]', 'opening.shifts')$$),
          'CV003 opening.shifts[1].end_minute: This ends at 06:00, before it starts at 22:00. If it goes on '
          'past midnight, count on: 22:00 to 06:00 the next day ends at 1800.',
          'a shift that ends before it starts: how to write a night shift');
SELECT matches(refused('amira', $$spans_of('[{"weekday": "friday", "start_minute": 540, "end_minute": 540}]', 'x')$$),
          '^CV003 x\[0\]\.end_minute: This has no length', 'a span without length');
SELECT matches(refused('amira', $$spans_of('[{"weekday": "friday", "start_minute": 540, "end_minute": 2010}]', 'x')$$),
          '^CV003 x\[0\]\.end_minute: One span lasts at most 24 hours; this one lasts 24.5', 'more than a day');
SELECT matches(refused('amira', $$spans_of('[{"weekday": "friday", "start_minute": 545, "end_minute": 600}]', 'x')$$),
          '^CV003 x\[0\]\.start_minute: ', 'a start off the half-hour');
SELECT matches(refused('amira', $$spans_of('[{"weekday": "friday", "start_minute": 540, "end_minute": 605}]', 'x')$$),
          '^CV003 x\[0\]\.end_minute: An end', 'an end off the half-hour');
SELECT matches(refused('amira', $$spans_of('[{"start_minute": 540, "end_minute": 600}]', 'x')$$),
          '^CV003 x\[0\]\.weekday: ', 'a span without a day');
SELECT is(refused('amira', $$spans_of('[{"weekday": "sunday", "start_minute": 1320, "end_minute": 1800},
                      {"weekday": "monday", "start_minute": 300, "end_minute": 600}]', 'x')$$),
          'CV003 x[1]: Monday 05:00 to 10:00 overlaps Sunday 22:00 to 06:00; join them into one.',
          'spans that overlap across the end of the week');
SELECT is(refused('amira', $$spans_of('[{"weekday": "monday", "start_minute": 300, "end_minute": 600},
                      {"weekday": "monday", "start_minute": 600, "end_minute": 900}]', 'x')$$),
          NULL, 'spans that meet do not overlap');

SELECT * FROM finish();
ROLLBACK;
