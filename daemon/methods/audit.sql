-- Who did what to whose rows (proto/canvass/v1/audit.proto). Rules are in migrations/deploy/audit.sql.

-- canvass.v1.AuditService/ListAudit  roles: lead auditor  audits
SELECT audit_json(a) AS "entries", page_token(a.id::text) AS "next_page_token"
  FROM audit a
  CROSS JOIN page_key(:page_token, 1) AS k (keys)
 WHERE (:kind::audit_kind IS NULL OR a.kind = :kind)
   AND (:client_id::uuid IS NULL OR a.clients @> ARRAY[:client_id::uuid])
   AND (:specialist_id::uuid IS NULL OR a.actor = :specialist_id)
   AND a.at >= coalesce(:since::timestamptz, '-infinity')
   AND a.at < coalesce(:before::timestamptz, 'infinity')
   AND (k.keys IS NULL OR a.id < k.keys[1]::bigint)
 ORDER BY a.id DESC
 LIMIT :page_size

-- canvass.v1.AuditService/VerifyAudit  roles: lead auditor  audits
SELECT verify_audit(:request) AS "."

-- canvass.v1.AuditService/ExportAudit  roles: auditor  audits
SELECT s.seq AS "seq", audit_line(a, s.seq) AS "line", encode(s.hash, 'hex') AS "hash",
       page_token(s.seq::text) AS "next_page_token"
  FROM audit_seal s
  JOIN audit a ON a.id = s.audit_id
  CROSS JOIN page_key(:page_token, 1) AS k (keys)
 WHERE s.borough_id = borough() AND (k.keys IS NULL OR s.seq > k.keys[1]::bigint)
 ORDER BY s.seq
 LIMIT :page_size

-- canvass.v1.AuditService/SignHead#head  roles: lead auditor  audits
SELECT audit_statement(:request) AS "statement"
