-- Deploy canvass:certificate to pg

-- Certificates that programs call with, beside the tokens: enter() finds both by their hash. The
-- SHA-256 of a token is of 47 characters that begin with cvt_, that of a certificate is of its DER
-- form, which never looks so; neither can be used as the other.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

ALTER TABLE token ADD COLUMN certificate bytea
    CONSTRAINT token_certificate_is_hash CHECK (certificate = hash);
COMMENT ON COLUMN token.certificate IS 'The hash again, for all to compare, if it is a certificate''s; else NULL.';
COMMENT ON CONSTRAINT token_hash_unique ON token IS 'certificate: This certificate is registered already; revoked ones stay so. Have a new one signed.';
GRANT SELECT (certificate) ON token TO canvass_app;

CREATE FUNCTION pem_certificate(pem text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    parts text[] := regexp_match(pem, '^[^-]*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$');
    der bytea;
BEGIN
    IF pem ~ 'PRIVATE KEY-----' THEN
        PERFORM fail('CV003', 'certificate', 'There is a private key in this, which nobody else may see: make a new one, and send the certificate alone.');
    ELSIF octet_length(pem) > 16384 THEN
        PERFORM fail('CV003', 'certificate', 'A certificate has at most 16 KiB.');
    END IF;
    BEGIN
        der := decode(parts[1], 'base64');
    EXCEPTION WHEN invalid_parameter_value THEN
        der := NULL;
    END;
    -- DER begins with a SEQUENCE whose length takes two bytes more.
    IF der IS NULL OR octet_length(der) < 100 OR substr(der, 1, 2) <> '\x3082'
       OR octet_length(der) <> get_byte(der, 2) * 256 + get_byte(der, 3) + 4 THEN
        PERFORM fail('CV003', 'certificate', 'Give one certificate as PEM: the text from BEGIN CERTIFICATE to END CERTIFICATE.');
    END IF;
    RETURN der;
END
$$;
COMMENT ON FUNCTION pem_certificate(text) IS 'The DER form of one certificate in PEM (RFC 7468).';

CREATE FUNCTION register_certificate(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    holder uuid := given_id(request ->> 'specialist_id', 'specialist_id');
    days integer := coalesce(nullif((request ->> 'days')::integer, 0), 90);
    fingerprint bytea := sha256(pem_certificate(coalesce(request ->> 'certificate', '')));
    made uuid := uuid_v7();
BEGIN
    IF days NOT BETWEEN 1 AND 400 THEN
        PERFORM fail('CV003', 'days', 'A certificate is accepted for 1 to 400 days.');
    ELSIF NOT EXISTS (SELECT FROM specialist s WHERE s.id = holder AND s.active) THEN
        PERFORM fail('CV005', 'specialist_id', 'There is no such specialist.');
    END IF;
    INSERT INTO token (id, hash, certificate, specialist_id, label, created_by, expires_at)
        VALUES (made, fingerprint, fingerprint, holder, coalesce(tidy(request ->> 'label'), ''),
                actor(), now() + make_interval(days => days));
    RETURN jsonb_build_object('token', token_json(made));
END
$$;
COMMENT ON FUNCTION register_certificate(jsonb) IS 'RegisterCertificateRequest -> RegisterCertificateResponse.';

CREATE OR REPLACE FUNCTION token_json(token_id uuid) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', t.id, 'specialist_id', t.specialist_id, 'label', t.label,
            'created_at', t.created_at, 'expires_at', t.expires_at,
            'revoked_at', t.revoked_at, 'last_used', t.last_used,
            'certificate_sha256', encode(t.certificate, 'hex')))
          FROM token t WHERE t.id = token_id);

GRANT EXECUTE ON FUNCTION pem_certificate(text), register_certificate(jsonb) TO canvass_app;

COMMIT;
