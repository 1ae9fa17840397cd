-- The calendar that deadlines are reckoned by, with the version of the pack that brought it. A pack from before there were
-- calendars has none: its hours are elapsed hours.

ALTER TABLE pack_version ADD COLUMN calendar jsonb;
