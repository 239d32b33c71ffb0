-- The diary as a calendar, and addresses of it (proto/canvass/v1/calendar.proto). A phone that reads
-- an address calls ListEvents, and gets the answer as RFC 5545 (daemon/service/resource.h).

-- canvass.v1.CalendarService/ListEvents  roles: specialist lead
SELECT e.uid AS "events.uid", e.kind AS "events.kind", e.title AS "events.title",
       e.location AS "events.location", e.at AS "events.at", e.ends_at AS "events.ends_at",
       e.first_on AS "events.first_on", e.last_on AS "events.last_on",
       e.cancelled AS "events.cancelled", e.modified_at AS "events.modified_at"
  FROM calendar_events(:from, :until) AS e;

-- canvass.v1.CalendarService/CreateFeed  roles: specialist lead  writes once
SELECT create_feed(:request) AS ".";

-- canvass.v1.CalendarService/ListFeeds  roles: specialist lead
SELECT t.id AS "feeds.id", t.label AS "feeds.label", t.created_at AS "feeds.created_at",
       t.expires_at AS "feeds.expires_at", t.revoked_at AS "feeds.revoked_at"
  FROM token t
 WHERE t.specialist_id = actor() AND t.method = calendar_method()
 ORDER BY t.created_at DESC, t.id;

-- canvass.v1.CalendarService/RevokeFeed  roles: specialist lead  writes
SELECT revoke_feed(:request) AS "feed";
