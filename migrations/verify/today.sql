-- Verify canvass:today on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT said_day('2026-11-30', '2026-11-29');

ROLLBACK;
