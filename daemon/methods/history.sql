-- What happened, and taking it back (migrations/deploy/history.sql).

-- canvass.v1.HistoryService/ListHistory  roles: specialist lead  audits
SELECT h.entry AS "entries", h.next_page_token AS "next_page_token"
  FROM history(:request, :page_size, :page_token) AS h
  CROSS JOIN saw_client(:client_id) AS client

-- canvass.v1.HistoryService/Undo  roles: specialist lead administrator  writes
SELECT undo(:request) AS "."
