-- Revert canvass:certificate from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION token_json(token_id uuid) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', t.id, 'specialist_id', t.specialist_id, 'label', t.label,
            'created_at', t.created_at, 'expires_at', t.expires_at,
            'revoked_at', t.revoked_at, 'last_used', t.last_used))
          FROM token t WHERE t.id = token_id);
DROP FUNCTION register_certificate(jsonb);
DROP FUNCTION pem_certificate(text);
COMMENT ON CONSTRAINT token_hash_unique ON token IS NULL;
DELETE FROM token WHERE certificate IS NOT NULL;
ALTER TABLE token DROP COLUMN certificate;

COMMIT;
