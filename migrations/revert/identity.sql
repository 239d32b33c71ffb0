-- Revert canvass:identity from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION bootstrap(text, text, text, text, role[], bytea, text);
DROP FUNCTION actor_name();
DROP FUNCTION specialist_name(uuid);
DROP TABLE token;
DROP TABLE specialist;
DROP TABLE team;
DROP TABLE borough;
DROP FUNCTION has_role(role[]);
DROP FUNCTION borough();
DROP FUNCTION team();
DROP FUNCTION actor();
DROP TYPE role;

COMMIT;
