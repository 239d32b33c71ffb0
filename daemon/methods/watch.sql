-- What changes, as it changes (migrations/deploy/watch.sql).

-- canvass.v1.WatchService/Watch  roles: anyone  watches
SELECT w.token AS "token", w.change AS "change", w.token AS "next_page_token"
  FROM watch(coalesce(:page_token, :token), :until, :page_size) AS w
